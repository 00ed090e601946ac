/** Registers, changes and lists coupons, keeping catalogue, admission store and ledger in step. */
import type { Admission } from '../ports/admission.js';
import type { TermsChange } from '../ports/terms-change.js';
import type { AuditAction, AuditActor, AuditEntry } from '../ports/audit-log.js';
import type { Clock } from '../domain/clock.js';
import { couponState } from '../domain/coupon.js';
import type { CouponId, CouponSnapshot, CouponState, HolderId, Issuance } from '../domain/coupon.js';
import type { DisplayChange } from '../domain/coupon-display.js';
import type { DoorChange } from '../domain/door-rule.js';
import { holderFields } from '../domain/holder.js';
import type { RulesChange } from '../domain/redemption.js';
import type {
  CouponCatalogue,
  CouponCursor,
  CouponQuery,
  CouponRecord,
  NewCoupon,
} from '../ports/coupon-catalogue.js';
import { auditedAction, auditedDoor } from './audited-door.js';
import type { ChangeResult, CouponChanger } from './coupon-changer.js';
import type { CouponWarmer, WarmResult } from '../recovery/coupon-warmer.js';
import type { KeyedRequest } from '../ports/idempotency.js';
import { StoreOutcomeUnknownError, StoreUnavailableError } from '../domain/errors.js';
import type { IssuanceLedger } from '../ports/issuance-ledger.js';
import type { RecorderBell } from '../ports/issuance-queue.js';
import type { Versions } from '../ports/versions.js';

/** A coupon as shown: the record, under the terms in force. */
export interface CouponView extends CouponRecord {
  readonly state: CouponState;
  /** Live issuances. */
  readonly issued: number;
  readonly remaining: number;
  /** `false`: the admission store does not have it at the moment, and the other figures are those of the database. */
  readonly inService: boolean;
}

export interface CouponPage {
  readonly coupons: readonly CouponView[];
  /** Ask for those behind this place; `undefined` on the last page. */
  readonly next: CouponCursor | undefined;
}

export interface CouponListQuery extends CouponQuery {
  readonly state?: CouponState;
  /** A part of the name; case and the form of characters make no difference. */
  readonly nameHas?: string;
}

/** What is absent stays. */
export interface AmendRequest extends TermsChange {
  readonly name?: string;
  readonly door?: DoorChange;
  readonly rules?: RulesChange;
  /** Members hold the coupon: refuse a validity under which it may expire earlier. */
  readonly hasHolders?: boolean;
  readonly display?: DisplayChange;
  /** Units to add; then no quantity is named. */
  readonly addUnits?: number;
  /** Change the coupon only while it has one of these revisions. */
  readonly ifRevisions?: readonly number[];
  /** A repeat of the same keyed request is `amended` and changes nothing. */
  readonly keyed?: KeyedRequest;
}

export type AmendResult =
  | { readonly status: 'amended'; readonly coupon: CouponView }
  | Exclude<ChangeResult, { readonly status: 'changed' | 'repeated' }>;

export type RegisterResult =
  | { readonly status: 'registered' | 'repeated'; readonly coupon: CouponView }
  | { readonly status: 'key_reused' };

export type RevokeResult =
  | {
      readonly status: 'revoked';
      readonly issueNo: number;
      readonly holder: HolderId;
      readonly remaining: number;
    }
  | { readonly status: 'not_issued' | 'already_used' | 'unknown_coupon' | 'not_ready' };

export interface CouponRegistryPorts {
  readonly admission: Admission;
  /** None where an issuance is recorded in the step that decides it. */
  readonly bell: Pick<RecorderBell, 'markPending'> | undefined;
  readonly catalogue: CouponCatalogue;
  readonly ledger: IssuanceLedger;
  readonly versions: Versions;
  readonly warmer: CouponWarmer;
  readonly changer: CouponChanger;
  readonly clock: Clock;
}

const LIST_SCAN_ROWS = 2_000;
const LIST_CHUNK_ROWS = 200;

/** A coupon that is rebuilt this often during one revocation is not ready for it. */
const TRIES_MAX = 3;

/**
 * @throws StoreUnavailableError from every method: nothing was changed. StoreOutcomeUnknownError: it may have been, or
 *   will be. All methods
 *   may be repeated: an amendment sets values (units are added once per idempotency key), a revoke names its number; a registration
 *   without an idempotency key whose answer was lost may exist twice.
 *
 * A change made `by` an actor is written into the audit log, in the transaction that saves it.
 */
