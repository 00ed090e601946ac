/**
 * Creates stores, time and engines of a unit test, with delays and losses chosen by the test.
 *
 * The engine code is real, the stores are simulated.
 */
import type { AdmitBatch } from '../../ports/admission.js';
import type { CouponActorLimits } from '../../download/actor-context.js';
import { CouponChanger } from '../../sellers/coupon-changer.js';
import { CouponRegistry } from '../../sellers/coupon-registry.js';
import { CouponWarmer } from '../../recovery/coupon-warmer.js';
import { parseCouponId, parseMemberId } from '../../domain/coupon.js';
import type { CouponId, CouponTerms, MemberId } from '../../domain/coupon.js';
import type { DoorRefusal, DownloadOutcome, PendingDownload } from '../../domain/download.js';
import { Engine } from '../../download/engine.js';
import { LocalVersions } from '../../ports/local-versions.js';
import { SimulatedCatalogue, SimulatedChanges, SimulatedLedger } from './database-ports.js';
import { DirectChannel } from './link.js';
import { SimulatedDatabase } from './simulated-database.js';
import { SimulatedStore } from './simulated-store.js';
import type { StoredCoupon } from './stored-coupon.js';
import { StagedLink } from './staged-link.js';
import { SimulatedAdmission, SimulatedBell, SimulatedIssuanceQueue, WHOLE_ROUNDS } from './store-ports.js';
import type { RoundShape } from './store-ports.js';
import { VirtualTime } from './virtual-time.js';

/** The store's clock when a test begins; far from the engine's own, which begins at 0. */
export const STORE_START_MS = Date.UTC(2026, 10, 22, 12);

export const LIMITS: CouponActorLimits = { batchMax: 4, mailboxMax: 8, admitDeadlineMs: 2_000 };

export function memberNamed(text: string): MemberId {
  const memberId = parseMemberId(text);
  if (memberId === undefined) throw new Error(`${JSON.stringify(text)} is not a member id`);
  return memberId;
}

export function couponNumber(id: number): CouponId {
  const couponId = parseCouponId(String(id));
  if (couponId === undefined) throw new Error(`${id} is not a coupon id`);
  return couponId;
}

export class StagedDownload implements PendingDownload {
  readonly couponId: CouponId;
  readonly holder: MemberId;
  readonly refusedAs: DoorRefusal | undefined;
  abandoned = false;
  readonly outcomes: DownloadOutcome[] = [];

  constructor(couponId: CouponId, memberId: MemberId, refusedAs?: DoorRefusal) {
    this.couponId = couponId;
    this.holder = memberId;
    this.refusedAs = refusedAs;
  }

  settle(outcome: DownloadOutcome): void {
    this.outcomes.push(outcome);
  }

  /** In one word: `issued 3`, `sold_out`, or `waiting`. A second answer would show. */
  get answer(): string {
    if (this.outcomes.length === 0) return 'waiting';
    return this.outcomes
      .map((outcome) => ('issueNo' in outcome ? `${outcome.outcome} ${outcome.issueNo}` : outcome.outcome))
      .join(' and ');
  }
}

/**
 * Without a recovery nothing raises its numbers after a loss, so the number a caller received before the loss is not a
 * floor here.
 */
class StoreWithoutFloor extends SimulatedStore {
  protected override isStale(coupon: StoredCoupon, batch: AdmitBatch): boolean {
    return coupon.epoch !== batch.epoch;
  }
}

export class StagedWorld {
  readonly time = new VirtualTime();
  readonly store: SimulatedStore = new StoreWithoutFloor(() => STORE_START_MS + this.time.nowMs());
  readonly database = new SimulatedDatabase();
  readonly storeLink = new StagedLink();
  readonly databaseLink = new StagedLink();
  readonly rings = new DirectChannel<CouponId>();
  readonly versions = new LocalVersions();
  readonly faults: unknown[] = [];
  readonly admission: SimulatedAdmission;
  readonly queue: SimulatedIssuanceQueue;
  readonly bell = new SimulatedBell(this.storeLink, this.store, this.rings);
  readonly catalogue = new SimulatedCatalogue(this.databaseLink, this.database);
  readonly ledger = new SimulatedLedger(this.databaseLink, this.database);
  readonly changes = new SimulatedChanges(this.databaseLink, this.database);
  readonly warmer: CouponWarmer;
  readonly changer: CouponChanger;

  /** @param rounds how the store takes rounds, where this differs from one shard and one call. */
  constructor(rounds: Partial<RoundShape> = {}) {
    const shape = { ...WHOLE_ROUNDS, ...rounds };
    this.admission = new SimulatedAdmission(this.storeLink, this.store, shape);
    this.queue = new SimulatedIssuanceQueue(this.storeLink, this.store, shape);
    this.warmer = new CouponWarmer(this);
    this.changer = new CouponChanger(this);
  }

  get clock(): VirtualTime {
    return this.time;
  }

  get scheduler(): VirtualTime {
    return this.time;
  }

  readonly onFault = (fault: unknown): void => void this.faults.push(fault);

  async engine(limits: Partial<CouponActorLimits> = {}, bell?: SimulatedBell) {
    const engine = new Engine({ ...this.#ports(), bell }, { ...LIMITS, ...limits });
    await engine.start();
    return engine;
  }

  registry(): CouponRegistry {
    return new CouponRegistry({ ...this.#ports(), changer: this.changer, bell: this.bell });
  }

  /** In catalogue and store, open and with a quantity of 3 unless `terms` differ. */
  async registered(terms: Partial<CouponTerms> = {}): Promise<CouponId> {
    const view = await this.registry().register({
      sellerId: 'seller',
      name: 'a coupon',
      discount: undefined,
      createdAtMs: 0,
      quantity: 3,
      opensAtMs: undefined,
      closesAtMs: undefined,
      paused: false,
      closed: false,
      ...terms,
    });
    return view.couponId;
  }

  request(engine: Engine, couponId: CouponId, ...names: readonly string[]): StagedDownload[] {
    const requests = names.map((name) => new StagedDownload(couponId, memberNamed(name)));
    for (const request of requests) engine.download(request);
    return requests;
  }

  /** Requests and lets happen what happens at once: in one word each. */
  async answers(engine: Engine, couponId: CouponId, ...names: readonly string[]): Promise<string[]> {
    const requests = this.request(engine, couponId, ...names);
    await this.time.advance(0);
    return requests.map((request) => request.answer);
  }

  #ports() {
    const { admission, catalogue, ledger, warmer, versions, clock, scheduler, onFault } = this;
    return { admission, catalogue, ledger, warmer, versions, clock, scheduler, onFault };
  }
}
