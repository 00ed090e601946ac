/** What members see of their own coupons, and using one. */
import type { CouponRegistry } from '../../engine/sellers/coupon-registry.js';
import type { Admission } from '../../engine/ports/admission.js';
import type { IssuanceLedger } from '../../engine/ports/issuance-ledger.js';
import type { Clock } from '../../engine/domain/clock.js';
import type { Issuance } from '../../engine/domain/coupon.js';
import type { Identity } from '../auth/identity.js';
import { couponIdOf, json } from '../wire/exchange.js';
import type { ApiRequest, Reply } from '../wire/exchange.js';
import { issuanceItem } from './issuances.js';
import { parseQuery } from '../wire/parse-input.js';
import { refuse } from '../wire/problems.js';
import { rfc3339 } from '../wire/rfc3339.js';
import { pageQuery } from '../wire/schemas.js';

export interface MemberPorts {
  readonly registry: CouponRegistry;
  readonly admission: Pick<Admission, 'issuanceOf'>;
  readonly ledger: IssuanceLedger;
  readonly clock: Clock;
}

export class MemberHandlers {
  readonly #ports: MemberPorts;

  constructor(ports: MemberPorts) {
    this.#ports = ports;
  }

  /** The ledger first: a row is an answer even while the admission store is out of reach. */
  async issuance(request: ApiRequest, member: Identity): Promise<Reply> {
    const couponId = couponIdOf(request);
    const { admission, ledger, registry } = this.#ports;
    const row = await ledger.rowOf(couponId, member.memberId);
    const issuance = row ?? (await admission.issuanceOf(couponId, member.memberId));
    if (issuance !== undefined && issuance !== 'not_ready') {
      return json(200, {
        outcome: 'issued',
        couponId,
        ...issuanceFields(issuance),
        recorded: row !== undefined,
      });
    }
    if ((await registry.find(couponId)) === undefined)
      refuse('unknown_coupon', 'There is no coupon with this id.');
    if (issuance === 'not_ready')
      refuse('not_ready', 'The coupon is temporarily unavailable in the store. Try again.');
    return refuse('not_issued', 'You do not hold this coupon.');
  }

  /** The recorded issuances of the member, ascending by coupon id. */
  async coupons(request: ApiRequest, member: Identity): Promise<Reply> {
    const { after, limit } = parseQuery(pageQuery, request);
    const rows = await this.#ports.ledger.rowsOfMember(member.memberId, after, limit + 1);
    const items = rows.slice(0, limit);
    return json(200, {
      items: items.map(issuanceItem),
      next: rows.length > limit ? (items.at(-1)?.couponId ?? null) : null,
    });
  }

  async use(request: ApiRequest, member: Identity): Promise<Reply> {
    const couponId = couponIdOf(request);
    const { admission, ledger, registry, clock } = this.#ports;
    const used = await ledger.use(couponId, member.memberId, clock.nowMs());
    if (used === 'already_used') refuse('already_used', 'You have already used this coupon.');
    if (used !== 'absent') return json(200, issuanceItem(used));

    const issuance = await admission.issuanceOf(couponId, member.memberId);
    if (issuance === 'not_ready') {
      if ((await registry.find(couponId)) === undefined)
        refuse('unknown_coupon', 'There is no coupon with this id.');
      refuse(
        'not_ready',
        'The coupon is temporarily unavailable in the store. Nothing was changed, try again.',
      );
    }
    return issuance === undefined
      ? refuse('not_issued', 'You do not hold this coupon.')
      : refuse('not_recorded', 'You hold this coupon, but it is not recorded yet. Try again in a moment.');
  }
}

function issuanceFields({ memberId, issueNo, issuedAtMs }: Issuance): Record<string, unknown> {
  return { memberId, issueNo, issuedAt: rfc3339(issuedAtMs) };
}
