/** Stores issuances that cannot become rows, with the reason, for a manual decision. */
import type { Transaction } from 'kysely';
import type { CouponId, Issuance } from '../../engine/domain/coupon.js';
import type { Database } from './schema.js';

const MEMBER_ID_LENGTH = 760;
const REASON_LENGTH = 500;

export interface DeadIssuance {
  readonly issuance: Issuance;
  readonly reason: string;
}

/** Safe to repeat: what lies there already is left as it is. */
export async function bury(
  transaction: Transaction<Database>,
  couponId: CouponId,
  dead: readonly DeadIssuance[],
): Promise<void> {
  for (const { issuance, reason } of dead) {
    const letter = fitting(couponId, issuance, reason);
    const lying = await transaction
      .selectFrom('dead_letter')
      .select('reason')
      .where('coupon_id', '=', letter.coupon_id)
      .where('issue_no', '=', letter.issue_no)
      .where('member_id', '=', letter.member_id)
      .executeTakeFirst();
    if (lying === undefined) await transaction.insertInto('dead_letter').values(letter).execute();
  }
}

/** Whatever came in, it goes in here; what has to be bent to fit is spelled out in the reason. */
function fitting(couponId: CouponId, issuance: Issuance, reason: string) {
  const issueNo = Number.isSafeInteger(issuance.issueNo) ? issuance.issueNo : 0;
  const issuedAtMs = Number.isSafeInteger(issuance.issuedAtMs) ? issuance.issuedAtMs : 0;
  const memberId = issuance.holder.slice(0, MEMBER_ID_LENGTH);
  const bent =
    issueNo !== issuance.issueNo || issuedAtMs !== issuance.issuedAtMs || memberId !== issuance.holder;
  return {
    coupon_id: couponId,
    issue_no: issueNo,
    member_id: memberId,
    issued_at: issuedAtMs,
    reason: (bent ? `${reason}; original: ${JSON.stringify(issuance)}` : reason).slice(0, REASON_LENGTH),
  };
}
