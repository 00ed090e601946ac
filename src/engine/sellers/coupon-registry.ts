/** Registers, changes and lists coupons, keeping catalogue, admission store and ledger in step. */
import type { TermsChange } from '../ports/terms-change.js';
import type { AuditAction, AuditActor, AuditEntry } from '../ports/audit-log.js';
import { couponState } from '../domain/coupon.js';
import type { CouponId, CouponSnapshot, CouponState, HolderId, Issuance } from '../domain/coupon.js';
import type { DisplayChange } from '../domain/coupon-display.js';
import type { Discount } from '../domain/discount.js';
import type { DoorChange } from '../domain/door-rule.js';
import type { RulesChange } from '../domain/redemption.js';
import type { CouponCursor, CouponQuery, CouponRecord, NewCoupon } from '../ports/coupon-catalogue.js';
import { auditedAction, auditedDoor } from './audited-door.js';
import { entryAbout } from './coupon-audit-entry.js';
import type { ChangeResult, CouponChanger } from './coupon-changer.js';
import type { WarmResult } from '../recovery/coupon-warmer.js';
import type { KeyedRequest } from '../ports/idempotency.js';
import { IssuanceRevoker, unknownOnFault } from './issuance-revoker.js';
import type { RevokeResult, RevokerPorts } from './issuance-revoker.js';
import { StoreOutcomeUnknownError, StoreUnavailableError } from '../domain/errors.js';
import { CHANGE_WAIT_MAX_MS } from '../domain/limits.js';

/** A coupon as shown: the record, under the terms in force. */
export interface CouponView extends CouponRecord {
  readonly state: CouponState;
  /** Live issuances. */
  readonly issued: number;
  readonly remaining: number;
  /** `false`: the admission store does not have it at the moment, and the other figures are those of the database. */
  readonly inService: boolean;
  /** When the state was this: by the store's clock, or this process's where the coupon is not in service. */
  readonly atMs: number;
}

export interface CouponPage {
  readonly coupons: readonly CouponView[];
  /** Ask for those after this place; `undefined` on the last page. */
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
  readonly display?: DisplayChange;
  /** `null` removes it. */
  readonly discount?: Discount | null;
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

export interface CouponRegistryPorts extends RevokerPorts {
  readonly changer: CouponChanger;
}

const LIST_SCAN_ROWS = 2_000;
const LIST_CHUNK_ROWS = 200;

/**
 * @throws StoreUnavailableError from every method: nothing was changed. StoreOutcomeUnknownError: it may have been, or
 *   will be. All methods may be repeated: an amendment sets values (units are added once per idempotency key), a revoke names its number; a registration
 *   without an idempotency key whose answer was lost may exist twice.
 *
 * A change made `by` an actor is written into the audit log, in the transaction that saves it.
 */
export class CouponRegistry {
  readonly #ports: CouponRegistryPorts;
  readonly #revoker: IssuanceRevoker;

  constructor(ports: CouponRegistryPorts) {
    this.#ports = ports;
    this.#revoker = new IssuanceRevoker(ports);
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
    const view = await unknownOnFault(this.find(couponId));
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
   * Changes name, discount, terms, rules of redemption and the door rule: all that are given, or none. The new terms
   * hold on this process at once, on others within a second.
   */
  async amend(couponId: CouponId, change: AmendRequest, by?: AuditActor): Promise<AmendResult> {
    const { name, door, rules, display, discount, addUnits, ifRevisions, keyed, ...terms } = change;
    const detail = {
      ...terms,
      ...(name === undefined ? {} : { name }),
      ...(door === undefined ? {} : { door: auditedDoor(door) }),
      ...rules,
      ...display,
      ...(discount === undefined ? {} : { discount }),
      ...(addUnits === undefined ? {} : { addUnits }),
    };
    const result = await this.#ports.changer.change({
      couponId,
      terms,
      ...(addUnits === undefined ? {} : { addUnits }),
      ...(name === undefined ? {} : { name }),
      ...(door === undefined ? {} : { door }),
      ...(rules === undefined ? {} : { rules }),
      ...(display === undefined ? {} : { display }),
      ...(discount === undefined ? {} : { discount }),
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
    const coupon = await unknownOnFault(this.find(couponId));
    return coupon === undefined ? { status: 'unknown_coupon' } : { status: 'amended', coupon };
  }

  /**
   * Makes the change that `judge` returns for the coupon, or none where `judge` throws. Where another change came in between, the coupon is read
   * and judged anew, so that a change is always judged by the terms that it replaces (docs/adr/0049).
   *
   * @param coupon as it was read for the request.
   * @param ifRevisions the coupon must have one of them, or it is not judged at all.
   */
  async amendJudged(
    coupon: CouponView,
    judge: (coupon: CouponView) => Promise<AmendRequest>,
    ifRevisions?: readonly number[],
    by?: AuditActor,
  ): Promise<AmendResult> {
    const { clock } = this.#ports;
    const sinceMs = clock.monotonicMs();
    let judged: CouponView | undefined = coupon;
    while (judged !== undefined) {
      const { couponId, revision } = judged;
      if (ifRevisions?.includes(revision) === false) return { status: 'changed_meanwhile' };
      const change = await judge(judged);
      const result = await this.amend(couponId, { ...change, ifRevisions: [revision] }, by);
      if (result.status !== 'changed_meanwhile') return result;
      if (clock.monotonicMs() - sinceMs >= CHANGE_WAIT_MAX_MS) {
        throw new StoreUnavailableError(
          'Concurrent changes of this coupon kept replacing the state that this one was judged by. Nothing was changed. Try again in a moment.',
        );
      }
      judged = await this.find(couponId);
    }
    return { status: 'unknown_coupon' };
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

  /** Takes an issuance back ({@link IssuanceRevoker.revoke}). */
  revoke(couponId: CouponId, issueNo: number, by?: AuditActor): Promise<RevokeResult> {
    return this.#revoker.revoke(couponId, issueNo, by);
  }

  #entry(by: AuditActor, action: AuditAction, couponId: CouponId, detail: object): AuditEntry {
    return entryAbout(couponId, { by, action, detail, atMs: this.#ports.clock.nowMs() });
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
  const atMs = snapshot?.storeNowMs ?? nowMs;
  return {
    ...record,
    ...terms,
    version: snapshot?.version ?? record.version,
    issued,
    remaining: Math.max(0, quantity - issued),
    inService: snapshot !== undefined,
    state: couponState(terms, issued, atMs),
    atMs,
  };
}
