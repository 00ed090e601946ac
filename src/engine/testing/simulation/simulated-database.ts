/** Simulates catalogue and ledger as one synchronous object, transaction by transaction. */
import type {
  CouponCursor,
  CouponQuery,
  CouponRecord,
  InsertOnceReply,
  NewCoupon,
  VersionedTerms,
} from '../../ports/coupon-catalogue.js';
import type { CouponId, HolderId, Issuance, MemberId } from '../../domain/coupon.js';
import { memberOf, unitOf } from '../../domain/holder.js';
import { MEMBER_ID_LENGTH_MAX } from '../../domain/member-id.js';
import { StoreCorruptError } from '../../domain/errors.js';
import { IDEMPOTENCY_KEPT_MS, type KeyedRequest } from '../../ports/idempotency.js';
import type { Confirmation, EndedHold } from '../../ports/hold-ledger.js';
import type { AuditEntry } from '../../ports/audit-log.js';
import { SimulatedCouponChanges } from './simulated-coupon-changes.js';
import type {
  ClaimedBatch,
  IssuanceLedger,
  LedgerCounts,
  LedgerRow,
  RecordResult,
} from '../../ports/issuance-ledger.js';

export interface DeadLetter extends Issuance {
  readonly reason: 'number_taken' | 'member_has_one' | 'beyond_quantity' | 'refused_by_schema';
}

export interface CouponLedger {
  readonly rows: Map<number, LedgerRow>;
  readonly numberOf: Map<HolderId, number>;
  /** Revoked number → whose it was. */
  readonly revoked: Map<number, HolderId>;
  deadLetters: DeadLetter[];
  /** Number → the confirmation of its hold. */
  readonly confirmed: Map<number, Confirmation>;
  /** Number → how its hold ended. */
  readonly ended: Map<number, EndedRow>;
}

/** What is left of a row that was taken back. */
export interface EndedRow extends EndedHold {
  readonly issuedAtMs: number;
  readonly revokedAtMs: number;
}

interface Registration extends Pick<KeyedRequest, 'bodyHash' | 'atMs'> {
  readonly couponId: CouponId;
}

export type RecordedTogether = Awaited<ReturnType<IssuanceLedger['recordTogether']>>;
export type Revoked = Awaited<ReturnType<IssuanceLedger['revoke']>>;

const FRESH = { version: 1, epoch: 0, revision: 0, changesBegun: 0 };
export class SimulatedDatabase {
  readonly coupons = new Map<CouponId, CouponRecord>();
  readonly changes = new SimulatedCouponChanges(this);
  readonly #ledgers = new Map<CouponId, CouponLedger>();
  readonly #registered = new Map<string, Registration>();

  insert(coupon: NewCoupon): CouponRecord {
    const { name, quantity, opensAtMs, closesAtMs, paused, closed, sellerId, discount, createdAtMs } = coupon;
    const { door, redemption } = coupon;
    const couponId = (this.coupons.size + 1) as CouponId;
    const terms = { quantity, opensAtMs, closesAtMs, paused, closed };
    const kept = { couponId, sellerId, name, discount, createdAtMs, ...terms, ...FRESH };
    const record = {
      ...kept,
      ...(door === undefined ? {} : { door }),
      ...(redemption === undefined ? {} : { redemption }),
    };
    this.coupons.set(couponId, record);
    return record;
  }

  insertOnce(coupon: NewCoupon, { sellerId, key, bodyHash, atMs }: KeyedRequest): InsertOnceReply {
    const name = `${sellerId} ${key}`;
    const known = this.#registered.get(name);
    const kept = known && this.coupons.get(known.couponId);
    if (kept !== undefined && known !== undefined && atMs - known.atMs < IDEMPOTENCY_KEPT_MS) {
      return known.bodyHash === bodyHash ? { status: 'repeated', record: kept } : { status: 'key_reused' };
    }
    const record = this.insert(coupon);
    this.#registered.set(name, { bodyHash, atMs, couponId: record.couponId });
    return { status: 'inserted', record };
  }

  /** Ascending by id: ids grow and a map keeps the order of insertion. */
  list(sellerId: string | undefined, afterCouponId: number, limit: number): CouponRecord[] {
    return [...this.coupons.values()]
      .filter(
        (record) => record.couponId > afterCouponId && (sellerId ?? record.sellerId) === record.sellerId,
      )
      .slice(0, limit);
  }

