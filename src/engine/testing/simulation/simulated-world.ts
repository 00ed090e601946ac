/** Creates the stores, servers and processes of one history, with real engine code in the processes. */
import { CouponRecovery } from '../../recovery/coupon-recovery.js';
import { CouponChanger } from '../../sellers/coupon-changer.js';
import { CouponRegistry } from '../../sellers/coupon-registry.js';
import { UnsettledChanges } from '../../sellers/unsettled-changes.js';
import { CouponWarmer } from '../../recovery/coupon-warmer.js';
import type { CouponId } from '../../domain/coupon.js';
import type { RevokeManyReply, RevokeReply } from '../../ports/admission.js';
import { Engine } from '../../download/engine.js';
import { FinalHolders } from '../../feed/final-holders.js';
import { SettledRows } from '../../feed/settled-rows.js';
import { Flusher } from '../../recording/flusher.js';
import { Reconciler } from '../../reconcile/reconcile-loop.js';
import { Recorder } from '../../recording/recorder.js';
import type { Loss } from '../checker/history.js';
import { SimulatedCatalogue, SimulatedChanges, SimulatedLedger } from './database-ports.js';
import type { Planting } from './planting.js';
import type { Random } from './random.js';
import {
  ADMIT_DEADLINE_MS,
  CALL_DEADLINE_MS,
  LEASE_MS,
  RECOVERY_LOCK_MS,
  STORE_OFFSET_MS,
} from './scenario.js';
import type { Scenario } from './scenario.js';
import { SimulatedAdmitted, SimulatedAudit } from './simulated-audit.js';
import type { SimulatedDatabase } from './simulated-database.js';
import { DATABASE_OFFSET_MS, holdsOf, startSweeper, watchVersions } from './held-coupons.js';
import type { Holds } from '../../holds/holds.js';
import { type HolderReader, whereOnlyClosedIsOver } from './simulated-exclusion.js';
import { SimulatedHoldLedger, type SimulatedHolds } from './simulated-holds.js';
import { SimulatedLink, SimulatedServer, calmNetwork } from './simulated-network.js';
import { SimulatedVersions, SimulatedNews } from './simulated-news.js';
import type { VersionNews } from './simulated-news.js';
import { SimulatedProcess } from './simulated-process.js';
import { SimulatedRecoveryStore } from './simulated-recovery-store.js';
import type { StoreRecovery } from './simulated-recovery-store.js';
import type { CouponPart, StoreContent } from './stored-coupon.js';
import type { SimulatedStore } from './simulated-store.js';
import { SimulatedSubscription } from './simulated-subscription.js';
import { SimulatedAdmission, SimulatedBell, SimulatedIssuanceQueue } from './store-ports.js';
import { VirtualTime } from './virtual-time.js';

export interface StoreCopy {
  readonly content: StoreContent;
  readonly atMs: number;
}

export interface ApiProcess {
  readonly process: SimulatedProcess;
  readonly subscription: SimulatedSubscription;
  readonly engine: Engine;
  readonly registry: CouponRegistry;
  readonly warmer: CouponWarmer;
  readonly holds: Holds;
  /** Reads who holds a coupon that is closed. */
  readonly holders: HolderReader;
}

const RESTART_MAX_MS = 600;

export class SimulatedWorld {
  readonly time = new VirtualTime();
  readonly random: Random;
  readonly storeServer = new SimulatedServer();
  readonly databaseServer = new SimulatedServer();
  readonly store: SimulatedStore;
  readonly database: SimulatedDatabase;
  readonly holds: SimulatedHolds;
  readonly apis: ApiProcess[] = [];
  readonly recorders: SimulatedProcess[] = [];
  readonly losses: Loss[] = [];
  /** Called once at the next claim, before its recorder receives the reply. */
  onNextClaim: ((recorder: SimulatedProcess) => void) | undefined;
  /** The same for an epoch that is raised: its process is warming, verifying or rebuilding a coupon. */
  onNextEpoch: ((process: SimulatedProcess) => void) | undefined;
  /** Called once when the store has taken issuances back, with what it was before, and before the process receives the reply. */
  onNextTakeBack: ((before: StoreCopy, process: SimulatedProcess) => void) | undefined;
  /** How often a coupon was rebuilt. */
  recoveries = 0;
  /** Faults that no store may have and that the engine reported nevertheless. */
  readonly bugs: unknown[] = [];
  readonly #scenario: Scenario;
  readonly #planting: Planting;
  readonly #recovery: StoreRecovery;
  readonly #rings: SimulatedNews<CouponId>;
  readonly #versions: SimulatedNews<VersionNews>;
  #lives = 0;

