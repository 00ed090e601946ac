/**
 * Revokes a number permanently.
 *
 * The header of `record-batch.ts` has the other half of the argument about concurrent recording.
 */
import type { Kysely } from 'kysely';
import type { AuditEntry } from '../../engine/ports/audit-log.js';
import type { CouponId, HolderId, MemberId } from '../../engine/domain/coupon.js';
import { holderOf } from '../../engine/domain/holder.js';
import { StoreCorruptError } from '../../engine/domain/errors.js';
import { faultOf } from './error-classes.js';
import { lockEpoch, StaleEpoch } from './lock-epoch-and-revocations.js';
import { insertRevokedEvent } from './event-outbox.js';
import { holderColumns } from './holder-columns.js';
import type { Database } from './schema.js';
import type { SqlFlavour } from './sql-flavour.js';
import { insertAuditEntry } from './sql-audit-log.js';
import { inTransaction, RolledBack } from './transaction.js';

export interface Revocation {
  readonly couponId: CouponId;
  readonly epoch: number;
  readonly issueNo: number;
  readonly holder: HolderId;
  readonly atMs: number;
  readonly audit: AuditEntry | undefined;
}

/** See {@link IssuanceLedger.revoke}. The revocation is written before the row is read: this order makes it safe. */
export async function revokeIssuance(
  db: Kysely<Database>,
  flavour: SqlFlavour,
  { couponId, epoch, issueNo, holder, atMs, audit }: Revocation,
): Promise<'revoked' | 'again' | 'used' | 'stale'> {
  try {
    return await inTransaction(db, async (transaction) => {
      await lockEpoch(transaction, flavour, couponId, epoch);
      await transaction
        .insertInto('revocation')
        .values({ coupon_id: couponId, issue_no: issueNo, ...holderColumns(holder), revoked_at: atMs })
        .execute();
      const row = await transaction
        .selectFrom('member_coupon')
        .select(['member_id as memberId', 'unit', 'used_at', 'issued_at'])
        .where('coupon_id', '=', couponId)
        .where('issue_no', '=', issueNo)
        .modifyEnd(flavour.lockExclusive)
        .$narrowType<{ memberId: MemberId }>()
        .executeTakeFirst();
      if (row !== undefined && holderOf(row.memberId, row.unit) !== holder) {
        throw new RolledBack('another_holder' as const);
      }
      if (row !== undefined && row.used_at !== null) throw new RolledBack('used' as const);
      if (row !== undefined) {
        await transaction
          .updateTable('revocation')
          .set({ issued_at: row.issued_at })
          .where('coupon_id', '=', couponId)
          .where('issue_no', '=', issueNo)
          .execute();
      }
      await transaction
        .deleteFrom('member_coupon')
        .where('coupon_id', '=', couponId)
        .where('issue_no', '=', issueNo)
        .execute();
      // Its unit returns to stock, so a dead-lettered issuance must not be counted any longer either.
      await transaction
        .deleteFrom('dead_letter')
        .where('coupon_id', '=', couponId)
        .where('issue_no', '=', issueNo)
        .where('member_id', '=', holder)
        .execute();
      if (audit !== undefined) await insertAuditEntry(transaction, audit);
      await insertRevokedEvent(transaction, { couponId, issueNo, holder, atMs });
      return 'revoked' as const;
    });
  } catch (error) {
    if (error instanceof StaleEpoch) return 'stale';
    if (error instanceof RolledBack && error.answer === 'used') return 'used';
    if (error instanceof RolledBack) {
      throw new StoreCorruptError(
        `Cannot revoke: number ${issueNo} of coupon ${couponId} belongs to another member.`,
        { cause: error },
      );
    }
    if (faultOf(error) === 'duplicate') return 'again';
    throw error;
  }
}
