/** Implements the catalogue on MySQL, MariaDB and SQLite. */
import { type Kysely, type Selectable, sql, type Transaction } from 'kysely';
import { chunksOf } from '../../engine/domain/chunks.js';
import type { AuditEntry } from '../../engine/ports/audit-log.js';
import type {
  CouponCatalogue,
  CouponCursor,
  CouponFilter,
  CouponQuery,
  CouponRecord,
  InsertOnceReply,
  NewCoupon,
  VersionedTerms,
} from '../../engine/ports/coupon-catalogue.js';
import { DEFAULT_CURRENCY } from '../../engine/domain/discount.js';
import type { Discount } from '../../engine/domain/discount.js';
import { type CouponId, type CouponTerms, parseCouponId } from '../../engine/domain/coupon.js';
import { StoreCorruptError } from '../../engine/domain/errors.js';
import { displayAfter } from '../../engine/domain/coupon-display.js';
import type { CouponDisplay } from '../../engine/domain/coupon-display.js';
import type { KeyedRequest } from '../../engine/ports/idempotency.js';
import { DOOR_CHANGES, nextRevision } from './change-counter.js';
import { faultOf, storeFault } from './error-classes.js';
import { findKey, takeKey } from './idempotency-keys.js';
import type { CouponTable, Database } from './schema.js';
import { quantityChangesOf } from './quantity-history.js';
import { hasRules, ruleColumns, rulesOf } from './redemption-rules.js';
import { couponPage } from './coupon-page.js';
import { newBirth } from './installation.js';
import { insertAuditEntry } from './sql-audit-log.js';
import { doorRuleOf, doorText } from './sql-door-rules.js';
import { inTransaction, reading, RolledBack, writing } from './transaction.js';

/** Values in one IN list. */
const LIST_MAX = 1_000;
/** Ids in a row that are passed over because they have rows. */
const ID_ATTEMPTS_MAX = 1_000;

type BornCoupon = NewCoupon & { readonly birth: string };

/** Rows of a coupon that the database has lost: its members must not hold the new one. */
class IdHasRows extends RolledBack<'id_has_rows'> {
  constructor() {
    super('id_has_rows');
  }
}

export class SqlCouponCatalogue implements CouponCatalogue {
  readonly #db: Kysely<Database>;

  constructor(db: Kysely<Database>) {
    this.#db = db;
  }

  insert(coupon: NewCoupon, audit?: (couponId: CouponId) => AuditEntry): Promise<CouponRecord> {
    return underFreeId(() =>
      refusingPoison(() =>
        inTransaction(this.#db, (transaction) => insertWithRevision(transaction, coupon, audit)),
      ),
    );
  }

  async insertOnce(
    coupon: NewCoupon,
    keyed: KeyedRequest,
    audit?: (couponId: CouponId) => AuditEntry,
  ): Promise<InsertOnceReply> {
    const insertOnce = (): Promise<InsertOnceReply> =>
      inTransaction(this.#db, async (transaction) => {
        const known = await findKey(transaction, keyed);
        if (known === 'reused') return { status: 'key_reused' };
        if (known !== undefined) return { status: 'repeated', record: await keptRecord(transaction, known) };
        const record = await insertWithRevision(transaction, coupon, audit);
        await takeKey(transaction, keyed, record.couponId);
        return { status: 'inserted', record };
      });
    try {
      return await underFreeId(insertOnce);
    } catch (error) {
      // Another request took the key in this very moment: by now its transaction has ended.
      if (faultOf(error) !== 'duplicate') throw error;
      return refusingPoison(insertOnce);
    }
  }

  async find(couponIds: readonly CouponId[]): Promise<(CouponRecord | undefined)[]> {
    const found = new Map<number, CouponRecord>();
    for (const part of chunksOf(couponIds, LIST_MAX)) {
      const rows = await reading(() =>
        this.#db.selectFrom('coupon').selectAll().where('id', 'in', part).execute(),
      );
      for (const row of rows) found.set(row.id, recordOf(row));
    }
    return couponIds.map((couponId) => found.get(couponId));
  }

