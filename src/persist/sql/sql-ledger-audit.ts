/** Reads dead letters and revocations on MySQL, MariaDB and SQLite. */
import type { Kysely } from 'kysely';
import type { CouponId, HolderId, Issuance, MemberId } from '../../engine/domain/coupon.js';
import { memberOf } from '../../engine/domain/holder.js';
import type { DeadLetter, LedgerAudit, Revocation } from '../../engine/ports/ledger-audit.js';
import { withHolder } from './holder-columns.js';
import type { Database } from './schema.js';
import { reading } from './transaction.js';

export class SqlLedgerAudit implements LedgerAudit {
  readonly #db: Kysely<Database>;

  constructor(db: Kysely<Database>) {
    this.#db = db;
  }

  deadLetters(
    couponId: CouponId,
    after: Pick<DeadLetter, 'issueNo' | 'holder'> | undefined,
    limit: number,
  ): Promise<DeadLetter[]> {
    return reading(() => {
      const letters = this.#db
        .selectFrom('dead_letter')
        .select(['issue_no as issueNo', 'member_id as holder', 'issued_at as issuedAtMs', 'reason'])
        .where('coupon_id', '=', couponId)
        .orderBy('issue_no')
        .orderBy('member_id')
        .limit(limit);
      if (after === undefined) return letters.execute();
      return letters
        .where((row) =>
          row.or([
            row('issue_no', '>', after.issueNo),
            row.and([row('issue_no', '=', after.issueNo), row('member_id', '>', after.holder)]),
          ]),
        )
        .execute();
    });
  }

  async rowsOf(couponId: CouponId, holders: readonly HolderId[]): Promise<Issuance[]> {
    if (holders.length === 0) return [];
    const wanted = new Set(holders);
    const memberIds = [...new Set(holders.map(memberOf))];
    const rows = await reading(() =>
      this.#db
        .selectFrom('member_coupon')
        .select(['issue_no as issueNo', 'member_id as memberId', 'unit', 'issued_at as issuedAtMs'])
        .where('coupon_id', '=', couponId)
        .where('member_id', 'in', memberIds)
        .$narrowType<{ memberId: MemberId }>()
        .execute(),
    );
    return rows.map(withHolder).filter(({ holder }) => wanted.has(holder));
  }

  async revocations(couponId: CouponId, afterIssueNo: number, limit: number): Promise<Revocation[]> {
    const rows = await reading(() =>
      this.#db
        .selectFrom('revocation')
        .select(['issue_no as issueNo', 'member_id as memberId', 'unit', 'revoked_at as revokedAtMs'])
        .where('coupon_id', '=', couponId)
        .where('issue_no', '>', afterIssueNo)
        .orderBy('issue_no')
        .limit(limit)
        .$narrowType<{ memberId: MemberId }>()
        .execute(),
    );
    return rows.map(withHolder);
  }
}
