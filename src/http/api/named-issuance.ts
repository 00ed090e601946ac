/** Finds the issuance that a request names, and refuses for one without a row. */
import type { Admission } from '../../engine/ports/admission.js';
import { type Issuance, parseCouponId } from '../../engine/domain/coupon.js';
import { holderOf, holdersOf } from '../../engine/domain/holder.js';
import type { IssuanceLedger } from '../../engine/ports/issuance-ledger.js';
import type { IssuanceName, OfMember } from '../../engine/ports/redemption-ledger.js';
import type { CouponRegistry } from '../../engine/sellers/coupon-registry.js';
import type { Identity } from '../wire/identity.js';
import type { ApiRequest } from '../wire/exchange.js';
import { refuse } from '../wire/problems.js';
import { issueNo as issueNoInput } from '../wire/issuance-schemas.js';
import { memberInPath } from './member-in-path.js';
import { ownedCoupon, ownedCouponBy } from './owned-coupon.js';

export interface NamedIssuancePorts {
  readonly registry: CouponRegistry;
  readonly ledger: IssuanceLedger;
  readonly admission: Pick<Admission, 'unrecordedHolder'>;
}

/** Under the route's coupon and number. @throws RequestRefused */
export async function numberedIssuance(
  registry: CouponRegistry,
  request: ApiRequest,
  seller: Identity,
): Promise<IssuanceName> {
  const { couponId } = await ownedCoupon(registry, request, seller);
  const number = issueNoInput.safeParse(request.params[1]);
  if (!number.success) refuse('not_issued', 'There is no issuance with this number.');
  return { couponId, issueNo: number.data };
}

/** Under the route's member and coupon. @throws RequestRefused */
export async function issuanceOfMember(
  registry: CouponRegistry,
  request: ApiRequest,
  seller: Identity,
): Promise<OfMember> {
  const memberId = memberInPath(request);
  const couponId = parseCouponId(request.params[1] ?? '');
  if (couponId === undefined) refuse('unknown_coupon', 'There is no coupon with this id.');
  await ownedCouponBy(registry, couponId, seller);
  return { couponId, memberId };
}

/** The issuance of the unit that is named, or of the first one that the member holds, recorded or not. */
export async function issuedUnit(
  registry: CouponRegistry,
  { couponId, memberId, unit }: OfMember,
): Promise<Issuance | undefined | 'not_ready' | 'unknown_coupon'> {
  const holders = unit === undefined ? holdersOf(memberId) : [holderOf(memberId, unit)];
  const found = await registry.issuancesOf(couponId, holders);
  return typeof found === 'string' ? found : found.find((issuance) => issuance !== undefined);
}

/** There is no row: either nothing was issued, or the row is on its way. @throws RequestRefused */
export async function refuseAbsent(ports: NamedIssuancePorts, issuance: IssuanceName): Promise<never> {
  const { admission, registry, ledger } = ports;
  const { couponId } = issuance;
  const found =
    'memberId' in issuance
      ? await issuedUnit(registry, issuance)
      : await admission.unrecordedHolder(couponId, issuance.issueNo);
  // It may have been recorded between the two reads; a repeat then finds its row.
  const row = 'memberId' in issuance ? undefined : await ledger.rowAt(couponId, issuance.issueNo);
  switch (found ?? row) {
    case undefined:
      return refuse('not_issued', 'This coupon was not issued under this member or number.');
    case 'unknown_coupon':
      return refuse('unknown_coupon', 'There is no coupon with this id.');
    case 'not_ready':
      return refuse(
        'not_ready',
        'The coupon is being verified or rebuilt. Nothing was changed. Try again in a moment.',
      );
    default:
      return refuse(
        'not_recorded',
        'The coupon is issued, and its row is being recorded. Try again in a moment.',
      );
  }
}