  page(query: CouponQuery, after: CouponCursor | undefined, limit: number): CouponRecord[] {
    const { sort = 'id', sellerId } = query;
    const { opensFromMs, opensBeforeMs, createdFromMs = 0, createdBeforeMs = Infinity } = query;
    const sign = sort.startsWith('-') ? -1 : 1;
    const place = ({ couponId, opensAtMs = -1 }: CouponCursor): [number, number] =>
      sort.endsWith('opensAt') ? [opensAtMs, couponId] : [couponId, 0];
    const order = (one: CouponCursor, other: CouponCursor): number => {
      const [a, b] = [place(one), place(other)];
      return sign * (a[0] - b[0] || a[1] - b[1]);
    };
    return [...this.coupons.values()]
      .filter(
        (record) =>
          (sellerId ?? record.sellerId) === record.sellerId &&
          (record.opensAtMs ?? -1) >= (opensFromMs ?? (opensBeforeMs === undefined ? -1 : 0)) &&
          (record.opensAtMs ?? -1) < (opensBeforeMs ?? Infinity) &&
          record.createdAtMs >= createdFromMs &&
          record.createdAtMs < createdBeforeMs &&
          (after === undefined || order(after, record) < 0),
      )
      .sort(order)
      .slice(0, limit);
  }

  saveTerms(couponId: CouponId, terms: VersionedTerms): boolean {
    const record = this.coupons.get(couponId);
    const { version, epoch, quantity, opensAtMs, closesAtMs, paused, closed } = terms;
    if (record === undefined || epoch < record.epoch) return false;
    if (version > record.version)
      this.coupons.set(couponId, { ...record, quantity, opensAtMs, closesAtMs, paused, closed, version });
    return true;
  }

  nextEpoch(couponId: CouponId, above = 0): number {
    const record = this.coupons.get(couponId);
    if (record === undefined) throw new StoreCorruptError(`Coupon ${couponId} was never registered.`);
    const epoch = Math.max(record.epoch, above) + 1;
    this.coupons.set(couponId, { ...record, epoch });
    return epoch;
  }

  ledgerOf(couponId: CouponId): CouponLedger {
    let ledger = this.#ledgers.get(couponId);
    if (ledger === undefined) {
      ledger = {
        ...{ rows: new Map(), numberOf: new Map(), revoked: new Map(), deadLetters: [] },
        ...{ confirmed: new Map(), ended: new Map() },
      };
      this.#ledgers.set(couponId, ledger);
    }
    return ledger;
  }

  record({ couponId, epoch, issuances, quantity = 0 }: ClaimedBatch): RecordResult {
    const result = { inserted: 0, replayed: 0, revoked: 0, deadLettered: 0, stale: 0 };
    if (this.isRebuilt(couponId, epoch)) return { ...result, stale: issuances.length };
    const most = Math.max(quantity, this.coupons.get(couponId)?.quantity ?? Infinity);
    for (const issuance of issuances) result[this.recordOne(couponId, issuance, most)] += 1;
    return result;
  }

  /** All rows of all batches, or none. */
  recordTogether(batches: readonly ClaimedBatch[]): RecordedTogether {
    if (!batches.every((batch) => this.isPlain(batch)))
      return batches.map(({ couponId, epoch }) => (this.isRebuilt(couponId, epoch) ? 'stale' : 'contested'));
    for (const batch of batches) this.record(batch);
    return 'recorded';
  }

  /** Whether every issuance of the batch would become a row. */
  protected isPlain({ couponId, epoch, issuances, quantity = 0 }: ClaimedBatch): boolean {
    if (this.isRebuilt(couponId, epoch)) return false;
    const { rows, numberOf, revoked } = this.ledgerOf(couponId);
    const most = Math.max(quantity, this.coupons.get(couponId)?.quantity ?? Infinity);
    const distinct = new Set(issuances.flatMap(({ issueNo, holder }) => [issueNo, holder]));
    if (rows.size + issuances.length > most || distinct.size < 2 * issuances.length) return false;
    return issuances.every(
      (issuance) =>
        isStorable(issuance) &&
        !revoked.has(issuance.issueNo) &&
        !rows.has(issuance.issueNo) &&
        !numberOf.has(issuance.holder),
    );
  }

  /** Whether the coupon was rebuilt since a process read it under this epoch. */
  isRebuilt(couponId: CouponId, epoch: number): boolean {
    return (this.coupons.get(couponId)?.epoch ?? 0) > epoch;
  }

