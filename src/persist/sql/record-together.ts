/**
 * Records batches of many coupons in one transaction.
 *
 * When a thousand coupons are downloaded at once, each batch has a handful of rows, and a transaction per batch costs
 * twenty times as much as its rows (docs/adr/0044).
 *
 * The batches are written completely or not at all. If they conflict with a replay, a row that the schema refuses, a
 * revocation, another epoch or a lock, nothing is written, and each batch is to be recorded separately by
 * `record-batch.ts`.
 */
import type { Kysely, Transaction } from 'kysely';
import type { ClaimedBatch, IssuanceLedger } from '../../engine/ports/issuance-ledger.js';
import { faultOf } from './error-classes.js';
import { insertIssuances } from './insert-issuances.js';
import {
  lockEpochAndRevocations,
  lockEpochsAndRevocations,
  StaleEpoch,
} from './lock-epoch-and-revocations.js';
import { hasWholeNumbers } from './record-batch.js';
import type { Database } from './schema.js';
import type { SqlFlavour } from './sql-flavour.js';
import { inTransaction, reading, RolledBack } from './transaction.js';

/** Conflicts of one batch. A connection that is lost, or a database that is unreachable, is the same for all of them. */
const conflicts: ReadonlySet<unknown> = new Set(['duplicate', 'poison', 'too_large', 'retry', 'other']);

/** See {@link IssuanceLedger.recordTogether}. */
export async function recordTogether(
  db: Kysely<Database>,
  flavour: SqlFlavour,
  batches: readonly ClaimedBatch[],
): ReturnType<IssuanceLedger['recordTogether']> {
  if (!batches.every(({ issuances }) => issuances.every(hasWholeNumbers))) return conflictsOf(db, batches);
  try {
    await inTransaction(db, async (transaction) => {
      if (!(await insertPlainly(transaction, flavour, batches)))
        throw new RolledBack('conflicting row, revocation or epoch');
    });
    return 'recorded';
  } catch (fault) {
    if (fault instanceof RolledBack) return conflictsOf(db, batches);
    throw fault;
  }
}

/** Needs no lock: an epoch never falls, so a batch that is stale now is stale for ever. */
async function conflictsOf(
  db: Kysely<Database>,
  batches: readonly ClaimedBatch[],
): Promise<('stale' | 'contested')[]> {
  const couponIds = batches.map(({ couponId }) => couponId);
  const rows = await reading(() =>
    db.selectFrom('coupon').select(['id', 'epoch']).where('id', 'in', couponIds).execute(),
  );
  const epochs = new Map<number, number>(rows.map(({ id, epoch }) => [id, epoch]));
  return batches.map(({ couponId, epoch }) => ((epochs.get(couponId) ?? 0) > epoch ? 'stale' : 'contested'));
}

/** The INSERT first, as in `record-batch.ts` and for its reason. */
async function insertPlainly(
  transaction: Transaction<Database>,
  flavour: SqlFlavour,
  batches: readonly ClaimedBatch[],
): Promise<boolean> {
  try {
    await insertIssuances(transaction, flavour, batches);
    const [only] = batches;
    if (batches.length > 1 || only === undefined)
      return await lockEpochsAndRevocations(transaction, flavour, batches);
    const state = await lockEpochAndRevocations(transaction, flavour, only);
    const most = state.quantity === undefined ? Infinity : Math.max(state.quantity, only.quantity ?? 0);
    return state.revokedNumbers.size === 0 && state.highest <= most;
  } catch (error) {
    if (error instanceof StaleEpoch) return false;
    // Not tried again as a whole: a wait for one coupon's lock must not make the others wait again and again.
    if (conflicts.has(faultOf(error))) return false;
    throw error;
  }
}
