/**
 * Records one batch of issuances.
 *
 * The common case is one INSERT, one read of the epoch and the revocations (`lock-epoch-and-revocations.ts`), COMMIT.
 * If the INSERT fails on a duplicate, the batch is compared with the existing rows (`contested-batch.ts`). If the
 * schema refuses a value, the batch is halved until that row is alone. If the statement exceeds
 * `max_allowed_packet`, the batch is halved until its parts fit.
 *
 * Why the read follows the INSERT: a revoke writes its revocation first and deletes the row second. So of two
 * concurrent transactions the later sees the earlier. Either this read finds the revocation (and waits for it, since it
 * locks), or the revoke's DELETE finds the row (and waits for it). If each waits for the other, the database aborts one
 * with a deadlock, and that one starts again.
 */
import type { Kysely, Transaction } from 'kysely';
import { chunksOf } from '../../engine/domain/chunks.js';
import type { CouponId, Issuance, MemberId } from '../../engine/domain/coupon.js';
import { holderOf, memberOf } from '../../engine/domain/holder.js';
import { StoreUnavailableError } from '../../engine/domain/errors.js';
import type { ClaimedBatch, RecordResult } from '../../engine/ports/issuance-ledger.js';
import { type Existing, judge } from './contested-batch.js';
import { buryBeyondQuantity } from './beyond-quantity.js';
import { bury } from './dead-letter.js';
import { faultOf, storeFault } from './error-classes.js';
import { insertIssuances } from './insert-issuances.js';
import { lockEpochAndRevocations, StaleEpoch } from './lock-epoch-and-revocations.js';
import type { Database } from './schema.js';
import type { SqlFlavour } from './sql-flavour.js';
import { inTransaction } from './transaction.js';

/**
 * Others may insert between our comparison and our INSERT; a second comparison settles it unless they keep doing so.
 */
const COMPARISONS_MAX = 5;
/** Values in one IN list. */
const LIST_MAX = 1_000;

const nothing: RecordResult = { inserted: 0, replayed: 0, revoked: 0, deadLettered: 0, stale: 0 };

/** See {@link IssuanceLedger.record}. One transaction, unless a row has to be found by halving: then one for each part. */
export async function recordBatch(
  db: Kysely<Database>,
  flavour: SqlFlavour,
  batch: ClaimedBatch,
): Promise<RecordResult> {
  try {
    return await recordOrHalve(db, flavour, batch);
  } catch (error) {
    if (error instanceof StaleEpoch) return { ...nothing, stale: batch.issuances.length };
    throw error;
  }
}

async function recordOrHalve(
  db: Kysely<Database>,
  flavour: SqlFlavour,
  batch: ClaimedBatch,
): Promise<RecordResult> {
  const { issuances } = batch;
  if (issuances.length === 0) return nothing;
  try {
    if (!issuances.every(hasWholeNumbers)) throw new UnwholeNumberError();
    return await recordOrCompare(db, flavour, batch);
  } catch (error) {
    const isPoison = error instanceof UnwholeNumberError || faultOf(error) === 'poison';
    if (!isPoison && !isTooLarge(error)) throw error;
    if (issuances.length === 1) {
      // A single row that is too large is valid: it stays queued until the operator has raised the limit.
      if (!isPoison) throw error;
      return buryAll(db, flavour, batch, reasonOf(error));
    }
    const middle = issuances.length >> 1;
    const first = await recordBatch(db, flavour, { ...batch, issuances: issuances.slice(0, middle) });
    const second = await recordBatch(db, flavour, { ...batch, issuances: issuances.slice(middle) });
    return {
      inserted: first.inserted + second.inserted,
      replayed: first.replayed + second.replayed,
      revoked: first.revoked + second.revoked,
      deadLettered: first.deadLettered + second.deadLettered,
      stale: first.stale + second.stale,
    };
  }
}

/** A driver would put `NaN` or `1e30` into the text of the statement, and the database would complain about the text. */
class UnwholeNumberError extends Error {
  constructor() {
    super('a number or time is not a whole number');
  }
}

function isTooLarge(error: unknown): boolean {
  return error instanceof StoreUnavailableError && faultOf(error.cause) === 'too_large';
}

export function hasWholeNumbers({ issueNo, issuedAtMs }: Issuance): boolean {
  return Number.isSafeInteger(issueNo) && Number.isSafeInteger(issuedAtMs);
}

function reasonOf(error: unknown): string {
  return `refused by the schema: ${error instanceof Error ? error.message : String(error)}`;
}

