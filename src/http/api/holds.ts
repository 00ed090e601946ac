/** Confirms and releases holds: by the seller's side under a number, by the member itself. Recalls what was not used. */
import type { AuditActor } from '../../engine/ports/audit-log.js';
import type { ConfirmResult, EndedHold, HoldLedger } from '../../engine/ports/hold-ledger.js';
import type { IssuanceName } from '../../engine/ports/redemption-ledger.js';
import type { Holds } from '../../engine/holds/holds.js';
import type { OrderId } from '../../engine/domain/redemption.js';
import { holderFields } from '../../engine/domain/holder.js';
import type { Identity } from '../wire/identity.js';
import type {
  ConfirmedAnswer,
  HoldPageAnswer,
  RecallAnswer,
  ReleasedAnswer,
} from '../openapi/redemption-answers.js';
import { couponIdOf, json } from '../wire/exchange.js';
import type { ApiRequest, Reply } from '../wire/exchange.js';
import { parseBody, parseQuery } from '../wire/parse-input.js';
import { refuse } from '../wire/problems.js';
import { rfc3339 } from '../wire/rfc3339.js';
import { memberOrderInput, orderInput, recallInput, ownUnitQuery } from '../wire/redemption-schemas.js';
import { pageQuery } from '../wire/field-schemas.js';
import { callerActor } from './caller-actor.js';
import { issuedUnit, type NamedIssuancePorts, numberedIssuance, refuseAbsent } from './named-issuance.js';
import { ownedCoupon } from './owned-coupon.js';

export interface HoldPorts extends NamedIssuancePorts {
  readonly holds: Holds;
  readonly holdLedger: Pick<HoldLedger, 'openRows'>;
}

/** Counts confirmations, for `GET /metrics`. */
export interface HoldCounts {
  confirmed: number;
}

export class HoldHandlers {
  readonly #ports: HoldPorts;
  readonly #counts: HoldCounts;

  constructor(ports: HoldPorts, counts: HoldCounts) {
    this.#ports = ports;
    this.#counts = counts;
  }

