/** Implements the engine's database ports over a link to a {@link SimulatedDatabase}. */
import type {
  CouponCatalogue,
  CouponCursor,
  CouponFilter,
  CouponQuery,
  CouponRecord,
  InsertOnceReply,
  NewCoupon,
  VersionedTerms,
} from '../../ports/coupon-catalogue.js';
import type { KeyedRequest } from '../../ports/idempotency.js';
import type { CouponId, CouponTerms, HolderId, MemberId } from '../../domain/coupon.js';
import type {
  ClaimedBatch,
  IssuanceLedger,
  LedgerCounts,
  LedgerRow,
  RecordResult,
} from '../../ports/issuance-ledger.js';
import type {
  BeginReply,
  BegunChange,
  ChangeRequest,
  CouponChanges,
  CouponWithChange,
} from '../../ports/coupon-changes.js';
import type { AuditEntry } from '../../ports/audit-log.js';
import type { Link } from './link.js';
import type { SimulatedCouponChanges } from './simulated-coupon-changes.js';
import type { Revoked, SimulatedDatabase } from './simulated-database.js';

export class SimulatedCatalogue implements CouponCatalogue {
  readonly #link: Link;
  readonly #database: SimulatedDatabase;
  readonly #onEpoch: () => void;

  /** @param onEpoch called when the process has raised the epoch of a coupon. */
  constructor(link: Link, database: SimulatedDatabase, onEpoch: () => void = () => undefined) {
    this.#link = link;
    this.#database = database;
    this.#onEpoch = onEpoch;
  }

  insert(coupon: NewCoupon): Promise<CouponRecord> {
    return this.#link.call(() => this.#database.insert(coupon));
  }

  insertOnce(coupon: NewCoupon, keyed: KeyedRequest): Promise<InsertOnceReply> {
    return this.#link.call(() => this.#database.insertOnce(coupon, keyed));
  }

  find(couponIds: readonly CouponId[]): Promise<(CouponRecord | undefined)[]> {
    return this.#link.call(() => couponIds.map((couponId) => this.#database.coupons.get(couponId)));
  }

  list(filter: CouponFilter, afterCouponId: number, limit: number): Promise<CouponRecord[]> {
    return this.#link.call(() => this.#database.list(filter.sellerId, afterCouponId, limit));
  }

  page(query: CouponQuery, after: CouponCursor | undefined, limit: number): Promise<CouponRecord[]> {
    return this.#link.call(() => this.#database.page(query, after, limit));
  }

  saveTerms(couponId: CouponId, terms: VersionedTerms): Promise<boolean> {
    return this.#link.call(() => this.#database.saveTerms(couponId, terms));
  }

  async nextEpoch(couponId: CouponId, above = 0): Promise<number> {
    const epoch = await this.#link.call(() => this.#database.nextEpoch(couponId, above));
    this.#onEpoch();
    return epoch;
  }
}

export class SimulatedChanges implements CouponChanges {
  readonly #link: Link;
  readonly #changes: SimulatedCouponChanges;

  constructor(link: Link, { changes }: SimulatedDatabase) {
    this.#link = link;
    this.#changes = changes;
  }

  /** No process sends a change a second time, so the network does not deliver it twice either. */
  begin(request: ChangeRequest): Promise<BeginReply> {
    return this.#link.call(() => this.#changes.begin(request), 'once');
  }

  takeOver(change: BegunChange): Promise<BegunChange | undefined> {
    return this.#link.call(() => this.#changes.takeOver(change), 'once');
  }

  complete(change: BegunChange, version: number, terms: CouponTerms): Promise<CouponRecord | undefined> {
    return this.#link.call(() => this.#changes.complete(change, version, terms), 'once');
  }

  discard(change: BegunChange): Promise<boolean> {
    return this.#link.call(() => this.#changes.discard(change), 'once');
  }

  unsettled(limit: number): Promise<BegunChange[]> {
    return this.#link.call(() => this.#changes.unsettled().slice(0, limit));
  }

  withUnsettledChange(couponId: CouponId): Promise<CouponWithChange | undefined> {
    return this.#link.call(() => this.#changes.withUnsettledChange(couponId), 'once');
  }

  removeExpiredKeys(): Promise<void> {
    return Promise.resolve();
  }
}

export class SimulatedLedger implements IssuanceLedger {
  readonly #link: Link;
  readonly #database: SimulatedDatabase;

  constructor(link: Link, database: SimulatedDatabase) {
    this.#link = link;
    this.#database = database;
  }

  record(batch: ClaimedBatch): Promise<RecordResult> {
    return this.#link.call(() => this.#database.record(batch));
  }

  recordTogether(batches: readonly ClaimedBatch[]): ReturnType<IssuanceLedger['recordTogether']> {
    return this.#link.call(() => this.#database.recordTogether(batches));
  }

  revoke(
    couponId: CouponId,
    epoch: number,
    issueNo: number,
    holder: HolderId,
    _atMs: number,
    audit?: AuditEntry,
  ): Promise<Revoked> {
    return this.#link.call(() => this.#database.revoke(couponId, epoch, issueNo, holder, audit));
  }

  revokedHolder(couponId: CouponId, issueNo: number): Promise<HolderId | undefined> {
    return this.#link.call(() => this.#database.ledgerOf(couponId).revoked.get(issueNo));
  }

  rowOf(couponId: CouponId, holder: HolderId): Promise<LedgerRow | undefined> {
    return this.#link.call(() => this.#database.rowOf(couponId, holder));
  }

  rowAt(couponId: CouponId, issueNo: number): Promise<LedgerRow | undefined> {
    return this.#link.call(() => this.#database.ledgerOf(couponId).rows.get(issueNo));
  }

  rows(couponId: CouponId, afterIssueNo: number, limit: number): Promise<LedgerRow[]> {
    return this.#link.call(() => this.#database.rows(couponId, afterIssueNo, limit));
  }

  rowsOfMember(couponId: CouponId, memberId: MemberId): Promise<LedgerRow[]> {
    return this.#link.call(() => this.#database.rowsOfMember(couponId, memberId));
  }

  use(couponId: CouponId, holder: HolderId, atMs: number): Promise<LedgerRow | 'already_used' | 'absent'> {
    return this.#link.call(() => this.#database.use(couponId, holder, atMs));
  }

  counts(couponIds: readonly CouponId[]): Promise<LedgerCounts[]> {
    return this.#link.call(() => couponIds.map((couponId) => this.#database.counts(couponId)));
  }

  highestIssueNos(couponIds: readonly CouponId[]): Promise<number[]> {
    return this.#link.call(() => couponIds.map((couponId) => this.#database.highestIssueNo(couponId)));
  }
}
