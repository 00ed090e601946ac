/**
 * Serves both sides of a till: a member reads a pass to show, and a shop checks and redeems what is shown.
 *
 * A redemption goes the way of every other one (redeem.ts); a pass only names the issuance and proves that its member is there.
 */
import type { OrderId } from '../../engine/domain/redemption.js';
import { unitOf } from '../../engine/domain/holder.js';
import type { WalletRow } from '../../engine/ports/redemption-ledger.js';
import type { Identity } from '../wire/identity.js';
import type { PassAnswer } from '../openapi/till-answers.js';
import { type CouponPasses, holderTag, type ShownCode } from '../till/coupon-pass.js';
import { couponIdOf, json } from '../wire/exchange.js';
import type { ApiRequest, Reply } from '../wire/exchange.js';
import { parseBody, parseQuery } from '../wire/parse-input.js';
import { refuse } from '../wire/problems.js';
import { rfc3339 } from '../wire/rfc3339.js';
import { ownUnitQuery } from '../wire/redemption-schemas.js';
import { tillInput, tillOrderInput } from '../wire/till-schemas.js';
import { callerActor } from './caller-actor.js';
import { refuseAbsent } from './named-issuance.js';
import { ownedCouponBy } from './owned-coupon.js';
import { redeem, redeemedReply, refuseExpired, refuseHeld, walletItem } from './redeem.js';
import type { RedemptionPorts } from './redeem.js';
import type { RedemptionCounts } from './redemption-counts.js';

/** Orders of one issuance that are searched for the one that redeemed it under a pass that has ended since. */
const ORDERS_SEARCHED_MAX = 100;

export class TillHandlers {
  readonly #ports: RedemptionPorts;
  readonly #counts: RedemptionCounts;
  readonly #passes: CouponPasses;

  constructor(ports: RedemptionPorts, counts: RedemptionCounts, passes: CouponPasses) {
    this.#ports = ports;
    this.#counts = counts;
    this.#passes = passes;
  }

  /** For the member to show. A coupon that no till would take gets none. */
  async pass(request: ApiRequest, member: Identity): Promise<Reply> {
    const { unit } = parseQuery(ownUnitQuery, request);
    const issuance = { couponId: couponIdOf(request), memberId: member.memberId, unit: unit ?? 1 };
    const row = (await this.#ports.redemptions.find(issuance)) ?? (await refuseAbsent(this.#ports, issuance));
    switch (row.state) {
      case 'used':
        return refuse('already_used', 'This coupon has already been used.');
      case 'expired':
        return refuseExpired(row.expiresAtMs ?? 0);
      case 'held':
        return refuseHeld();
      case 'usable':
        return json(200, this.#passOf(row));
    }
  }

  /** Shows the till the issuance that a code names; changes nothing. */
  async check(request: ApiRequest, seller: Identity): Promise<Reply> {
    const { code } = parseBody(tillInput, request);
    const shown = this.#read(code);
    const row = await this.#rowOf(shown, seller);
    if (shown.pass !== undefined && this.#passes.isOver(shown.pass.expiresAtMs)) refuseOver(shown.pass);
    return json(200, { ...walletItem(row), proof: shown.pass === undefined ? 'number' : 'pass' });
  }

  async redeem(request: ApiRequest, seller: Identity): Promise<Reply> {
    const { code, orderId } = parseBody(tillOrderInput, request);
    const shown = this.#read(code);
    const { couponId, issueNo } = await this.#rowOf(shown, seller);
    const { pass } = shown;
    // A till whose answer was lost repeats, and its pass may be over by then.
    if (pass !== undefined && this.#passes.isOver(pass.expiresAtMs) && !(await this.#knows(shown, orderId)))
      refuseOver(pass);
    const actor = callerActor(request, seller);
    return redeemedReply(await redeem(this.#ports, this.#counts, { couponId, issueNo }, orderId, actor));
  }

  #passOf(row: WalletRow): PassAnswer {
    const { couponId, issueNo, holder } = row;
    const { text, expiresAtMs } = this.#passes.sign(row);
    const unit = unitOf(holder);
    return {
      ...{ couponId, issueNo, ...(unit === 1 ? {} : { unit }), pass: text, number: `${couponId}-${issueNo}` },
      expiresAt: rfc3339(expiresAtMs),
    };
  }

  #read(code: string): ShownCode {
    return (
      this.#passes.read(code) ??
      refuse('pass_invalid', 'The code is neither a pass of this installation nor a number such as 42-17.')
    );
  }

  /** The issuance that the code names. @throws RequestRefused */
  async #rowOf({ couponId, issueNo, pass }: ShownCode, seller: Identity): Promise<WalletRow> {
    await ownedCouponBy(this.#ports.registry, couponId, seller);
    const issuance = { couponId, issueNo };
    const row = (await this.#ports.redemptions.find(issuance)) ?? (await refuseAbsent(this.#ports, issuance));
    if (pass !== undefined && pass.holderTag !== holderTag(row.holder))
      refuse('pass_invalid', 'The pass belongs to another member.');
    return row;
  }

  async #knows(issuance: ShownCode, orderId: OrderId): Promise<boolean> {
    const { couponId, issueNo } = issuance;
    const orders = await this.#ports.redemptions.history({ couponId, issueNo }, ORDERS_SEARCHED_MAX);
    return orders !== 'absent' && orders.some((order) => order.orderId === orderId);
  }
}

function refuseOver({ expiresAtMs }: { readonly expiresAtMs: number }): never {
  return refuse('pass_expired', 'The pass has run out. The member’s page shows a new one.', {
    expiredAt: rfc3339(expiresAtMs),
  });
}
