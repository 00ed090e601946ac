/** Reports whether a member holds a coupon. */
import type { CouponRegistry } from '../../engine/sellers/coupon-registry.js';
import type { IssuanceLedger } from '../../engine/ports/issuance-ledger.js';
import { parseCouponId } from '../../engine/domain/coupon.js';
import type { CouponId, HolderId, Issuance, MemberId } from '../../engine/domain/coupon.js';
import { holderFields, holdersOf, unitOf } from '../../engine/domain/holder.js';
import type { Identity } from '../auth/identity.js';
import { couponIdOf, json } from '../wire/exchange.js';
import type { ApiRequest, Reply } from '../wire/exchange.js';
import type { Door } from '../door/door.js';
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
  readonly #unitsPerMember: (couponId: CouponId) => Promise<number>;

  /** @param door knows how many units of a coupon a member may have. */
  constructor(ports: MemberPorts, door: Pick<Door, 'unitsPerMember'>) {
    this.#ports = ports;
    this.#unitsPerMember = (couponId) => door.unitsPerMember(couponId);
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
    const { ledger } = this.#ports;
    const perMember = await this.#unitsPerMember(couponId);
    const rows = await ledger.rowsOfMember(couponId, memberId);
    const recorded = new Set(rows.map(({ holder }) => unitOf(holder)));
    // A limit that was lowered does not take units away.
    const most = recorded.size === 0 && perMember === 1 ? 1 : Math.max(perMember, ...recorded);
    const missing = holdersOf(memberId, most).filter((holder) => !recorded.has(unitOf(holder)));
    const issued = missing.length === 0 ? [] : await this.#inStore(couponId, missing);
    const [first, ...others] = [...rows, ...issued].sort(
      (one, other) => unitOf(one.holder) - unitOf(other.holder),
    );
    if (first === undefined) return undefined;
    return {
      ...{ outcome: 'issued', couponId, ...holderFields(first.holder), ...numberFields(first) },
      recorded: recorded.has(unitOf(first.holder)),
      perMember,
      units: [first, ...others].map((one) => ({
        unit: unitOf(one.holder),
        ...numberFields(one),
        recorded: recorded.has(unitOf(one.holder)),
      })),
    };
  }

  async #inStore(couponId: CouponId, holders: readonly HolderId[]): Promise<Issuance[]> {
    const found = await this.#ports.registry.issuancesOf(couponId, holders);
    if (found === 'unknown_coupon') refuse('unknown_coupon', 'There is no coupon with this id.');
    if (found === 'not_ready')
      refuse('not_ready', 'The coupon is temporarily unavailable in the store. Try again.');
    return found.flatMap((issuance) => issuance ?? []);
  }
}

function numberFields({ issueNo, issuedAtMs }: Issuance): {
  readonly issueNo: number;
  readonly issuedAt: string;
} {
  return { issueNo, issuedAt: rfc3339(issuedAtMs) };
}
