/**
 * Takes back many issuances of one coupon in one transaction.
 *
 * Only issuances that have a row are taken: the rows are locked first, so neither a recorder nor a confirmation can come between the lock
 * and the revocations. `revoke-issuance.ts`, which takes also what has no row yet, has to write its revocation first.
 */
import type { Kysely } from 'kysely';
import type { CouponId, Issuance, MemberId } from '../../engine/domain/coupon.js';
import { holderFields, holderOf, memberOf, unitOf } from '../../engine/domain/holder.js';
import type { NumberedHolder } from '../../engine/ports/admission.js';
import type { AuditEntry } from '../../engine/ports/audit-log.js';
import type { TakeBackReason, TakenBack } from '../../engine/ports/hold-ledger.js';
import { insertEvents, type OutboxEvent } from './event-outbox.js';
import { insertRows } from './insert-rows.js';
import { holdEpoch, StaleEpoch } from './lock-epoch-and-revocations.js';
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
  const numbers = [...wanted.keys()].sort((one, other) => one - other);
  try {
    return await inTransaction(db, async (transaction) => {
      await holdEpoch(transaction, flavour, couponId, epoch);
      const rows = await transaction
        .selectFrom('member_coupon')
        .select(['issue_no as issueNo', 'member_id as memberId', 'unit', 'issued_at as issuedAtMs'])
        .select(flavour.nowMs.as('nowMs'))
        .where('coupon_id', '=', couponId)
        .where('issue_no', 'in', numbers)
        .where('confirmed_at', 'is', null)
        .where('used_at', 'is', null)
        .orderBy('issue_no')
        .modifyEnd(flavour.lockExclusive)
        .$narrowType<{ memberId: MemberId }>()
        .execute();
      const taken = rows
        .map(({ issueNo, memberId, unit, issuedAtMs }) => ({
          ...{ issueNo, holder: holderOf(memberId, unit), issuedAtMs },
        }))
        .filter(({ issueNo, holder }) => wanted.get(issueNo) === holder);
      const nowMs = rows[0]?.nowMs;
      if (taken.length === 0 || nowMs === undefined) return { taken: [] };
      const takenNumbers = taken.map(({ issueNo }) => issueNo);
      await insertRows(
        transaction,
        flavour,
        'revocation',
        ['coupon_id', 'issue_no', 'member_id', 'unit', 'revoked_at', 'issued_at', 'reason'],
        taken.map(({ issueNo, holder, issuedAtMs }) => [
          ...[couponId, issueNo, memberOf(holder), unitOf(holder)],
          ...[nowMs, issuedAtMs, reason],
        ]),
      );
      await transaction
        .deleteFrom('member_coupon')
        .where('coupon_id', '=', couponId)
        .where('issue_no', 'in', takenNumbers)
        .execute();
      const coupon = await transaction
        .selectFrom('coupon')
        .select(['seller_id as sellerId', 'hold_seconds as holdSeconds'])
        .where('id', '=', couponId)
        .executeTakeFirst();
      if (coupon !== undefined) {
        const events = taken.map((row) => eventOf(row, { couponId, reason, nowMs, ...coupon }));
        await insertEvents(transaction, flavour, events);
      }
      if (audit !== undefined) await insertAuditEntry(transaction, audit(taken));
      return { taken };
    });
  } catch (error) {
    if (error instanceof StaleEpoch) return 'stale';
    throw error;
  }
}

interface TakenFrom {
  readonly couponId: CouponId;
  readonly sellerId: string;
  readonly holdSeconds: number | null;
  readonly reason: TakeBackReason;
  readonly nowMs: number;
}

function eventOf(
  { issueNo, holder, issuedAtMs }: Issuance,
  { couponId, sellerId, holdSeconds, reason, nowMs }: TakenFrom,
): OutboxEvent {
  const at = new Date(nowMs).toISOString();
  const about = { sellerId, couponId, issueNo, atMs: nowMs };
  const named = { issueNo, ...holderFields(holder) };
  if (reason !== 'hold_expired')
    return { ...about, kind: 'issuance.revoked', fields: { ...named, revokedAt: at, reason } };
  const confirmBy = new Date(issuedAtMs + (holdSeconds ?? 0) * 1_000).toISOString();
  return { ...about, kind: 'hold.expired', fields: { ...named, confirmBy, expiredAt: at } };
}
