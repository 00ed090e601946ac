/**
 * Stores redemptions on MySQL, MariaDB and SQLite.
 *
 * Each step locks the row of the issuance first (lock-issuance.ts).
 */
import type { Kysely, Transaction } from 'kysely';
import type { AuditActor } from '../../engine/ports/audit-log.js';
import type { MemberId } from '../../engine/domain/coupon.js';
import { holderFields } from '../../engine/domain/holder.js';
import { walletState } from '../../engine/domain/redemption.js';
import type { OrderId } from '../../engine/domain/redemption.js';
import type {
  CancelledRedemption,
  CancelResult,
  HistoryEntry,
  IssuanceName,
  RedeemResult,
  Redemption,
  RedemptionLedger,
  WalletCursor,
  WalletOrder,
  WalletRow,
} from '../../engine/ports/redemption-ledger.js';
import type { EventFields } from '../../engine/domain/events.js';
import { insertEvent } from './event-outbox.js';
import {
  type ChooseUnit,
  type LockedIssuance,
  recordedNumbers,
  withLockedIssuance,
} from './lock-issuance.js';
import type { Database } from './schema.js';
import { insertAuditEntry } from './sql-audit-log.js';
import type { SqlFlavour } from './sql-flavour.js';
import { reading } from './transaction.js';
import { findWalletRow, walletRows } from './wallet-rows.js';

interface StoredRedemption {
  readonly redeemedAtMs: number;
  readonly cancelledAtMs: number | null;
}

export class SqlRedemptions implements RedemptionLedger {
  readonly #db: Kysely<Database>;
  readonly #flavour: SqlFlavour;

  constructor(db: Kysely<Database>, flavour: SqlFlavour) {
    this.#db = db;
    this.#flavour = flavour;
  }

  async redeem(issuance: IssuanceName, orderId: OrderId, actor: AuditActor): Promise<RedeemResult> {
    return (
      (await withLockedIssuance(this.#db, this.#flavour, issuance, meantBy(orderId), (transaction, row) =>
        redeem(transaction, row, orderId, actor),
      )) ?? ABSENT
    );
  }

  async cancel(issuance: IssuanceName, orderId: OrderId, actor: AuditActor): Promise<CancelResult> {
    return (
      (await withLockedIssuance(this.#db, this.#flavour, issuance, meantBy(orderId), (transaction, row) =>
        cancel(transaction, row, orderId, actor),
      )) ?? ABSENT
    );
  }

