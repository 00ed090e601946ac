/** Reads dead letters and revocations on MySQL, MariaDB and SQLite. */
import type { Kysely } from 'kysely';
import type { CouponId, Issuance, MemberId } from '../../engine/domain/coupon.js';
import type { DeadLetter, LedgerAudit, Revocation } from '../../engine/ports/ledger-audit.js';
import type { Database } from './schema.js';
import { reading } from './transaction.js';

export class SqlLedgerAudit implements LedgerAudit {
  readonly #db: Kysely<Database>;

  constructor(db: Kysely<Database>) {
    this.#db = db;
  }

  deadLetters(
    couponId: CouponId,
    after: Pick<DeadLetter, 'issueNo' | 'memberId'> | undefined,
    limit: number,
  ): Promise<DeadLetter[]> {
    return reading(() => {
      const letters = this.#db
        .selectFrom('dead_letter')
        .select(['issue_no as issueNo', 'member_id as memberId', 'issued_at as issuedAtMs', 'reason'])
        .where('coupon_id', '=', couponId)
        .orderBy('issue_no')
        .orderBy('member_id')
        .limit(limit);
      if (after === undefined) return letters.execute();
      return letters
        .where((row) =>
          row.or([
            row('issue_no', '>', after.issueNo),
            row.and([row('issue_no', '=', after.issueNo), row('member_id', '>', after.memberId)]),
          ]),
        )
        .execute();
    });
  }

  async rowsOf(couponId: CouponId, memberIds: readonly MemberId[]): Promise<Issuance[]> {
    if (memberIds.length === 0) return [];
    return reading(() =>
      this.#db
        .selectFrom('member_coupon')
        .select(['issue_no as issueNo', 'member_id as memberId', 'issued_at as issuedAtMs'])
        .where('coupon_id', '=', couponId)
        .where('member_id', 'in', memberIds)
        .$narrowType<{ memberId: MemberId }>()
        .execute(),
    );
  }

  revocations(couponId: CouponId, afterIssueNo: number, limit: number): Promise<Revocation[]> {
    return reading(() =>
      this.#db
        .selectFrom('revocation')
        .select(['issue_no as issueNo', 'member_id as memberId', 'revoked_at as revokedAtMs'])
        .where('coupon_id', '=', couponId)
        .where('issue_no', '>', afterIssueNo)
        .orderBy('issue_no')
        .limit(limit)
        .$narrowType<{ memberId: MemberId }>()
        .execute(),
    );
  }
}
