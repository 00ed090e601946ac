/**
 * Implements {@link CouponChanges} on MySQL, MariaDB and SQLite: `coupon_change` holds at most one unsettled change of
 * each coupon.
 */
import type { Kysely, Selectable, Transaction } from 'kysely';
import { displayAfter, sameDisplay } from '../../engine/domain/coupon-display.js';
import { sameDiscount } from '../../engine/domain/discount.js';
import type { AuditEntry } from '../../engine/ports/audit-log.js';
import type {
  BeginReply,
  BegunChange,
  ChangeRequest,
  CouponChanges,
  CouponWithChange,
  WantedChange,
} from '../../engine/ports/coupon-changes.js';
import type { CouponRecord } from '../../engine/ports/coupon-catalogue.js';
import { type CouponId, type CouponTerms, parseCouponId, QUANTITY_MAX } from '../../engine/domain/coupon.js';
import { doorAfter, sameDoor } from '../../engine/domain/door-rule.js';
import { auditedEligibility } from '../../engine/domain/eligibility.js';
import { StoreCorruptError } from '../../engine/domain/errors.js';
import { defaultRedemptionRules, rulesAfter, sameRules } from '../../engine/domain/redemption.js';
import type { KeyedRequest } from '../../engine/ports/idempotency.js';
import { sameTerms, termsAfter } from '../../engine/ports/terms-change.js';
import { DOOR_CHANGES, nextRevision } from './change-counter.js';
import { faultOf } from './error-classes.js';
import { findKey, freeKey, removeExpiredKeys, takeKey } from './idempotency-keys.js';
import { ruleColumns } from './redemption-rules.js';
import type { CouponChangeTable, Database } from './schema.js';
import { withQuantityChange } from './quantity-history.js';
import { insertAuditEntry } from './sql-audit-log.js';
import { discountColumns, recordOf, refusingPoison, termColumns } from './sql-coupon-catalogue.js';
import { doorText } from './sql-door-rules.js';
import type { SqlFlavour } from './sql-flavour.js';
import { inTransaction, reading, writing } from './transaction.js';

/** What a row keeps of a change until it is settled. */
interface ChangeBody extends Omit<WantedChange, 'addUnits'> {
  /** Whether it alters what the catalogue had when it began. */
  readonly alters: boolean;
  /** Left out by processes of the previous release. */
  readonly quantityBefore?: number;
  readonly audit?: AuditEntry;
  readonly keyed?: Pick<KeyedRequest, 'sellerId' | 'key'>;
}

export class SqlCouponChanges implements CouponChanges {
  readonly #db: Kysely<Database>;
  readonly #flavour: SqlFlavour;

  constructor(db: Kysely<Database>, flavour: SqlFlavour) {
    this.#db = db;
    this.#flavour = flavour;
  }

  async begin(request: ChangeRequest): Promise<BeginReply> {
    const begin = (): Promise<BeginReply> =>
      inTransaction(this.#db, (transaction) => this.#begin(transaction, request));
    try {
      return await begin();
    } catch (error) {
      // Another request took the key in this very moment: by now its transaction has ended.
      if (faultOf(error) !== 'duplicate') throw error;
      return refusingPoison(begin);
    }
  }

  async #begin(transaction: Transaction<Database>, request: ChangeRequest): Promise<BeginReply> {
    const { couponId, ifRevisions, keyed, audit, atMs } = request;
    // Before any coupon is locked, as a registration does it.
    const doorRevision = request.door === undefined ? 0 : await nextRevision(transaction, DOOR_CHANGES);
    const record = await this.#lockedRecord(transaction, couponId);
    if (record === undefined) return { status: 'unknown_coupon' };
    const unsettled = await unsettledOf(transaction, couponId);
    if (unsettled !== undefined) return { status: 'unsettled', change: begunOf(unsettled) };
    const known = keyed && (await findKey(transaction, keyed));
    if (known !== undefined) return { status: known === 'reused' ? 'key_reused' : 'repeated' };
    if (ifRevisions !== undefined && !ifRevisions.includes(record.revision)) {
      return { status: 'changed_meanwhile' };
    }
    const wanted = withUnits(request, record);
    if ((wanted.terms.quantity ?? 0) > QUANTITY_MAX) return { status: 'quantity_too_large' };

    if (keyed !== undefined) await takeKey(transaction, keyed, couponId);
    const body: ChangeBody = {
      ...wanted,
      alters: alters(record, wanted),
      quantityBefore: record.quantity,
      ...(audit === undefined ? {} : { audit: auditOf(audit, request, wanted, record) }),
      ...(keyed === undefined ? {} : { keyed: { sellerId: keyed.sellerId, key: keyed.key } }),
    };
    const changeNo = record.changesBegun + 1;
    await transaction
      .updateTable('coupon')
      .set({ changes_begun: changeNo })
      .where('id', '=', couponId)
      .execute();
    if (Object.keys(wanted.terms).length === 0) {
      await saveOwnFields(transaction, record, body, doorRevision);
      await raiseRevision(transaction, couponId, body.alters);
      return { status: 'made', record: await this.#savedRecord(transaction, couponId) };
    }
    const row = { coupon_id: couponId, change_no: changeNo, taken: 0, body: JSON.stringify(body), at: atMs };
    await transaction.insertInto('coupon_change').values(row).execute();
    return { status: 'begun', change: begunOf(row) };
  }

  async takeOver(change: BegunChange): Promise<BegunChange | undefined> {
    return inTransaction(this.#db, async (transaction) => {
      // The next change, if this one is settled, is left to the process that began it.
      await taking(transaction, change.couponId).where('change_no', '=', change.changeNo).execute();
      const row = await unsettledOf(transaction, change.couponId);
      return row?.change_no === change.changeNo ? begunOf(row) : undefined;
    });
  }