  protected recordOne(couponId: CouponId, issuance: Issuance, quantity: number): keyof RecordResult {
    const ledger = this.ledgerOf(couponId);
    const { issueNo, holder, issuedAtMs } = issuance;
    if (ledger.revoked.has(issueNo)) return 'revoked';
    const atNumber = ledger.rows.get(issueNo);
    if (atNumber?.holder === holder) return 'replayed';
    const reason = !isStorable(issuance)
      ? 'refused_by_schema'
      : atNumber !== undefined
        ? 'number_taken'
        : ledger.numberOf.has(holder)
          ? 'member_has_one'
          : ledger.rows.size >= quantity
            ? 'beyond_quantity'
            : undefined;
    if (reason !== undefined) {
      const same = ledger.deadLetters.some(
        (letter) => Object.is(letter.issueNo, issueNo) && letter.holder === holder,
      );
      if (!same) ledger.deadLetters.push({ issueNo, holder, issuedAtMs, reason });
      return 'deadLettered';
    }
    ledger.rows.set(issueNo, { couponId, holder, issueNo, issuedAtMs, usedAtMs: undefined });
    ledger.numberOf.set(holder, issueNo);
    return 'inserted';
  }

  revoke(couponId: CouponId, epoch: number, issueNo: number, holder: HolderId, audit?: AuditEntry): Revoked {
    if (this.isRebuilt(couponId, epoch)) return 'stale';
    const ledger = this.ledgerOf(couponId);
    if (ledger.revoked.has(issueNo)) return 'again';
    const row = ledger.rows.get(issueNo);
    if (row !== undefined && row.holder !== holder) {
      throw new StoreCorruptError(
        `Cannot revoke: number ${issueNo} of coupon ${couponId} belongs to another member.`,
      );
    }
    if (row?.usedAtMs !== undefined) return 'used';
    ledger.revoked.set(issueNo, holder);
    if (audit !== undefined) this.changes.auditLog.push(audit);
    if (row !== undefined) {
      ledger.rows.delete(issueNo);
      ledger.numberOf.delete(row.holder);
    }
    ledger.deadLetters = ledger.deadLetters.filter((letter) => letter.issueNo !== issueNo);
    return 'revoked';
  }

  rowOf(couponId: CouponId, holder: HolderId): LedgerRow | undefined {
    const { rows, numberOf } = this.ledgerOf(couponId);
    const issueNo = numberOf.get(holder);
    return issueNo === undefined ? undefined : rows.get(issueNo);
  }

  rows(couponId: CouponId, afterIssueNo: number, limit: number): LedgerRow[] {
    return [...this.ledgerOf(couponId).rows.values()]
      .filter((row) => row.issueNo > afterIssueNo)
      .sort((one, other) => one.issueNo - other.issueNo)
      .slice(0, limit);
  }

  rowsOfMember(couponId: CouponId, memberId: MemberId): LedgerRow[] {
    return [...this.ledgerOf(couponId).rows.values()]
      .filter(({ holder }) => memberOf(holder) === memberId)
      .sort((one, other) => unitOf(one.holder) - unitOf(other.holder));
  }

  use(couponId: CouponId, holder: HolderId, atMs: number): LedgerRow | 'already_used' | 'absent' {
    const row = this.rowOf(couponId, holder);
    if (row === undefined) return 'absent';
    if (row.usedAtMs !== undefined) return 'already_used';
    const used = { ...row, usedAtMs: atMs };
    this.ledgerOf(couponId).rows.set(row.issueNo, used);
    return used;
  }

  counts(couponId: CouponId): LedgerCounts {
    const { rows, deadLetters, confirmed } = this.ledgerOf(couponId);
    return {
      recorded: rows.size,
      confirmed: [...confirmed.keys()].filter((issueNo) => rows.has(issueNo)).length,
      redeemed: [...rows.values()].filter(({ usedAtMs }) => usedAtMs !== undefined).length,
      deadLettered: deadLetters.length,
    };
  }

  highestIssueNo(couponId: CouponId): number {
    const { rows, revoked, deadLetters } = this.ledgerOf(couponId);
    return Math.max(0, ...rows.keys(), ...revoked.keys(), ...deadLetters.map((letter) => letter.issueNo));
  }
}

function isStorable({ issueNo, holder, issuedAtMs }: Issuance): boolean {
  const named = holder.length > 0 && holder.length <= MEMBER_ID_LENGTH_MAX;
  return named && Number.isSafeInteger(issueNo) && issueNo > 0 && Number.isSafeInteger(issuedAtMs);
}
