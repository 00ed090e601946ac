/**
 * Takes back many issuances of one coupon in one transaction.
 *
 * Only issuances that have a row are taken: the rows are locked first, so neither a recorder nor a confirmation can come between the lock
 * and the revocations. `revoke-issuance.ts`, which takes also what has no row yet, has to write its revocation first.
 */
import { CompiledQuery, type Kysely } from 'kysely';
import type { CouponId, Issuance } from '../../engine/domain/coupon.js';
import type { NumberedHolder } from '../../engine/ports/admission.js';
import type { AuditEntry } from '../../engine/ports/audit-log.js';
import type { TakeBackReason, TakenBack } from '../../engine/ports/hold-ledger.js';
import { insertTakenBack } from './event-outbox.js';
import { holdEpoch, StaleEpoch } from './lock-epoch-and-revocations.js';
import { issuanceOf, openHoldRows } from './open-holds.js';
import type { Database } from './schema.js';
import type { SqlFlavour } from './sql-flavour.js';
import { insertAuditEntry } from './sql-audit-log.js';
import { inTransaction } from './transaction.js';

export interface RevokeManyRequest {
  readonly couponId: CouponId;
  readonly epoch: number;
  readonly issuances: readonly NumberedHolder[];
  readonly reason: TakeBackReason;
  readonly audit: ((taken: readonly Issuance[]) => AuditEntry) | undefined;
}

/** See {@link HoldLedger.revokeMany}. */
export async function revokeMany(
  db: Kysely<Database>,
  flavour: SqlFlavour,
  { couponId, epoch, issuances, reason, audit }: RevokeManyRequest,
): Promise<TakenBack | 'stale'> {
  if (issuances.length === 0) return { taken: [] };
  const wanted = new Map(issuances.map(({ issueNo, holder }) => [issueNo, holder]));
  const numbers = [...wanted.keys()];
  try {
    return await inTransaction(db, async (transaction) => {
      await holdEpoch(transaction, flavour, couponId, epoch);
      // A range costs the database a fifth of a list. What lies between the wanted numbers is locked in vain, for some milliseconds.
      const rows = await openHoldRows(transaction, flavour, couponId)
        .where('issue_no', '>=', Math.min(...numbers))
        .where('issue_no', '<=', Math.max(...numbers))
        .modifyEnd(flavour.lockExclusive)
        .execute();
      const taken = rows.map(issuanceOf).filter(({ issueNo, holder }) => wanted.get(issueNo) === holder);
      const [first] = taken;
      const nowMs = rows[0]?.nowMs;
      if (first === undefined || nowMs === undefined) return { taken: [] };
      const those = inRuns(couponId, taken);
      await transaction.executeQuery(
        CompiledQuery.raw(
          `insert into revocation (coupon_id, issue_no, member_id, unit, revoked_at, issued_at, reason, taken_from)
           select coupon_id, issue_no, member_id, unit, ?, issued_at, ?, ? from member_coupon ${those.where}`,
          [nowMs, reason, first.issueNo, ...those.parameters],
        ),
      );
      await transaction.executeQuery(
        CompiledQuery.raw(`delete from member_coupon ${those.where}`, [...those.parameters]),
      );
      const coupon = await transaction
        .selectFrom('coupon')
        .select(['seller_id as sellerId', 'hold_seconds as holdSeconds'])
        .where('id', '=', couponId)
        .executeTakeFirst();
      if (coupon !== undefined) {
        const { sellerId, holdSeconds } = coupon;
        await insertTakenBack(transaction, sellerId, {
          ...{ couponId, firstNo: first.issueNo, lastNo: taken.at(-1)?.issueNo ?? first.issueNo },
          ...{ reason, holdMs: (holdSeconds ?? 0) * 1_000, takenAtMs: nowMs },
        });
      }
      if (audit !== undefined) await insertAuditEntry(transaction, audit(taken));
      return { taken };
    });
  } catch (error) {
    if (error instanceof StaleEpoch) return 'stale';
    throw error;
  }
}

/** Exactly these rows, which are locked. Numbers without a gap are one range: where few are confirmed, a thousand are some ranges. */
function inRuns(
  couponId: CouponId,
  taken: readonly Issuance[],
): { readonly where: string; readonly parameters: readonly number[] } {
  const runs: [number, number][] = [];
  for (const { issueNo } of taken) {
    const run = runs.at(-1);
    if (run?.[1] === issueNo - 1) run[1] = issueNo;
    else runs.push([issueNo, issueNo]);
  }
  const ranges = runs.map(() => 'issue_no between ? and ?').join(' or ');
  return { where: `where coupon_id = ? and (${ranges})`, parameters: [couponId, ...runs.flat()] };
}
