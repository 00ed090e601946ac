/**
 * Holds a seat for a member until it is paid, returned, or the time runs out.
 *
 * A seat is a hold of Seonchak, and Seonchak decides what becomes of it: the shop's clock decides nothing. The states `paying` and
 * `leaving` are stored before Seonchak is called, so a shop that crashed repeats the call.
 */
import { randomUUID } from 'node:crypto';
import { confirmHold, releaseHold, SeonchakError, untilDefinite } from '@seonchak/client';

/** The page answers after this, and shows what the shop knows. */
const ASK_WAIT_MS = 5_000;

export class Seats {
  #database;
  #client;
  #couponId;

  constructor(database, client, couponId) {
    this.#database = database;
    this.#client = client;
    this.#couponId = couponId;
  }

  /** The member's latest seat, or none. */
  async of(member) {
    const answer = await untilDefinite(
      (signal) =>
        this.#client.GET('/v1/members/{memberId}/coupons/{id}/issuance', {
          params: { path: { memberId: member, id: this.#couponId } },
          signal,
        }),
      { timeoutMs: ASK_WAIT_MS },
    );
    if (answer?.data !== undefined) this.#hold(member, answer.data);
    const seat = this.#database
      .prepare('select * from seat where member = ? order by issue_no desc limit 1')
      .get(member);
    if (answer?.error?.code === 'not_issued' && seat?.state === 'held')
      return this.#settle(seat.issue_no, 'expired');
    return seat;
  }

  /** @returns an outcome or code of Seonchak, or `unknown`. */
  async request(member) {
    const answer = await untilDefinite(
      (signal) =>
        this.#client.POST('/v1/members/{memberId}/coupons/{id}/download', {
          params: { path: { memberId: member, id: this.#couponId } },
          signal,
        }),
      { timeoutMs: ASK_WAIT_MS },
    );
    if (answer?.data === undefined) return answer?.error.code ?? 'unknown';
    this.#hold(member, answer.data);
    return answer.data.outcome;
  }

  async pay(member) {
    const seat = this.#begin(member, 'paying');
    if (seat !== undefined) await this.#confirm(seat);
  }

  async leave(member) {
    const seat = this.#begin(member, 'leaving');
    if (seat !== undefined) await this.#release(seat);
  }

  /** Repeats every step whose answer was not stored. */
  async finishOpen() {
    const inState = (state) => this.#database.prepare('select * from seat where state = ?').all(state);
    for (const seat of inState('paying')) await this.#confirm(seat);
    for (const seat of inState('leaving')) await this.#release(seat);
  }

  /** A number is issued once, so it is stored once. One that has no end is confirmed. */
  #hold(member, { issueNo, confirmBy }) {
    const state = confirmBy === undefined ? 'paid' : 'held';
    this.#database
      .prepare('insert or ignore into seat values (?, ?, ?, ?, ?)')
      .run(issueNo, member, `seat-${randomUUID()}`, confirmBy ?? '', state);
  }

  /** The first of two clicks begins. */
  #begin(member, state) {
    return this.#database
      .prepare("update seat set state = ? where member = ? and state = 'held' returning *")
      .get(state, member);
  }

  /** The customer has paid: the order keeps the seat, or the payment is refunded. */
  async #confirm({ issue_no: issueNo, order_id: orderId }) {
    const hold = { couponId: this.#couponId, issueNo };
    const { status } = await definite(confirmHold(this.#client, hold, orderId, { timeoutMs: Infinity }));
    this.#settle(issueNo, status === 'confirmed' ? 'paid' : 'refunded');
  }

  /** A hold that has ended meanwhile is in stock too. */
  async #release({ issue_no: issueNo }) {
    const hold = { couponId: this.#couponId, issueNo };
    await definite(releaseHold(this.#client, hold, { timeoutMs: Infinity }));
    this.#settle(issueNo, 'left');
  }

  #settle(issueNo, state) {
    return this.#database
      .prepare('update seat set state = ? where issue_no = ? returning *')
      .get(state, issueNo);
  }
}

/** A problem is definite as well: the seller may have revoked the number. */
async function definite(answer) {
  try {
    return await answer;
  } catch (error) {
    if (error instanceof SeonchakError) return { status: error.code };
    throw error;
  }
}