export class CouponRegistry {
  readonly #ports: CouponRegistryPorts;

  constructor(ports: CouponRegistryPorts) {
    this.#ports = ports;
  }

  /** The coupon can be downloaded (or counts down) when this returns. */
  async register(coupon: NewCoupon, by?: AuditActor): Promise<CouponView> {
    return this.#putIntoService(
      await this.#ports.catalogue.insert(coupon, by && this.#registration(coupon, by)),
    );
  }

  /** The same, once for each key: a repeat of the request finds the coupon as it is by then. */
  async registerOnce(coupon: NewCoupon, keyed: KeyedRequest, by?: AuditActor): Promise<RegisterResult> {
    const entry = by && this.#registration(coupon, by);
    const reply = await this.#ports.catalogue.insertOnce(coupon, keyed, entry);
    if (reply.status === 'key_reused') return reply;
    if (reply.status === 'inserted') {
      return { status: 'registered', coupon: await this.#putIntoService(reply.record) };
    }
    // The process of the first request may have died before the coupon came into the store.
    const { couponId } = reply.record;
    await this.#warmNew(couponId);
    const view = await this.#unknownOnFault(this.find(couponId));
    return {
      status: 'repeated',
      coupon: view ?? viewOf(reply.record, undefined, 0, this.#ports.clock.nowMs()),
    };
  }

  #registration(coupon: NewCoupon, by: AuditActor): (couponId: CouponId) => AuditEntry {
    const { name, quantity, opensAtMs, closesAtMs, discount, door } = coupon;
    const detail = { name, quantity, opensAtMs, closesAtMs, discount, door: door && auditedDoor(door) };
    return (couponId) => this.#entry(by, 'coupon_registered', couponId, detail);
  }

  async #putIntoService(record: CouponRecord): Promise<CouponView> {
    await this.#warmNew(record.couponId);
    // Processes that recently answered that this id does not exist may remember that answer.
    this.#ports.versions.publish(record.couponId, record.version);
    return viewOf(record, undefined, 0, this.#ports.clock.nowMs());
  }

  /**
   * The coupon is in the catalogue by now and enters the store automatically: a caller who gets an error here has
   * registered it all the same.
   */
  async #warmNew(couponId: CouponId): Promise<void> {
    try {
      await this.#ports.warmer.warm(couponId);
    } catch (fault) {
      if (!(fault instanceof StoreUnavailableError)) throw fault;
      const text = `Coupon ${couponId} is registered but not yet in the admission store. The first request for it retries.`;
      throw new StoreOutcomeUnknownError(text, { cause: fault });
    }
  }

  async find(couponId: CouponId): Promise<CouponView | undefined> {
    const [record] = await this.#ports.catalogue.find([couponId]);
    if (record === undefined) return undefined;
    const [view] = await this.#views([record]);
    return view;
  }

  /** In the order of the query. With a filter by state or name a page may be short, even empty, and still have a `next`. */
  async list(
    { state, nameHas, ...query }: CouponListQuery,
    after: CouponCursor | undefined,
    limit: number,
  ): Promise<CouponPage> {
    const isFiltered = state !== undefined || nameHas !== undefined;
    const chunkRows = isFiltered ? LIST_CHUNK_ROWS : limit + 1;
    const coupons: CouponView[] = [];
    let last = after;
    for (let scanned = 0; scanned < LIST_SCAN_ROWS;) {
      const records = await this.#ports.catalogue.page(query, last, chunkRows);
      const named =
        nameHas === undefined ? records : records.filter(({ name }) => nameContains(name, nameHas));
      for (const view of await this.#views(named)) {
        if (state !== undefined && view.state !== state) continue;
        if (coupons.length === limit) return { coupons, next: last };
        coupons.push(view);
        last = cursorAt(records, view.couponId);
      }
      if (records.length < chunkRows) return { coupons, next: undefined };
      last = cursorAt(records, records.at(-1)?.couponId);
      scanned += records.length;
    }
    return { coupons, next: last };
  }

  /**
   * Changes name, terms, rules of redemption and the door rule: all that are given, or none. The new terms
   * hold on this process at once, on others within a second.
   */
  async amend(couponId: CouponId, change: AmendRequest, by?: AuditActor): Promise<AmendResult> {
    const { name, door, rules, hasHolders, display, addUnits, ifRevisions, keyed, ...terms } = change;
    const detail = {
      ...terms,
      ...(name === undefined ? {} : { name }),
      ...(door === undefined ? {} : { door: auditedDoor(door) }),
      ...rules,
      ...display,
      ...(addUnits === undefined ? {} : { addUnits }),
    };
    const result = await this.#ports.changer.change({
      couponId,
      terms,
      ...(addUnits === undefined ? {} : { addUnits }),
      ...(name === undefined ? {} : { name }),
      ...(door === undefined ? {} : { door }),
      ...(rules === undefined ? {} : { rules }),
      ...(hasHolders === undefined ? {} : { hasHolders }),
      ...(display === undefined ? {} : { display }),
      ...(ifRevisions === undefined ? {} : { ifRevisions }),
      ...(keyed === undefined ? {} : { keyed }),
      ...(by === undefined || Object.keys(detail).length === 0
        ? {}
        : { audit: this.#entry(by, auditedAction(door), couponId, detail) }),
      atMs: this.#ports.clock.nowMs(),
    });
    if (result.status === 'changed' && result.snapshot !== undefined) {
      return { status: 'amended', coupon: viewOf(result.record, result.snapshot, 0, 0) };
    }
    if (result.status !== 'changed' && result.status !== 'repeated') return result;
    const coupon = await this.#unknownOnFault(this.find(couponId));
    return coupon === undefined ? { status: 'unknown_coupon' } : { status: 'amended', coupon };
  }

  /** The step before has taken effect: no fault after it may be taken for "nothing was attempted". */
  async #unknownOnFault<T>(step: Promise<T>): Promise<T> {
    try {
      return await step;
    } catch (fault) {
      if (!(fault instanceof StoreUnavailableError)) throw fault;
      const text = 'The command has taken effect, wholly or in part. Repeat it.';
      throw new StoreOutcomeUnknownError(text, { cause: fault });
    }
  }

  /**
   * Takes an issuance back. The ledger comes first: once the admission store has removed the member, the member may win
   * anew, and then a row under the old number must neither exist nor appear later. Revoking the same number again is
   * `revoked` too, so that a seller whose answer was lost can simply repeat the request. Before the ledger the coupon
   * is marked pending: if this process dies between the two steps, the reconciler finds the coupon and finishes.
   */
  async revoke(couponId: CouponId, issueNo: number, by?: AuditActor): Promise<RevokeResult> {
    for (let tries = 0; tries < TRIES_MAX; tries += 1) {
      const result = await this.#revokeOnce(couponId, issueNo, by);
      if (result !== 'stale') return result;
    }
    return { status: 'not_ready' };
  }

  /** `stale`: the epoch has grown since the holder was read, so another member may hold the number by now. */
  async #revokeOnce(
    couponId: CouponId,
    issueNo: number,
    by: AuditActor | undefined,
  ): Promise<RevokeResult | 'stale'> {
    const [record] = await this.#ports.catalogue.find([couponId]);
    if (record === undefined) return { status: 'unknown_coupon' };
    const holder = await this.#holder(couponId, issueNo);
    if (holder === undefined) return { status: 'not_issued' };

    const entry =
      by &&
      this.#entry(by, 'issuance_revoked', couponId, {
        issueNo,
        ...holderFields(holder),
      });
    const nowMs = this.#ports.clock.nowMs();
    await this.#ports.bell?.markPending([couponId]);
    const revoked = await this.#ports.ledger.revoke(couponId, record.epoch, issueNo, holder, nowMs, entry);
    if (revoked === 'used') return { status: 'already_used' };
    if (revoked === 'stale') return revoked;
    const { quantity, issued } = await this.#unknownOnFault(this.#letStoreFollow(couponId, issueNo, holder));
    return { status: 'revoked', issueNo, holder, remaining: quantity - issued };
  }

  #entry(actor: AuditActor, action: AuditAction, couponId: CouponId, detail: object): AuditEntry {
    const atMs = this.#ports.clock.nowMs();
    return { atMs, actor, action, target: `coupon ${couponId}`, detail: { ...detail } };
  }

  /**
   * The live issuances of some holders, whether recorded or not; the coupon is put into service first where it is not in the store.
   *
   * @returns `not_ready` while the coupon is being recovered.
   */
  async issuancesOf(
    couponId: CouponId,
    holders: readonly HolderId[],
  ): Promise<readonly (Issuance | undefined)[] | 'not_ready' | 'unknown_coupon'> {
    const { admission } = this.#ports;
    const issuances = await admission.issuancesOf(couponId, holders);
    if (issuances !== 'not_ready') return issuances;
    const result = await this.prepare(couponId);
    if (result === 'unknown_coupon') return result;
    return result === 'recovering' ? 'not_ready' : admission.issuancesOf(couponId, holders);
  }

  /**
   * Puts a coupon that is not in the store into service, or begins its recovery without waiting for the end. The next download would do so
   * as well, but a coupon that is sold out may have none.
   */
  prepare(couponId: CouponId): Promise<WarmResult | 'recovering'> {
    return this.#ports.warmer.prepare(couponId);
  }

  async #holder(couponId: CouponId, issueNo: number): Promise<HolderId | undefined> {
    const { ledger, admission } = this.#ports;
    const recorded = await ledger.rowAt(couponId, issueNo);
    if (recorded !== undefined) return recorded.holder;
    const unrecorded = await admission.unrecordedHolder(couponId, issueNo);
    if (unrecorded !== undefined) return unrecorded.holder;
    // It may have been recorded between the two reads.
    const recordedSince = await ledger.rowAt(couponId, issueNo);
    return recordedSince?.holder ?? (await ledger.revokedHolder(couponId, issueNo));
  }

  /** The second step of a revoke, once the ledger has the first. */
  async #letStoreFollow(couponId: CouponId, issueNo: number, holder: HolderId): Promise<CouponSnapshot> {
    const { admission, catalogue, versions, warmer } = this.#ports;
    let reply = await admission.revoke(couponId, issueNo, holder);
    if (reply.status === 'not_ready') {
      await warmer.prepare(couponId);
      reply = await admission.revoke(couponId, issueNo, holder);
    }
    // A recovery takes longer than a seller waits. It reads the revocation.
    if (reply.status === 'not_ready')
      throw new StoreUnavailableError('The coupon is being verified or rebuilt. Try again in a moment.');
    const { snapshot } = reply;
    versions.publish(couponId, snapshot.version);
    await catalogue.saveTerms(couponId, snapshot.version, snapshot);
    return snapshot;
  }

  async #views(records: readonly CouponRecord[]): Promise<CouponView[]> {
    if (records.length === 0) return [];
    const ids = records.map((record) => record.couponId);
    const snapshots = await this.#ports.admission.snapshots(ids);
    // A coupon that is not in the store is shown as the database knows it; reading a list must not warm a whole catalogue.
    const coldIds = ids.filter((_, place) => snapshots[place] === undefined);
    const counts = coldIds.length === 0 ? [] : await this.#ports.ledger.counts(coldIds);
    const recordedOf = new Map(coldIds.map((id, place) => [id, counts[place]?.recorded ?? 0]));
    return records.map((record, place) =>
      viewOf(record, snapshots[place], recordedOf.get(record.couponId) ?? 0, this.#ports.clock.nowMs()),
    );
  }
}

/** Under the values that the catalogue sorts by: the admission store may be ahead of them. */
function cursorAt(
  records: readonly CouponRecord[],
  couponId: CouponId | undefined,
): CouponCursor | undefined {
  return records.find((record) => record.couponId === couponId);
}

function nameContains(name: string, part: string): boolean {
  const folded = (text: string): string => text.normalize('NFKC').toLowerCase();
  return folded(name).includes(folded(part));
}

function viewOf(
  record: CouponRecord,
  snapshot: CouponSnapshot | undefined,
  recorded: number,
  nowMs: number,
): CouponView {
  const { quantity, opensAtMs, closesAtMs, paused, closed } = snapshot ?? record;
  const terms = { quantity, opensAtMs, closesAtMs, paused, closed };
  const issued = snapshot?.issued ?? recorded;
  return {
    ...record,
    ...terms,
    version: snapshot?.version ?? record.version,
    issued,
    remaining: Math.max(0, quantity - issued),
    inService: snapshot !== undefined,
    state: couponState(terms, issued, snapshot?.storeNowMs ?? nowMs),
  };
}