  async list(filter: CouponFilter, afterCouponId: number, limit: number): Promise<CouponRecord[]> {
    const { sellerId } = filter;
    const rows = await reading(() =>
      this.#db
        .selectFrom('coupon')
        .selectAll()
        .$if(sellerId !== undefined, (query) => query.where('seller_id', '=', sellerId ?? ''))
        .where('id', '>', afterCouponId)
        .orderBy('id')
        .limit(limit)
        .execute(),
    );
    return rows.map(recordOf);
  }

  async page(query: CouponQuery, after: CouponCursor | undefined, limit: number): Promise<CouponRecord[]> {
    const rows = await reading(() => couponPage(this.#db, query, after).limit(limit).selectAll().execute());
    return rows.map(recordOf);
  }

  saveTerms(couponId: CouponId, terms: VersionedTerms): Promise<boolean> {
    return refusingPoison(() => saveNewerTerms(this.#db, couponId, terms));
  }

  async nextEpoch(couponId: CouponId, above = 0): Promise<number> {
    const row = await inTransaction(this.#db, async (transaction) => {
      await transaction
        .updateTable('coupon')
        .set({ epoch: sql`case when epoch < ${above} then ${above} else epoch end + 1` })
        .where('id', '=', couponId)
        .execute();
      return transaction.selectFrom('coupon').select('epoch').where('id', '=', couponId).executeTakeFirst();
    });
    if (row === undefined) throw new StoreCorruptError(`There is no coupon ${couponId} in the catalogue.`);
    return row.epoch;
  }
}

/** The number stays taken although its coupon is undone, so the next attempt gets another one. */
async function underFreeId<Result>(insert: () => Promise<Result>): Promise<Result> {
  for (let attempt = 1; ; attempt += 1) {
    try {
      return await insert();
    } catch (error) {
      if (!(error instanceof IdHasRows) || attempt === ID_ATTEMPTS_MAX) throw error;
    }
  }
}

async function keptRecord(db: Kysely<Database>, { targetId }: { targetId: number }): Promise<CouponRecord> {
  const row = await db.selectFrom('coupon').selectAll().where('id', '=', targetId).executeTakeFirst();
  if (row === undefined)
    throw new StoreCorruptError(`An idempotency key names coupon ${targetId}, which does not exist.`);
  return recordOf(row);
}

/** The revision is taken before the id is: sql-door-rules.ts relies on it. */
async function insertWithRevision(
  transaction: Transaction<Database>,
  coupon: NewCoupon,
  audit: ((couponId: CouponId) => AuditEntry) | undefined,
): Promise<CouponRecord> {
  const revision = coupon.door === undefined ? 0 : await nextRevision(transaction, DOOR_CHANGES);
  const born = { ...coupon, birth: newBirth() };
  const couponId = await insertCoupon(transaction, born, revision, audit);
  return { ...born, couponId, version: 1, epoch: 0, revision: 0, changesBegun: 0 };
}

async function insertCoupon(
  db: Kysely<Database>,
  coupon: BornCoupon,
  doorRevision: number,
  audit: ((couponId: CouponId) => AuditEntry) | undefined,
): Promise<CouponId> {
  const { insertId } = await db
    .insertInto('coupon')
    .values({
      seller_id: coupon.sellerId,
      name: coupon.name,
      ...termColumns(coupon),
      version: 1,
      epoch: 0,
      ...discountColumns(coupon.discount),
      created_at: coupon.createdAtMs,
      door: doorText(coupon.door),
      door_revision: doorRevision,
      birth: coupon.birth,
      ...(coupon.redemption === undefined ? {} : ruleColumns(coupon.redemption)),
      image: coupon.display?.image ?? null,
      description: coupon.display?.description ?? null,
    })
    .executeTakeFirstOrThrow();
  const couponId = couponIdOf(insertId ?? 0);
  const row = await db
    .selectFrom('member_coupon')
    .select('issue_no')
    .where('coupon_id', '=', couponId)
    .limit(1)
    .executeTakeFirst();
  if (row !== undefined) throw new IdHasRows();
  if (audit !== undefined) await insertAuditEntry(db, audit(couponId));
  return couponId;
}

/** What the schema refuses here should have been refused at the edge: a bug, with the database's words as its cause. */
export async function refusingPoison<T>(change: () => Promise<T>): Promise<T> {
  try {
    return await change();
  } catch (error) {
    const fault = faultOf(error);
    throw fault === 'poison' || fault === 'duplicate' ? storeFault(error, fault, 'writing') : error;
  }
}

/** Terms of a lower version stay as they are. */
async function saveNewerTerms(
  db: Kysely<Database>,
  couponId: CouponId,
  { version, epoch, ...terms }: VersionedTerms,
): Promise<boolean> {
  const { numUpdatedRows } = await writing(() =>
    db
      .updateTable('coupon')
      .set({ ...termColumns(terms), version })
      .where('id', '=', couponId)
      .where('version', '<', version)
      .where('epoch', '<=', epoch)
      .executeTakeFirstOrThrow(),
  );
  if (numUpdatedRows > 0n) return true;
  const row = await reading(() =>
    db.selectFrom('coupon').select('epoch').where('id', '=', couponId).executeTakeFirst(),
  );
  return row !== undefined && row.epoch <= epoch;
}

/** The columns that hold terms; `sqlite-admission.ts` and `sql-coupon-changes.ts` write them too. */
export function termColumns(terms: CouponTerms) {
  return {
    quantity: terms.quantity,
    opens_at: terms.opensAtMs ?? null,
    closes_at: terms.closesAtMs ?? null,
    paused: terms.paused ? 1 : 0,
    closed: terms.closed ? 1 : 0,
  };
}

/** A row as the engine knows it; `sql-coupon-changes.ts` reads some too. */
export function recordOf(row: Selectable<CouponTable>): CouponRecord {
  return {
    couponId: couponIdOf(row.id),
    sellerId: row.seller_id,
    name: row.name,
    discount: discountOf(row),
    quantity: row.quantity,
    opensAtMs: row.opens_at ?? undefined,
    closesAtMs: row.closes_at ?? undefined,
    paused: row.paused !== 0,
    closed: row.closed !== 0,
    version: row.version,
    epoch: row.epoch,
    revision: row.revision,
    changesBegun: row.changes_begun,
    ...(row.birth === null ? {} : { birth: row.birth }),
    createdAtMs: row.created_at,
    ...(row.quantities === null ? {} : { quantityChanges: quantityChangesOf(row.quantities) }),
    ...(row.door === null ? {} : { door: doorRuleOf(row.door) }),
    ...(hasRules(row) ? { redemption: rulesOf(row) } : {}),
    ...(row.image === null && row.description === null ? {} : { display: displayOf(row) }),
  };
}

function displayOf({ image, description }: Selectable<CouponTable>): CouponDisplay {
  return displayAfter({}, { image, description });
}

/** The columns that hold a discount; `sql-coupon-changes.ts` writes them too. */
export function discountColumns(discount: Discount | undefined) {
  return {
    discount_type: discount?.type ?? null,
    discount_value: discount?.value ?? null,
    discount_currency: discount?.type === 'amount' ? discount.currency : null,
  };
}

export function discountOf({
  discount_type: type,
  discount_value: value,
  discount_currency: currency,
}: Pick<Selectable<CouponTable>, 'discount_type' | 'discount_value' | 'discount_currency'>):
  Discount | undefined {
  if (type === null || value === null) return undefined;
  return type === 'percent' ? { type, value } : { type, value, currency: currency ?? DEFAULT_CURRENCY };
}

function couponIdOf(id: number | bigint): CouponId {
  const couponId = parseCouponId(String(id));
  if (couponId === undefined)
    throw new StoreCorruptError(`The database numbered a coupon ${id}, which is out of range.`);
  return couponId;
}