  /** Ascending by number. Read without a lock: what is confirmed or released meanwhile is missing from the next page. */
  async list(request: ApiRequest, seller: Identity): Promise<Reply> {
    const { couponId, redemption } = await ownedCoupon(this.#ports.registry, request, seller);
    const holdSeconds = redemption?.holdSeconds;
    if (holdSeconds === undefined) return refuseWithoutHold();
    const { after, limit } = parseQuery(pageQuery, request);
    const { rows, nowMs } = await this.#ports.holdLedger.openRows(couponId, after, limit + 1);
    const items = rows.slice(0, limit);
    return json(200, {
      items: items.map(({ issueNo, holder, issuedAtMs }) => ({
        ...{ couponId, ...holderFields(holder), issueNo },
        ...{ issuedAt: rfc3339(issuedAtMs), confirmBy: rfc3339(issuedAtMs + holdSeconds * 1_000) },
      })),
      next: rows.length > limit ? (items.at(-1)?.issueNo ?? null) : null,
      ...(rows.length === 0 ? {} : { now: rfc3339(nowMs) }),
    } satisfies HoldPageAnswer);
  }

  async confirmNumber(request: ApiRequest, seller: Identity): Promise<Reply> {
    const issuance = await numberedIssuance(this.#ports.registry, request, seller);
    const { orderId } = parseBody(orderInput, request);
    return this.#confirm(issuance, orderId, callerActor(request, seller));
  }

  async confirmOwn(request: ApiRequest, member: Identity): Promise<Reply> {
    const { orderId, unit } = parseBody(memberOrderInput, request);
    const issuance = { couponId: couponIdOf(request), memberId: member.memberId, unit };
    return this.#confirm(issuance, orderId, callerActor(request, member));
  }

  async releaseNumber(request: ApiRequest, seller: Identity): Promise<Reply> {
    const issuance = await numberedIssuance(this.#ports.registry, request, seller);
    return this.#release(issuance, callerActor(request, seller));
  }

  async releaseOwn(request: ApiRequest, member: Identity): Promise<Reply> {
    const { unit = 1 } = parseQuery(ownUnitQuery, request);
    const issuance = { couponId: couponIdOf(request), memberId: member.memberId, unit };
    return this.#release(issuance, callerActor(request, member));
  }

  /** Up to 1,000 numbers for each request; the caller continues with `next`. */
  async recall(request: ApiRequest, seller: Identity): Promise<Reply> {
    const { couponId } = await ownedCoupon(this.#ports.registry, request, seller);
    const { after, dryRun } = parseBody(recallInput, request);
    const { holds } = this.#ports;
    if (dryRun) {
      const counts = await holds.unused(couponId, after);
      if (counts === undefined) return refuseUnready();
      return json(200, { couponId, recalled: 0, ...counts, next: null } satisfies RecallAnswer);
    }
    const result = await holds.recall(couponId, after, callerActor(request, seller));
    switch (result.status) {
      case 'recalled': {
        const { count, next = null, remaining, unused = null, unrecorded } = result;
        return json(200, {
          ...{ couponId, recalled: count, next, remaining, unused, unrecorded },
        } satisfies RecallAnswer);
      }
      case 'not_stopped':
        return refuse(
          'recall_while_open',
          'Units that come back to a coupon which is not paused may be issued again at once. Pause or close the coupon first.',
        );
      case 'unknown_coupon':
        return refuse('unknown_coupon', 'There is no coupon with this id.');
      case 'not_ready':
        return refuseUnready();
    }
  }

  async #confirm(issuance: IssuanceName, orderId: OrderId, actor: AuditActor): Promise<Reply> {
    const result = await this.#ports.holds.confirm(issuance, orderId, actor);
    switch (result.status) {
      case 'confirmed':
        this.#counts.confirmed += 1;
        return json(200, confirmationBody(result));
      case 'repeated':
        return json(200, confirmationBody(result));
      case 'no_hold':
        return refuseWithoutHold();
      case 'absent':
        return refuseAbsent(this.#ports, issuance);
      case 'confirmed_by_other_order':
        return refuse('confirmed_by_other_order', 'An order with another id has confirmed this hold.');
      case 'redeem_at_shop':
        return refuse('redeem_at_shop', 'Only the shop confirms holds of this coupon.');
      case 'hold_expired':
        return this.#refuseEnded(issuance, result.ended);
    }
  }

  /** A member whose earlier hold has ended may have won anew, and the row of that may be on its way. */
  async #refuseEnded(issuance: IssuanceName, { issueNo, reason }: EndedHold): Promise<never> {
    if (await this.#holdsNewer(issuance, issueNo)) return refuseAbsent(this.#ports, issuance);
    return refuse(
      'hold_expired',
      'The hold has ended and its unit is back in stock. If the order is paid, refund it.',
      { issueNo, reason },
    );
  }

  /** Without a unit, any of the member's may be the newer one. */
  async #holdsNewer(issuance: IssuanceName, endedNo: number): Promise<boolean> {
    if (!('memberId' in issuance)) return false;
    const held = await issuedUnit(this.#ports.registry, issuance);
    return typeof held === 'object' && held.issueNo > endedNo;
  }

  async #release(issuance: IssuanceName, actor: AuditActor): Promise<Reply> {
    const result = await this.#ports.holds.release(issuance, actor);
    switch (result.status) {
      case 'released': {
        const { issueNo, holder, remaining, hadEnded } = result;
        const { couponId } = issuance;
        if (hadEnded && (await this.#holdsNewer(issuance, issueNo)))
          return refuseAbsent(this.#ports, issuance);
        return json(200, {
          ...{ couponId, issueNo, ...holderFields(holder), released: true, remaining },
        } satisfies ReleasedAnswer);
      }
      case 'unknown_coupon':
        return refuse('unknown_coupon', 'There is no coupon with this id.');
      case 'no_hold':
        return refuseWithoutHold();
      case 'absent':
        return refuseAbsent(this.#ports, issuance);
      case 'confirmed':
        return refuse(
          'already_confirmed',
          'The hold is confirmed, so it cannot be released. The seller can revoke the issuance.',
        );
      case 'not_ready':
        return refuseUnready();
    }
  }
}

function refuseWithoutHold(): never {
  return refuse('no_hold', 'This coupon has no holdSeconds: its issuances need no confirmation.');
}

function refuseUnready(): never {
  return refuse(
    'not_ready',
    'The coupon is being verified or rebuilt. Nothing was changed. Try again in a moment.',
  );
}

function confirmationBody({
  confirmation,
}: Extract<ConfirmResult, { readonly confirmation: unknown }>): ConfirmedAnswer {
  const { couponId, issueNo, holder, orderId, confirmedAtMs, issuedAtMs } = confirmation;
  return {
    ...{ couponId, issueNo, ...holderFields(holder), orderId },
    issuedAt: rfc3339(issuedAtMs),
    confirmedAt: rfc3339(confirmedAtMs),
  };
}
