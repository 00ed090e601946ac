/** Reports whether a member holds a coupon. */
import type { CouponRegistry } from '../../engine/sellers/coupon-registry.js';
import type { HoldLedger } from '../../engine/ports/hold-ledger.js';
import type { IssuanceLedger } from '../../engine/ports/issuance-ledger.js';
import { parseCouponId } from '../../engine/domain/coupon.js';
import type { CouponId, HolderId, Issuance, MemberId } from '../../engine/domain/coupon.js';
import { holderFields, holdersOf, unitOf } from '../../engine/domain/holder.js';
import type { Identity } from '../wire/identity.js';
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
  readonly holdLedger: Pick<HoldLedger, 'openNumbersOf'>;
}

export class MemberHandlers {
  readonly #ports: MemberPorts;
  readonly #door: Pick<Door, 'unitsPerMember' | 'holdMsOf'>;

  /** @param door knows how many units of a coupon a member may have, and how long each is held. */
  constructor(ports: MemberPorts, door: Pick<Door, 'unitsPerMember' | 'holdMsOf'>) {
    this.#ports = ports;
    this.#door = door;
  }

  /**
   * The ledger first: where every unit that the member may have has a row, the admission store is not asked, and may be out of reach.
   * With fewer rows it is asked: another unit may be on its way to its row, and a list without it would be a guess (I8).
   */
  async issuance(request: ApiRequest, member: Identity): Promise<Reply> {
    return this.#issuance(couponIdOf(request), member.memberId, 'You do not hold this coupon.');
  }

  /** The same as one field: a member who holds none is not an error of the request. */
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
    const perMember = await this.#door.unitsPerMember(couponId);
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
    const confirmBy = await this.#confirmBy(couponId, memberId, rows);
    return {
      ...{ outcome: 'issued', couponId, ...holderFields(first.holder), ...numberFields(first) },
      ...confirmBy(first),
      recorded: recorded.has(unitOf(first.holder)),
      perMember,
      units: [first, ...others].map((one) => ({
        unit: unitOf(one.holder),
        ...numberFields(one),
        ...confirmBy(one),
        recorded: recorded.has(unitOf(one.holder)),
      })),
    };
  }

  /** Until when each issuance can be confirmed. An issuance without a row cannot be confirmed yet; of a coupon without holds nothing is read. */
  async #confirmBy(
    couponId: CouponId,
    memberId: MemberId,
    rows: readonly Issuance[],
  ): Promise<(issuance: Issuance) => { readonly confirmBy?: string }> {
    const holdMs = this.#door.holdMsOf(couponId);
    if (holdMs === undefined) return () => ({});
    const open = rows.length === 0 ? [] : await this.#ports.holdLedger.openNumbersOf(couponId, memberId);
    const settled = new Set(rows.map(({ issueNo }) => issueNo));
    for (const issueNo of open) settled.delete(issueNo);
    return ({ issueNo, issuedAtMs }) =>
      settled.has(issueNo) ? {} : { confirmBy: rfc3339(issuedAtMs + holdMs) };
  }

  async #inStore(couponId: CouponId, holders: readonly HolderId[]): Promise<Issuance[]> {
    const found = await this.#ports.registry.issuancesOf(couponId, holders);
    if (found === 'unknown_coupon') refuse('unknown_coupon', 'There is no coupon with this id.');
    if (found === 'not_ready')
      refuse('not_ready', 'The coupon is being verified or rebuilt. Try again in a moment.');
    return found.flatMap((issuance) => issuance ?? []);
  }
}

function numberFields({ issueNo, issuedAtMs }: Issuance): {
  readonly issueNo: number;
  readonly issuedAt: string;
} {
  return { issueNo, issuedAt: rfc3339(issuedAtMs) };
}