async function recordOrCompare(
  db: Kysely<Database>,
  flavour: SqlFlavour,
  batch: ClaimedBatch,
): Promise<RecordResult> {
  const { issuances } = batch;
  try {
    return await inTransaction(db, async (transaction) => {
      await insertIssuances(transaction, flavour, [batch]);
      const { revoked, surplus } = await takeOut(transaction, flavour, batch);
      const inserted = issuances.length - revoked - surplus;
      return { ...nothing, inserted, revoked, deadLettered: surplus };
    });
  } catch (error) {
    if (faultOf(error) !== 'duplicate') throw error;
    return recordContested(db, flavour, batch);
  }
}

async function recordContested(
  db: Kysely<Database>,
  flavour: SqlFlavour,
  batch: ClaimedBatch,
): Promise<RecordResult> {
  const { couponId, issuances } = batch;
  for (let comparison = 1; ; comparison++) {
    try {
      return await inTransaction(db, async (transaction) => {
        const { revokedNumbers } = await lockEpochAndRevocations(transaction, flavour, batch);
        const rows = await existingRows(transaction, couponId, issuances);
        const { toInsert, dead, replayed, revoked } = judge(issuances, { rows, revokedNumbers });
        await insertIssuances(transaction, flavour, [{ couponId, issuances: toInsert }]);
        await bury(transaction, couponId, dead);
        const out = await takeOut(transaction, flavour, { ...batch, issuances: toInsert });
        return {
          inserted: toInsert.length - out.revoked - out.surplus,
          replayed,
          revoked: revoked + out.revoked,
          deadLettered: dead.length + out.surplus,
          stale: 0,
        };
      });
    } catch (error) {
      if (faultOf(error) !== 'duplicate') throw error;
      // Another transaction changes the same rows faster than we compare: nothing of ours is written, and the batch is
      // tried again later.
      if (comparison === COMPARISONS_MAX) throw storeFault(error, 'retry', 'reading');
    }
  }
}

async function buryAll(
  db: Kysely<Database>,
  flavour: SqlFlavour,
  batch: ClaimedBatch,
  reason: string,
): Promise<RecordResult> {
  const { couponId, issuances } = batch;
  return inTransaction(db, async (transaction) => {
    const { revokedNumbers } = await lockEpochAndRevocations(transaction, flavour, batch);
    const dead = issuances.filter(({ issueNo }) => !revokedNumbers.has(issueNo));
    await bury(
      transaction,
      couponId,
      dead.map((issuance) => ({ issuance, reason })),
    );
    return { ...nothing, revoked: issuances.length - dead.length, deadLettered: dead.length };
  });
}

/** Deletes what was just inserted under a number that is revoked, or beyond the quantity; returns how many of each. */
async function takeOut(
  transaction: Transaction<Database>,
  flavour: SqlFlavour,
  batch: ClaimedBatch,
): Promise<{ readonly revoked: number; readonly surplus: number }> {
  const { couponId, issuances, quantity = 0 } = batch;
  const state = await lockEpochAndRevocations(transaction, flavour, batch);
  const isRevoked = ({ issueNo }: Issuance): boolean => state.revokedNumbers.has(issueNo);
  const revoked = issuances.filter(isRevoked).map(({ issueNo }) => issueNo);
  for (const part of chunksOf(revoked, LIST_MAX)) {
    await transaction
      .deleteFrom('member_coupon')
      .where('coupon_id', '=', couponId)
      .where('issue_no', 'in', part)
      .execute();
  }
  const most = state.quantity === undefined ? Infinity : Math.max(state.quantity, quantity);
  if (state.highest <= most) return { revoked: revoked.length, surplus: 0 };
  const live = revoked.length === 0 ? issuances : issuances.filter((issuance) => !isRevoked(issuance));
  const surplus = await buryBeyondQuantity(
    transaction,
    flavour,
    { couponId, highest: state.highest },
    live,
    most,
  );
  return { revoked: revoked.length, surplus };
}

async function existingRows(
  transaction: Transaction<Database>,
  couponId: CouponId,
  issuances: readonly Issuance[],
): Promise<Existing['rows']> {
  const found: Pick<Issuance, 'issueNo' | 'holder'>[] = [];
  const columns = ['issue_no as issueNo', 'member_id as memberId', 'unit'] as const;
  for (const part of chunksOf(issuances, LIST_MAX)) {
    const ofCoupon = transaction
      .selectFrom('member_coupon')
      .select(columns)
      .where('coupon_id', '=', couponId)
      .$narrowType<{ memberId: MemberId }>();
    const numbers = part.map(({ issueNo }) => issueNo);
    const memberIds = [...new Set(part.map(({ holder }) => memberOf(holder)))];
    const rows = [
      ...(await ofCoupon.where('issue_no', 'in', numbers).execute()),
      ...(await ofCoupon.where('member_id', 'in', memberIds).execute()),
    ];
    for (const { issueNo, memberId, unit } of rows) found.push({ issueNo, holder: holderOf(memberId, unit) });
  }
  return found;
}
