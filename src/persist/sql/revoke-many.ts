/**
 * Takes back many issuances of one coupon in one transaction.
 *
 * Only issuances that have a row are taken: the rows are locked first, so neither a recorder nor a confirmation can come between the lock
 * and the revocations. `revoke-issuance.ts`, which takes also what has no row yet, has to write its revocation first.
 */
import { CompiledQuery, type Kysely, type Transaction } from 'kysely';
import type { CouponId, MemberId } from '../../engine/domain/coupon.js';
import { StoreCorruptError } from '../../engine/domain/errors.js';
import { holderOf } from '../../engine/domain/holder.js';
import { runsOf } from '../../engine/domain/runs.js';
import type { NumberedHolder } from '../../engine/ports/admission.js';
import type { AuditEntry } from '../../engine/ports/audit-log.js';
import type { DueHolds, TakeBackReason, TakenBack } from '../../engine/ports/hold-ledger.js';
import { insertTakenBack } from './event-outbox.js';
import { lockEpoch, StaleEpoch } from './lock-epoch-and-revocations.js';
import type { Database } from './schema.js';
import type { SqlFlavour } from './sql-flavour.js';
import { insertAuditEntry } from './sql-audit-log.js';
import { inTransaction } from './transaction.js';

export interface RevokeManyRequest {
  readonly couponId: CouponId;
  readonly epoch: number;
  readonly which: readonly NumberedHolder[] | DueHolds;
  readonly reason: TakeBackReason;
  readonly audit: ((taken: readonly NumberedHolder[]) => AuditEntry) | undefined;
}

/** A row of the range was recorded between the lock and the copy: it is neither locked nor among those taken. */
class RowMeanwhileError extends Error {
  readonly code = 'ROW_MEANWHILE';
}

/** A part of a statement, with its parameters. */
interface Those {
  readonly where: string;
  readonly parameters: readonly unknown[];
}

/** See {@link HoldLedger.revokeMany}. */
export async function revokeMany(
  db: Kysely<Database>,
  flavour: SqlFlavour,
  { couponId, epoch, which, reason, audit }: RevokeManyRequest,
): Promise<TakenBack | 'stale'> {
  const due = 'issuedUpToMs' in which ? which : undefined;
  const named = 'issuedUpToMs' in which ? [] : which;
  if (due === undefined && named.length === 0) return { taken: [] };
  const open = openAmong(couponId, due ?? boundsOf(named));
  const wanted = new Map(named.map(({ issueNo, holder }) => [issueNo, holder]));
  try {
    return await inTransaction(db, async (transaction) => {
      const coupon = await lockEpoch(transaction, flavour, couponId, epoch);
      const { locked, nowMs } = await lock(transaction, flavour, open);
      const taken = due ? locked : locked.filter(({ issueNo, holder }) => wanted.get(issueNo) === holder);
      const [first] = taken;
      if (first === undefined) return { taken };
      // Where most are confirmed, a thousand ranges are compared with each row; where all are taken, none need be named.
      const those = due ? open : inRuns(couponId, taken);
      const copy = `insert into revocation (coupon_id, issue_no, member_id, unit, revoked_at, issued_at, reason, taken_from)
        select coupon_id, issue_no, member_id, unit, ?, issued_at, ?, ? from member_coupon ${those.where}`;
      const copied = await transaction.executeQuery(
        CompiledQuery.raw(copy, [nowMs, reason, first.issueNo, ...those.parameters]),
      );
      const removed = await transaction.executeQuery(
        CompiledQuery.raw(`delete from member_coupon ${those.where}`, [...those.parameters]),
      );
      // Locked rows are among both, so as many are the same ones.
      for (const { numAffectedRows } of [copied, removed])
        if (numAffectedRows !== BigInt(taken.length)) throw new RowMeanwhileError();
      if (coupon !== undefined) {
        await insertTakenBack(transaction, coupon.sellerId, {
          ...{ couponId, firstNo: first.issueNo, lastNo: taken.at(-1)?.issueNo ?? first.issueNo },
          ...{ reason, holdMs: (coupon.holdSeconds ?? 0) * 1_000, takenAtMs: nowMs },
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

function boundsOf(named: readonly NumberedHolder[]): DueHolds {
  const numbers = named.map(({ issueNo }) => issueNo);
  const [firstNo, lastNo] = [Math.min(...numbers), Math.max(...numbers)];
  return { firstNo, lastNo, issuedUpToMs: Number.MAX_SAFE_INTEGER };
}

function openAmong(couponId: CouponId, { firstNo, lastNo, issuedUpToMs }: DueHolds): Those {
  const isOpen = 'confirmed_at is null and used_at is null and issued_at <= ?';
  return {
    where: `where coupon_id = ? and issue_no between ? and ? and ${isOpen}`,
    parameters: [couponId, firstNo, lastNo, issuedUpToMs],
  };
}

/** Exactly these rows: numbers without a gap are one range. */
function inRuns(couponId: CouponId, taken: readonly NumberedHolder[]): Those {
  const runs = runsOf(taken);
  const ranges = runs.map(() => 'issue_no between ? and ?').join(' or ');
  return { where: `where coupon_id = ? and (${ranges})`, parameters: [couponId, ...runs.flat()] };
}

/**
 * A range costs the database a fifth of a list; what lies between the wanted numbers is locked in vain, for some milliseconds. The rows
 * stay in the database: numbers, members and units come as a text each.
 *
 * @returns ascending by number.
 */
async function lock(
  transaction: Transaction<Database>,
  flavour: SqlFlavour,
  { where, parameters }: Those,
): Promise<{ readonly locked: readonly NumberedHolder[]; readonly nowMs: number }> {
  const now = flavour.nowMs.compile(transaction).sql;
  const lockRows = flavour.lockExclusive.compile(transaction).sql;
  const text = `select group_concat(issue_no) as numbers, group_concat(member_id) as members, group_concat(unit) as units,
    count(*) as count, ${now} as nowMs from member_coupon ${where} ${lockRows}`;
  const { rows } = await transaction.executeQuery<LockedTexts>(CompiledQuery.raw(text, [...parameters]));
  const { numbers, members, units, count, nowMs } = rows[0] as LockedTexts;
  const [memberIds, unitNos] = [members?.split(',') ?? [], units?.split(',') ?? []];
  const locked = (numbers?.split(',') ?? []).map((issueNo, place) => ({
    issueNo: Number(issueNo),
    holder: holderOf(memberIds[place] as MemberId, Number(unitNos[place])),
  }));
  for (const { length } of [locked, memberIds, unitNos])
    if (length !== count)
      throw new StoreCorruptError(`${length} of ${count} holds: group_concat_max_len cut them off.`);
  return { locked: locked.sort((one, other) => one.issueNo - other.issueNo), nowMs };
}

/** Numbers, members and units are `null` where no row is. */
interface LockedTexts {
  readonly numbers: string | null;
  readonly members: string | null;
  readonly units: string | null;
  readonly count: number;
  readonly nowMs: number;
}