  async complete(
    change: BegunChange,
    version: number,
    terms: CouponTerms,
  ): Promise<CouponRecord | undefined> {
    const { couponId } = change;
    return refusingPoison(() =>
      inTransaction(this.#db, async (transaction) => {
        const begun = await unsettledOf(transaction, couponId);
        const door = begun && bodyOf(begun).door;
        // Before the coupon is locked, as in `begin`, and only where it is needed: all coupons share the counter.
        const doorRevision = door === undefined ? 0 : await nextRevision(transaction, DOOR_CHANGES);
        const record = await this.#lockedRecord(transaction, couponId);
        const body = await remove(transaction, change);
        if (record === undefined || body === undefined) return undefined;
        // Whatever the versions are: a coupon that a late warm put in counts from an older one, and the change is in force all the same.
        await transaction
          .updateTable('coupon')
          .set({ ...termColumns(terms), version: Math.max(version, record.version) })
          .where('id', '=', couponId)
          .execute();
        await saveQuantityChange(transaction, couponId, begun?.at ?? 0, body);
        await saveOwnFields(transaction, record, body, doorRevision);
        await raiseRevision(transaction, couponId, body.alters || !sameTerms(record, terms));
        return this.#savedRecord(transaction, couponId);
      }),
    );
  }

  discard(change: BegunChange): Promise<boolean> {
    return inTransaction(this.#db, async (transaction) => {
      const body = await remove(transaction, change);
      if (body?.keyed !== undefined) await freeKey(transaction, body.keyed);
      return body !== undefined;
    });
  }

  async unsettled(limit: number): Promise<BegunChange[]> {
    const rows = await reading(() =>
      this.#db.selectFrom('coupon_change').selectAll().orderBy('at').limit(limit).execute(),
    );
    return rows.map(begunOf);
  }

  withUnsettledChange(couponId: CouponId): Promise<CouponWithChange | undefined> {
    return inTransaction(this.#db, async (transaction) => {
      const record = await this.#lockedRecord(transaction, couponId);
      if (record === undefined) return undefined;
      await taking(transaction, couponId).execute();
      const row = await unsettledOf(transaction, couponId);
      return { record, unsettled: row && begunOf(row) };
    });
  }

  removeExpiredKeys(nowMs: number): Promise<void> {
    return writing(() => removeExpiredKeys(this.#db, nowMs));
  }

  async #lockedRecord(
    transaction: Transaction<Database>,
    couponId: CouponId,
  ): Promise<CouponRecord | undefined> {
    const row = await transaction
      .selectFrom('coupon')
      .selectAll()
      .where('id', '=', couponId)
      .modifyEnd(this.#flavour.lockExclusive)
      .executeTakeFirst();
    return row && recordOf(row);
  }

  async #savedRecord(transaction: Transaction<Database>, couponId: CouponId): Promise<CouponRecord> {
    return recordOf(
      await transaction.selectFrom('coupon').selectAll().where('id', '=', couponId).executeTakeFirstOrThrow(),
    );
  }
}

function withUnits(request: ChangeRequest, record: CouponRecord): Omit<WantedChange, 'addUnits'> {
  const { terms, addUnits, name, door, rules, display, discount } = request;
  return {
    terms: addUnits === undefined ? terms : { ...terms, quantity: record.quantity + addUnits },
    ...(name === undefined ? {} : { name }),
    ...(door === undefined ? {} : { door }),
    ...(rules === undefined ? {} : { rules }),
    ...(display === undefined ? {} : { display }),
    ...(discount === undefined ? {} : { discount }),
  };
}

function alters(record: CouponRecord, wanted: WantedChange): boolean {
  const { terms, name, door, rules, display, discount } = wanted;
  const rulesBefore = record.redemption ?? defaultRedemptionRules;
  const displayBefore = record.display ?? {};
  const after = termsAfter(record, terms, 0);
  return (
    (name ?? record.name) !== record.name ||
    (door !== undefined && !sameDoor(doorAfter(record.door, door), record.door)) ||
    (display !== undefined && !sameDisplay(displayAfter(displayBefore, display), displayBefore)) ||
    (discount !== undefined && !sameDiscount(discount ?? undefined, record.discount)) ||
    (rules !== undefined && !sameRules(rulesAfter(rulesBefore, rules), rulesBefore)) ||
    (typeof after !== 'string' && !sameTerms(after, record))
  );
}