  async history(issuance: IssuanceName, limit: number): Promise<HistoryEntry[] | 'absent'> {
    const [issueNo] = await recordedNumbers(this.#db, issuance);
    if (issueNo === undefined) return 'absent';
    const rows = await reading(() =>
      this.#db
        .selectFrom('redemption')
        .selectAll()
        .where('coupon_id', '=', issuance.couponId)
        .where('issue_no', '=', issueNo)
        .orderBy('redeemed_at', 'desc')
        .orderBy('order_id')
        .limit(limit)
        .$narrowType<{ order_id: OrderId; actor_kind: AuditActor['kind'] }>()
        .execute(),
    );
    return rows.map((row) => ({
      orderId: row.order_id,
      redeemedAtMs: row.redeemed_at,
      cancelledAtMs: row.cancelled_at ?? undefined,
      by: { kind: row.actor_kind, id: row.actor_id },
    }));
  }

  find(issuance: IssuanceName): Promise<WalletRow | undefined> {
    return findWalletRow(this.#db, this.#flavour, issuance);
  }

  wallet(
    memberId: MemberId,
    order: WalletOrder,
    after: WalletCursor | undefined,
    limit: number,
  ): Promise<WalletRow[]> {
    return walletRows(this.#db, this.#flavour, memberId, order, after, limit);
  }
}

/** Which unit of a member an order means, see {@link OfMember}. */
function meantBy(orderId: OrderId): ChooseUnit {
  return async (transaction, units) => {
    const [first] = units;
    const redeemed = await transaction
      .selectFrom('redemption')
      .select('issue_no')
      .where('coupon_id', '=', first.couponId)
      .where(
        'issue_no',
        'in',
        units.map(({ issueNo }) => issueNo),
      )
      .where('order_id', '=', orderId)
      .execute();
    const numbers = new Set(redeemed.map((row) => row.issue_no));
    return (
      units.find(({ issueNo }) => numbers.has(issueNo)) ??
      units.find((row) => isRedeemable(row)) ??
      units.find(({ usedAtMs }) => usedAtMs === null) ??
      first
    );
  };
}

function isRedeemable(row: LockedIssuance): boolean {
  const { usedAtMs, expiresAtMs = Infinity, nowMs } = row;
  return usedAtMs === null && expiresAtMs > nowMs && !isHeld(row);
}

function isHeld({ rules, confirmedAtMs }: LockedIssuance): boolean {
  return rules.holdSeconds !== undefined && confirmedAtMs === null;
}

const ABSENT = { status: 'absent' } as const;

async function redeem(
  transaction: Transaction<Database>,
  row: LockedIssuance,
  orderId: OrderId,
  actor: AuditActor,
): Promise<RedeemResult> {
  const earlier = await redemptionOf(transaction, row, orderId);
  if (earlier !== undefined) {
    if (earlier.cancelledAtMs !== null) return { status: 'redemption_cancelled' };
    return { status: 'repeated', redemption: redemptionBy(row, orderId, earlier.redeemedAtMs) };
  }
  const { couponId, issueNo, nowMs, expiresAtMs } = row;
  if (row.usedAtMs !== null) return { status: 'already_used' };
  if (row.rules.redeemBy === 'seller' && actor.kind === 'member') return { status: 'redeem_at_shop' };
  if (expiresAtMs !== undefined && expiresAtMs <= nowMs) return { status: 'coupon_expired', expiresAtMs };
  if (isHeld(row)) return { status: 'not_confirmed' };
  await transaction
    .updateTable('member_coupon')
    .set({ used_at: nowMs, used_order: orderId })
    .where('coupon_id', '=', couponId)
    .where('issue_no', '=', issueNo)
    .execute();
  await transaction
    .insertInto('redemption')
    .values({
      coupon_id: couponId,
      issue_no: issueNo,
      order_id: orderId,
      redeemed_at: nowMs,
      actor_kind: actor.kind,
      actor_id: actor.id,
    })
    .execute();
  await insertRedemptionEvent(transaction, 'redemption.made', row, orderId, {
    redeemedAt: new Date(nowMs).toISOString(),
  });
  return { status: 'redeemed', redemption: redemptionBy(row, orderId, nowMs) };
}

async function cancel(
  transaction: Transaction<Database>,
  row: LockedIssuance,
  orderId: OrderId,
  actor: AuditActor,
): Promise<CancelResult> {
  const { couponId, issueNo, nowMs } = row;
  const redeemed = await redemptionOf(transaction, row, orderId);
  if (redeemed === undefined) return { status: 'not_redeemed' };
  const { redeemedAtMs } = redeemed;
  if (redeemed.cancelledAtMs !== null) return cancelled(row, orderId, redeemedAtMs, redeemed.cancelledAtMs);
  await transaction
    .updateTable('redemption')
    .set({ cancelled_at: nowMs })
    .where('coupon_id', '=', couponId)
    .where('issue_no', '=', issueNo)
    .where('order_id', '=', orderId)
    .execute();
  const restores = row.rules.onCancel === 'restore';
  if (restores) {
    await transaction
      .updateTable('member_coupon')
      .set({ used_at: null, used_order: null })
      .where('coupon_id', '=', couponId)
      .where('issue_no', '=', issueNo)
      .execute();
  }
  await insertAuditEntry(transaction, {
    atMs: nowMs,
    actor,
    action: 'redemption_cancelled',
    target: `coupon ${couponId}`,
    detail: { issueNo, ...holderFields(row.holder), orderId, onCancel: row.rules.onCancel },
  });
  await insertRedemptionEvent(transaction, 'redemption.cancelled', row, orderId, {
    cancelledAt: new Date(nowMs).toISOString(),
    restored: restores,
  });
  return cancelled(restores ? { ...row, usedAtMs: null } : row, orderId, redeemedAtMs, nowMs);
}

function insertRedemptionEvent(
  transaction: Transaction<Database>,
  kind: 'redemption.made' | 'redemption.cancelled',
  { couponId, sellerId, issueNo, holder, nowMs }: LockedIssuance,
  orderId: OrderId,
  fields: EventFields,
): Promise<void> {
  return insertEvent(transaction, {
    ...{ sellerId, couponId, kind, issueNo, atMs: nowMs },
    fields: { issueNo, ...holderFields(holder), orderId, ...fields },
  });
}

function cancelled(
  row: LockedIssuance,
  orderId: OrderId,
  redeemedAtMs: number,
  cancelledAtMs: number,
): CancelResult {
  const redemption: CancelledRedemption = {
    ...redemptionBy(row, orderId, redeemedAtMs),
    cancelledAtMs,
    state: walletState(row.usedAtMs ?? undefined, row.expiresAtMs, row.nowMs),
  };
  return { status: 'cancelled', redemption };
}

function redemptionBy(row: LockedIssuance, orderId: OrderId, redeemedAtMs: number): Redemption {
  const { couponId, issueNo, holder, expiresAtMs } = row;
  return { couponId, issueNo, holder: holder, orderId, redeemedAtMs, expiresAtMs };
}

function redemptionOf(
  transaction: Transaction<Database>,
  { couponId, issueNo }: LockedIssuance,
  orderId: OrderId,
): Promise<StoredRedemption | undefined> {
  return transaction
    .selectFrom('redemption')
    .select(['redeemed_at as redeemedAtMs', 'cancelled_at as cancelledAtMs'])
    .where('coupon_id', '=', couponId)
    .where('issue_no', '=', issueNo)
    .where('order_id', '=', orderId)
    .executeTakeFirst();
}