  constructor(scenario: Scenario, random: Random, planting: Planting) {
    this.random = random;
    this.#scenario = scenario;
    this.#planting = planting;
    this.store = planting.store(() => STORE_OFFSET_MS + this.time.nowMs());
    this.#recovery = planting.recovery(this.store);
    this.database = planting.database();
    this.holds = planting.holds(this.database, () => DATABASE_OFFSET_MS + this.time.nowMs());
    this.storeServer.faults = scenario.storeNetwork;
    this.databaseServer.faults = scenario.databaseNetwork;
    this.#rings = new SimulatedNews(random);
    this.#versions = new SimulatedNews(random);
    this.#rings.lost = this.#versions.lost = scenario.newsLost;
    if (scenario.holdMs !== undefined) watchVersions(this.store, (fault) => this.bugs.push(fault));
    for (let place = 0; place < scenario.apiProcesses; place += 1) this.startApi(place);
    for (let place = 0; place < scenario.recorders; place += 1) this.startRecorder(place);
  }

  startApi(place: number): void {
    const process = this.#process(`api-${place}`);
    const shared = this.#ports(process);
    const { batchMax, mailboxMax } = this.#scenario;
    const engine = new Engine(shared, { batchMax, mailboxMax, admitDeadlineMs: ADMIT_DEADLINE_MS });
    const registry = new CouponRegistry(shared);
    const holds = holdsOf(shared, this.#planting);
    const finalHolders = new FinalHolders({
      admission: whereOnlyClosedIsOver(shared.admission),
      warmer: shared.warmer,
      settledRows: new SettledRows(shared),
    });
    const holders = this.#planting.holders(finalHolders, this.database);
    const { subscription, warmer } = shared;
    this.apis[place] = { process, subscription, engine, registry, warmer, holds, holders };
    void engine.start();
    this.#startAgain(process, () => {
      if (this.apis[place]?.process === process) this.startApi(place);
    });
  }

  startRecorder(place: number): void {
    const process = this.#process(`recorder-${place}`);
    const ports = this.#ports(process);
    const { queue, bell, ledger } = ports;
    let tokens = 0;
    const flusher = new Flusher(
      { queue, ledger, newToken: () => `${process.name}-${(tokens += 1)}` },
      { recordBatchMax: this.#scenario.recordBatchMax, leaseMs: LEASE_MS },
    );
    const recorder = new Recorder({
      queue,
      bell,
      clock: process,
      scheduler: process,
      drain: (couponIds, alone) => flusher.drain(couponIds, alone),
      prepare: (couponId) => ports.warmer.prepare(couponId),
      onDrained: () => undefined,
      onFault: ports.onFault,
    });
    const reconciler = new Reconciler({ ...ports, onRevokesFinished: () => undefined });
    const unsettled = new UnsettledChanges({ ...ports, onSettled: () => undefined });
    this.recorders[place] = process;
    void recorder.start();
    if (this.#planting.reconciles) reconciler.start();
    if (this.#scenario.holdMs !== undefined) startSweeper(ports, this.#planting, this.database);
    unsettled.start();
    this.#startAgain(process, () => {
      if (this.recorders[place] === process) this.startRecorder(place);
    });
  }

  /** What the store would come back with after a loss, if it were copied now. */
  copyStore(): StoreCopy {
    return { content: this.store.copy(), atMs: this.time.nowMs() };
  }

  /** The store comes back with what was copied; all connections to it are closed, and the processes live on. */
  restartStore({ content, atMs }: StoreCopy): void {
    const nowMs = this.time.nowMs();
    if (atMs < nowMs) this.losses.push({ sinceMs: atMs, atMs: nowMs });
    this.store.restart(content);
    this.storeServer.life += 1;
  }

  /**
   * Removes one key of each coupon. Other keys hold its content as well, so nothing may be missing afterwards, unless
   * another one is lost before the first is rebuilt.
   */
  losePart(part: CouponPart): void {
    for (const coupon of this.store.coupons.values()) {
      if (coupon.lost.size > 0 || coupon.recovery !== undefined) {
        this.losses.push({ sinceMs: -Infinity, atMs: this.time.nowMs() });
      }
      this.store.lose(coupon.couponId, part);
    }
  }

  /** Every fault is over: what is frozen thaws, what is dead starts again. */
  heal(): void {
    this.storeServer.faults = this.databaseServer.faults = calmNetwork;
    for (const server of [this.storeServer, this.databaseServer])
      server.stillUntilMs = server.refusingUntilMs = 0;
    this.#rings.lost = this.#versions.lost = 0;
    this.apis.forEach(({ process, subscription }, place) => {
      subscription.restore(this.random);
      process.crashAtStep(Number.POSITIVE_INFINITY);
      process.thaw();
      if (!process.alive) this.startApi(place);
    });
    this.recorders.forEach((process, place) => {
      process.crashAtStep(Number.POSITIVE_INFINITY);
      process.thaw();
      if (!process.alive) this.startRecorder(place);
    });
  }

  #startAgain(process: SimulatedProcess, start: () => void): void {
    process.onCrash(() => this.time.after(this.random.between(20, RESTART_MAX_MS), start));
  }

  #process(name: string): SimulatedProcess {
    this.#lives += 1;
    return new SimulatedProcess(`${name}.${this.#lives}`, this.time, this.random);
  }

  #ports(process: SimulatedProcess) {
    const subscription = new SimulatedSubscription(process, this.time);
    const storeLink = new SimulatedLink(process, this.storeServer, this, CALL_DEADLINE_MS);
    const databaseLink = new SimulatedLink(process, this.databaseServer, this, CALL_DEADLINE_MS);
    const admission = this.#planting.admission(
      new SimulatedAdmission(storeLink, this.store, this.#scenario.rounds, (step) =>
        this.#takeBack(process, step),
      ),
      process,
      this.store,
    );
    let tokens = 0;
    // All that any part of a process asks for in one object: copies with spread cost a twentieth of all time.
    const ports = {
      admission,
      queue: this.#planting.queue(
        new SimulatedIssuanceQueue(storeLink, this.store, this.#scenario.rounds, () =>
          this.#claimed(process),
        ),
      ),
      bell: new SimulatedBell(storeLink, this.store, this.#rings.of(process)),
      catalogue: new SimulatedCatalogue(databaseLink, this.database, () => this.#epochRaised(process)),
      changes: this.#planting.changes(new SimulatedChanges(databaseLink, this.database), admission),
      ledger: new SimulatedLedger(databaseLink, this.database),
      holdLedger: new SimulatedHoldLedger(databaseLink, this.holds),
      subscription,
      versions: this.#planting.versions(
        new SimulatedVersions(this.#versions.of(process, subscription), subscription),
      ),
      clock: process,
      scheduler: process,
      store: new SimulatedRecoveryStore(storeLink, this.#recovery),
      admitted: new SimulatedAdmitted(storeLink, this.store),
      audit: new SimulatedAudit(databaseLink, this.database),
      newToken: () => `${process.name}-r${(tokens += 1)}`,
      onRecovering: () => undefined,
      onRecovered: () => void (this.recoveries += 1),
      onGap: () => undefined,
      onFault: (fault: unknown) => this.#noteFault(fault),
    };
    const coupons = new CouponRecovery(ports, { leaseMs: LEASE_MS, lockMs: RECOVERY_LOCK_MS });
    const { catalogue, changes, ledger } = ports;
    const recovery = { coupons, scheduler: process };
    const warmer = new CouponWarmer({
      ...{ admission: ports.admission, catalogue, changes, ledger, recovery },
    });
    const changer = new CouponChanger({ ...ports, warmer });
    return Object.assign(ports, { coupons, warmer, changer });
  }

  #takeBack<Reply extends RevokeReply | RevokeManyReply>(
    process: SimulatedProcess,
    step: () => Reply,
  ): Reply {
    const then = this.onNextTakeBack;
    if (then === undefined) return step();
    const before = this.copyStore();
    const reply = step();
    if (reply.status === 'revoked') {
      this.onNextTakeBack = undefined;
      then(before, process);
    }
    return reply;
  }

  #claimed(recorder: SimulatedProcess): void {
    const then = this.onNextClaim;
    this.onNextClaim = undefined;
    then?.(recorder);
  }

  #epochRaised(process: SimulatedProcess): void {
    const then = this.onNextEpoch;
    this.onNextEpoch = undefined;
    then?.(process);
  }

  #noteFault(fault: unknown): void {
    const expected = fault instanceof Error && 'code' in fault && fault.code !== 'store_corrupt';
    if (!expected) this.bugs.push(fault);
  }
}
