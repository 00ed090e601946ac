/** Reports whether a member holds a coupon. */
import type { CouponRegistry } from '../../engine/sellers/coupon-registry.js';
import type { IssuanceLedger } from '../../engine/ports/issuance-ledger.js';
import { parseCouponId } from '../../engine/domain/coupon.js';
import type { CouponId, Issuance, MemberId } from '../../engine/domain/coupon.js';
import { holderFields } from '../../engine/domain/holder.js';
import type { Identity } from '../auth/identity.js';
import { couponIdOf, json } from '../wire/exchange.js';
import type { ApiRequest, Reply } from '../wire/exchange.js';
import { memberInPath } from './member-in-path.js';
import { ownedCouponBy } from './owned-coupon.js';
import { refuse } from '../wire/problems.js';
import { rfc3339 } from '../wire/rfc3339.js';

export interface MemberPorts {
  readonly registry: CouponRegistry;
  readonly ledger: IssuanceLedger;
}

export class MemberHandlers {
  readonly #ports: MemberPorts;

  constructor(ports: MemberPorts) {
    this.#ports = ports;
  }

  /** The ledger first: a row is an answer even while the admission store is out of reach. */
  async issuance(request: ApiRequest, member: Identity): Promise<Reply> {
    return this.#issuance(couponIdOf(request), member.memberId, 'You do not hold this coupon.');
  }

  /** The same as one field: that a member holds none is no fault of the request. */
  async ownCoupon(request: ApiRequest, member: Identity): Promise<Reply> {
    const couponId = couponIdOf(request);
    return json(200, { couponId, issuance: (await this.#find(couponId, member.memberId)) ?? null });
  }

  /** The same for the member of the path, asked by the seller of the coupon. */
  async issuanceOfMember(request: ApiRequest, seller: Identity): Promise<Reply> {
    const memberId = memberInPath(request);
    const couponId = parseCouponId(request.params[1] ?? '');
    if (couponId === undefined) refuse('unknown_coupon', 'There is no coupon with this id.');
    await ownedCouponBy(this.#ports.registry, couponId, seller);
    return this.#issuance(couponId, memberId, 'The member does not hold this coupon.');
  }

  async #issuance(couponId: CouponId, memberId: MemberId, notHeld: string): Promise<Reply> {
    const issuance = await this.#find(couponId, memberId);
    return issuance === undefined ? refuse('not_issued', notHeld) : json(200, issuance);
  }

  async #find(couponId: CouponId, memberId: MemberId): Promise<Record<string, unknown> | undefined> {
    const { ledger, registry } = this.#ports;
    const row = await ledger.rowOf(couponId, memberId);
    const issuance = row ?? (await registry.issuanceOf(couponId, memberId));
    switch (issuance) {
      case undefined:
        return undefined;
      case 'unknown_coupon':
        return refuse('unknown_coupon', 'There is no coupon with this id.');
      case 'not_ready':
        return refuse('not_ready', 'The coupon is temporarily unavailable in the store. Try again.');
      default:
        return { outcome: 'issued', couponId, ...issuanceFields(issuance), recorded: row !== undefined };
    }
  }
}

function issuanceFields({ holder, issueNo, issuedAtMs }: Issuance): Record<string, unknown> {
  return { ...holderFields(holder), issueNo, issuedAt: rfc3339(issuedAtMs) };
}
