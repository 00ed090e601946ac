/**
 * Redemptions on MySQL, MariaDB and SQLite.
 *
 * Each step locks the row of the issuance first, so redeem, cancel and revoke of one issuance happen one after another. The row is read
 * without a lock before that: to lock a row that is absent would lock the gap, and the recorder would wait for it.
 */
import { type Kysely, sql, type Transaction } from 'kysely';
import type { AuditActor } from '../../engine/ports/audit-log.js';
import type { CouponId, MemberId } from '../../engine/domain/coupon.js';
import { subjectOf } from '../../engine/domain/member-id.js';
import { expiryOf, walletState } from '../../engine/domain/redemption.js';
import type { OrderId, RedemptionRules } from '../../engine/domain/redemption.js';
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
import { RULE_COLUMNS, rulesOf } from './redemption-rules.js';
import type { Database } from './schema.js';
import { insertAuditEntry } from './sql-audit-log.js';
import { discountOf } from './sql-coupon-catalogue.js';
import type { SqlFlavour } from './sql-flavour.js';
import { inTransaction, reading } from './transaction.js';

/** An issuance whose row is locked, the rules of its coupon, and the database's clock. */
interface Locked {
  readonly couponId: CouponId;
  readonly sellerId: string;
  readonly issueNo: number;
  readonly memberId: MemberId;
  readonly usedAtMs: number | null;
  readonly expiresAtMs: number | undefined;
  readonly rules: RedemptionRules;
  readonly nowMs: number;
}

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
      (await this.#withLocked(issuance, (transaction, row) => redeem(transaction, row, orderId, actor))) ??
      ABSENT
    );
  }

  async cancel(issuance: IssuanceName, orderId: OrderId, actor: AuditActor): Promise<CancelResult> {
    return (
      (await this.#withLocked(issuance, (transaction, row) => cancel(transaction, row, orderId, actor))) ??
      ABSENT
    );
  }

  async history(issuance: IssuanceName, limit: number): Promise<HistoryEntry[] | 'absent'> {
    const issueNo = await this.#numberOf(issuance);
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

  async wallet(
    memberId: MemberId,
    order: WalletOrder,
    after: WalletCursor | undefined,
    limit: number,
  ): Promise<WalletRow[]> {
    const rows = await reading(() => {
      const all = this.#db
        .selectFrom('member_coupon')
        .innerJoin('coupon', 'coupon.id', 'member_coupon.coupon_id')
        .select([
          'member_coupon.coupon_id as couponId',
          'member_coupon.issue_no as issueNo',
          'member_coupon.member_id as memberId',
          'member_coupon.issued_at as issuedAtMs',
          'member_coupon.used_at as usedAtMs',
          'member_coupon.used_order as orderId',
          'coupon.name',
          'coupon.seller_id as sellerId',
          'coupon.discount_type',
          'coupon.discount_value',
          ...RULE_COLUMNS.map((column) => `coupon.${column}` as const),
          this.#flavour.nowMs.as('nowMs'),
        ])
        .where('member_coupon.member_id', '=', memberId)
        .limit(limit)
        .$narrowType<{ couponId: CouponId; memberId: MemberId; orderId: OrderId | null }>();
      if (order === 'coupon') {
        return all
          .where('member_coupon.coupon_id', '>', after?.couponId ?? 0)
          .orderBy('member_coupon.coupon_id')
          .execute();
      }
      return all
        .$if(after !== undefined, (query) =>
          query.where((row) =>
            row.or([
              row('member_coupon.issued_at', '<', after?.issuedAtMs ?? 0),
              row.and([
                row('member_coupon.issued_at', '=', after?.issuedAtMs ?? 0),
                row('member_coupon.coupon_id', '<', after?.couponId ?? 0),
              ]),
            ]),
          ),
        )
        .orderBy('member_coupon.issued_at', 'desc')
        .orderBy('member_coupon.coupon_id', 'desc')
        .execute();
    });
    return rows.map((row) => {
      const { couponId, issueNo, memberId, issuedAtMs, name, sellerId } = row;
      const usedAtMs = row.usedAtMs ?? undefined;
      const expiresAtMs = expiryOf(rulesOf(row).validity, issuedAtMs);
      return {
        ...{ couponId, issueNo, memberId, issuedAtMs, usedAtMs, name, sellerId, expiresAtMs },
        discount: discountOf(row),
        state: walletState(usedAtMs, expiresAtMs, row.nowMs),
        orderId: row.orderId ?? undefined,
      };
    });
  }

  async redeemedCount(couponId: CouponId): Promise<number> {
    const { count } = await reading(() =>
      this.#db
        .selectFrom('member_coupon')
        .select(sql<number>`count(*)`.as('count'))
        .where('coupon_id', '=', couponId)
        .where('used_at', 'is not', null)
        .executeTakeFirstOrThrow(),
    );
    return count;
  }

  async #numberOf(issuance: IssuanceName): Promise<number | undefined> {
    const row = await reading(() => {
      const rows = this.#db
        .selectFrom('member_coupon')
        .select('issue_no')
        .where('coupon_id', '=', issuance.couponId);
      return 'issueNo' in issuance
        ? rows.where('issue_no', '=', issuance.issueNo).executeTakeFirst()
        : rows.where('member_id', '=', issuance.memberId).executeTakeFirst();
    });
    return row?.issue_no;
  }

  /** `undefined` where the issuance has no row. */
  async #withLocked<T>(
    issuance: IssuanceName,
    step: (transaction: Transaction<Database>, row: Locked) => Promise<T>,
  ): Promise<T | undefined> {
    const { couponId } = issuance;
    const issueNo = await this.#numberOf(issuance);
    if (issueNo === undefined) return undefined;
    return inTransaction(this.#db, async (transaction) => {
      const row = await transaction
        .selectFrom('member_coupon')
        .select(['member_id as memberId', 'issued_at as issuedAtMs', 'used_at as usedAtMs'])
        .select(this.#flavour.nowMs.as('nowMs'))
        .where('coupon_id', '=', couponId)
        .where('issue_no', '=', issueNo)
        .modifyEnd(this.#flavour.lockExclusive)
        .$narrowType<{ memberId: MemberId }>()
        .executeTakeFirst();
      if (row === undefined || ('memberId' in issuance && row.memberId !== issuance.memberId))
        return undefined;
      // Read after the lock: a transaction sees what was committed when it first read without one.
      const coupon = await transaction
        .selectFrom('coupon')
        .select(['seller_id', ...RULE_COLUMNS])
        .where('id', '=', couponId)
        .executeTakeFirst();
      if (coupon === undefined) return undefined;
      const rules = rulesOf(coupon);
      const { memberId, usedAtMs, nowMs } = row;
      const expiresAtMs = expiryOf(rules.validity, row.issuedAtMs);
      return step(transaction, {
        ...{ couponId, sellerId: coupon.seller_id, issueNo, memberId },
        ...{ usedAtMs, nowMs, rules, expiresAtMs },
      });
    });
  }
}

