/** Selects the issuances of a coupon that are neither confirmed nor used: what expiry, release and recall may take back. */
import type { Kysely } from 'kysely';
import type { CouponId, Issuance, MemberId } from '../../engine/domain/coupon.js';
import { holderOf } from '../../engine/domain/holder.js';
import type { Database } from './schema.js';
import type { SqlFlavour } from './sql-flavour.js';

export function openHolds(db: Kysely<Database>, couponId: CouponId) {
  return db
    .selectFrom('member_coupon')
    .where('coupon_id', '=', couponId)
    .where('confirmed_at', 'is', null)
    .where('used_at', 'is', null);
}

/** Ascending by number, each with the database's clock. */
export function openHoldRows(db: Kysely<Database>, flavour: SqlFlavour, couponId: CouponId) {
  return openHolds(db, couponId)
    .select(['issue_no as issueNo', 'member_id as memberId', 'unit', 'issued_at as issuedAtMs'])
    .select(flavour.nowMs.as('nowMs'))
    .orderBy('issue_no')
    .$narrowType<{ memberId: MemberId }>();
}

export function issuanceOf({ issueNo, memberId, unit, issuedAtMs }: OpenHoldRow): Issuance {
  return { issueNo, holder: holderOf(memberId, unit), issuedAtMs };
}

type OpenHoldRow = Awaited<ReturnType<ReturnType<typeof openHoldRows>['execute']>>[number];