/** Units that were added are also logged as the quantity they lead to, and an eligibility with the previous one. */
function auditOf(
  audit: AuditEntry,
  { addUnits }: ChangeRequest,
  { terms, door }: WantedChange,
  before: CouponRecord,
): AuditEntry {
  const more = {
    ...(addUnits === undefined ? {} : { quantity: terms.quantity }),
    ...(door?.eligibility === undefined
      ? {}
      : { eligibilityBefore: auditedEligibility(before.door?.eligibility) }),
  };
  return { ...audit, detail: { ...audit.detail, ...more } };
}

async function unsettledOf(
  db: Kysely<Database>,
  couponId: CouponId,
): Promise<Selectable<CouponChangeTable> | undefined> {
  return db.selectFrom('coupon_change').selectAll().where('coupon_id', '=', couponId).executeTakeFirst();
}

/** Who took the coupon's change over before can no longer settle it. */
function taking(transaction: Transaction<Database>, couponId: CouponId) {
  return transaction
    .updateTable('coupon_change')
    .set((column) => ({ taken: column('taken', '+', 1) }))
    .where('coupon_id', '=', couponId);
}

/** Removes the row of a change that the caller was the last to take over; `undefined` where it was not. */
async function remove(
  transaction: Transaction<Database>,
  { couponId, changeNo, taken }: BegunChange,
): Promise<ChangeBody | undefined> {
  const row = await unsettledOf(transaction, couponId);
  const { numDeletedRows } = await transaction
    .deleteFrom('coupon_change')
    .where('coupon_id', '=', couponId)
    .where('change_no', '=', changeNo)
    .where('taken', '=', taken)
    .executeTakeFirstOrThrow();
  return row === undefined || numDeletedRows === 0n ? undefined : bodyOf(row);
}

/** Name, discount, door rule, rules of redemption, image, description and audit entry: what the admission store has no part in. */
async function saveOwnFields(
  transaction: Transaction<Database>,
  { couponId, door: doorBefore }: CouponRecord,
  { name, door, rules, display, discount, audit }: ChangeBody,
  doorRevision: number,
): Promise<void> {
  if (name !== undefined) {
    await transaction.updateTable('coupon').set({ name }).where('id', '=', couponId).execute();
  }
  if (door !== undefined) {
    await transaction
      .updateTable('coupon')
      .set({ door: doorText(doorAfter(doorBefore, door)), door_revision: doorRevision })
      .where('id', '=', couponId)
      .execute();
  }
  if (rules !== undefined) {
    await transaction.updateTable('coupon').set(ruleColumns(rules)).where('id', '=', couponId).execute();
  }
  if (display !== undefined) {
    // The columns have the names of the fields.
    await transaction.updateTable('coupon').set(display).where('id', '=', couponId).execute();
  }
  if (discount !== undefined) {
    const columns = discountColumns(discount ?? undefined);
    await transaction.updateTable('coupon').set(columns).where('id', '=', couponId).execute();
  }
  if (audit !== undefined) await insertAuditEntry(transaction, audit);
}

/** The catalogue may have the new terms already, so the quantity before is the one at the begin of the change. */
async function saveQuantityChange(
  transaction: Transaction<Database>,
  couponId: CouponId,
  atMs: number,
  { terms: { quantity }, quantityBefore }: ChangeBody,
): Promise<void> {
  if (quantity === undefined || quantityBefore === undefined || quantity === quantityBefore) return;
  const { quantities } = await transaction
    .selectFrom('coupon')
    .select('quantities')
    .where('id', '=', couponId)
    .executeTakeFirstOrThrow();
  const change = { atMs, before: quantityBefore, quantity };
  await transaction
    .updateTable('coupon')
    .set({ quantities: withQuantityChange(quantities, change) })
    .where('id', '=', couponId)
    .execute();
}

async function raiseRevision(
  transaction: Transaction<Database>,
  couponId: CouponId,
  altered: boolean,
): Promise<void> {
  if (!altered) return;
  await transaction
    .updateTable('coupon')
    .set((column) => ({ revision: column('revision', '+', 1) }))
    .where('id', '=', couponId)
    .execute();
}

function begunOf(row: Selectable<CouponChangeTable>): BegunChange {
  const couponId = parseCouponId(String(row.coupon_id));
  if (couponId === undefined)
    throw new StoreCorruptError(
      `A row of coupon_change has the coupon id ${row.coupon_id}, which is out of range.`,
    );
  return { couponId, changeNo: row.change_no, taken: row.taken, terms: bodyOf(row).terms };
}

/** Written by this file alone, from this type. */
function bodyOf({ body }: Pick<Selectable<CouponChangeTable>, 'body'>): ChangeBody {
  return JSON.parse(body) as ChangeBody;
}