const ABSENT = { status: 'absent' } as const;

async function redeem(
  transaction: Transaction<Database>,
  row: Locked,
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
  row: Locked,
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
    detail: { issueNo, memberId: subjectOf(row.memberId), orderId, onCancel: row.rules.onCancel },
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
  { couponId, sellerId, issueNo, memberId, nowMs }: Locked,
  orderId: OrderId,
  fields: EventFields,
): Promise<void> {
  return insertEvent(transaction, {
    ...{ sellerId, couponId, kind, issueNo, atMs: nowMs },
    fields: { issueNo, memberId: subjectOf(memberId), orderId, ...fields },
  });
}

function cancelled(row: Locked, orderId: OrderId, redeemedAtMs: number, cancelledAtMs: number): CancelResult {
  const redemption: CancelledRedemption = {
    ...redemptionBy(row, orderId, redeemedAtMs),
    cancelledAtMs,
    state: walletState(row.usedAtMs ?? undefined, row.expiresAtMs, row.nowMs),
  };
  return { status: 'cancelled', redemption };
}

function redemptionBy(row: Locked, orderId: OrderId, redeemedAtMs: number): Redemption {
  const { couponId, issueNo, memberId, expiresAtMs } = row;
  return { couponId, issueNo, memberId, orderId, redeemedAtMs, expiresAtMs };
}

function redemptionOf(
  transaction: Transaction<Database>,
  { couponId, issueNo }: Locked,
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
