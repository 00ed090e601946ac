/**
 * Places and cancels orders that use the coupon.
 *
 * An order is stored before Seonchak is called, and its id is the order id of the redemption. So after a lost answer, or a crash
 * between the two, the same step is simply repeated: the same order always gets the same answer.
 */
import { randomUUID } from 'node:crypto';
import { untilDefinite } from '@seonchak/client';

export class Orders {
  #database;
  #client;
  #couponId;

  constructor(database, client, couponId) {
    this.#database = database;
    this.#client = client;
    this.#couponId = couponId;
  }

  of(member) {
    return this.#database.prepare('select * from orders where member = ? order by rowid').all(member);
  }

  async place(member) {
    const id = `order-${randomUUID()}`;
    this.#database.prepare("insert into orders (id, member, state) values (?, ?, 'placing')").run(id, member);
    await this.#redeem({ id, member });
  }

  async cancel(member, id) {
    const { changes } = this.#database
      .prepare("update orders set state = 'cancelling' where id = ? and member = ? and state = 'placed'")
      .run(id, member);
    if (changes === 1) await this.#takeBack({ id, member });
  }

  /** Repeats every step whose answer was not stored. */
  async finishOpen() {
    for (const order of this.#database.prepare("select * from orders where state = 'placing'").all())
      await this.#redeem(order);
    for (const order of this.#database.prepare("select * from orders where state = 'cancelling'").all())
      await this.#takeBack(order);
  }

  async #redeem({ id, member }) {
    const answer = await untilDefinite(
      (signal) =>
        this.#client.POST('/v1/members/{memberId}/coupons/{id}/redemptions', {
          params: { path: { memberId: member, id: this.#couponId } },
          body: { orderId: id },
          signal,
        }),
      { timeoutMs: Infinity },
    );
    if (answer?.data !== undefined) this.#settle(id, 'placed', answer.data.issueNo, null);
    else this.#settle(id, 'refused', null, answer?.error.code ?? null);
  }

  async #takeBack({ id, member }) {
    await untilDefinite(
      (signal) =>
        this.#client.DELETE('/v1/members/{memberId}/coupons/{id}/redemptions/{orderId}', {
          params: { path: { memberId: member, id: this.#couponId, orderId: id } },
          signal,
        }),
      { timeoutMs: Infinity },
    );
    this.#database.prepare("update orders set state = 'cancelled' where id = ?").run(id);
  }

  #settle(id, state, issueNo, reason) {
    this.#database
      .prepare("update orders set state = ?, issue_no = ?, reason = ? where id = ? and state = 'placing'")
      .run(state, issueNo, reason, id);
  }
}
