/** Stores, servers and processes of one history, with real engine code in the processes. */
import { CouponRegistry } from '../../coupon-registry.js';
import { CouponWarmer } from '../../coupon-warmer.js';
import type { CouponId } from '../../coupon.js';
import { Engine } from '../../engine.js';
import { Flusher } from '../../flusher.js';
import { Recorder } from '../../recorder.js';
import { SimulatedCatalogue, SimulatedLedger } from './database-ports.js';
import type { Planting } from './planting.js';
import type { Random } from './random.js';
import { ADMIT_DEADLINE_MS, CALL_DEADLINE_MS, LEASE_MS, STORE_OFFSET_MS } from './scenario.js';
import type { Scenario } from './scenario.js';
import type { SimulatedDatabase } from './simulated-database.js';
import { SimulatedLink, SimulatedServer, calmNetwork } from './simulated-network.js';
import { SimulatedAnnouncements, SimulatedNews } from './simulated-news.js';
import type { VersionNews } from './simulated-news.js';
import { SimulatedProcess } from './simulated-process.js';
import type { SimulatedStore } from './simulated-store.js';
import { SimulatedAdmission, SimulatedBell, SimulatedIssuanceQueue } from './store-ports.js';
import { VirtualTime } from './virtual-time.js';

export interface ApiProcess {
  readonly process: SimulatedProcess;
  readonly engine: Engine;
  readonly registry: CouponRegistry;
  readonly warmer: WatchedWarmer;
}

class WatchedWarmer extends CouponWarmer {
  underWay = 0;

  override prepare(couponId: CouponId, seenIssueNo?: number) {
    this.underWay += 1;
    return super.prepare(couponId, seenIssueNo).finally(() => (this.underWay -= 1));
  }
}

const DRAINS_MAX = 2;
const RESTART_MAX_MS = 600;

export class SimulatedWorld {
  readonly time = new VirtualTime();
  readonly random: Random;
  readonly storeServer = new SimulatedServer();
  readonly databaseServer = new SimulatedServer();
  readonly store: SimulatedStore;
  readonly database: SimulatedDatabase;
  readonly apis: ApiProcess[] = [];
  readonly recorders: SimulatedProcess[] = [];
  readonly lossesMs: number[] = [];
  /** Faults that no store may have and the engine met all the same. */
  readonly bugs: unknown[] = [];
  readonly #scenario: Scenario;
  readonly #planting: Planting;
  readonly #rings: SimulatedNews<CouponId>;
  readonly #versions: SimulatedNews<VersionNews>;
  #lives = 0;

  constructor(scenario: Scenario, random: Random, planting: Planting) {
    this.random = random;
    this.#scenario = scenario;
    this.#planting = planting;
    this.store = planting.store(() => STORE_OFFSET_MS + this.time.nowMs());
    this.database = planting.database();
    this.storeServer.faults = scenario.storeNetwork;
    this.databaseServer.faults = scenario.databaseNetwork;
    this.#rings = new SimulatedNews(random);
    this.#versions = new SimulatedNews(random);
    this.#rings.lost = this.#versions.lost = scenario.newsLost;
    for (let place = 0; place < scenario.apiProcesses; place += 1) this.startApi(place);
    for (let place = 0; place < scenario.recorders; place += 1) this.startRecorder(place);
  }

  startApi(place: number): void {
    const process = this.#process(`api-${place}`);
    const { admission, bell, catalogue, ledger } = this.#ports(process);
    const announcements = new SimulatedAnnouncements(this.#versions.of(process));
    const warmer = new WatchedWarmer({ admission, catalogue, ledger });
    const shared = {
      admission,
      catalogue,
      ledger,
      warmer,
      announcements,
      bell,
      clock: process,
      scheduler: process,
    };
    const { batchMax, mailboxMax } = this.#scenario;
    const engine = new Engine(
      { ...shared, onFault: (fault) => this.#noteFault(fault) },
      { batchMax, mailboxMax, admitDeadlineMs: ADMIT_DEADLINE_MS },
    );
    this.apis[place] = { process, engine, registry: new CouponRegistry(shared), warmer };
    void engine.start();
    this.#startAgain(process, () => {
      if (this.apis[place]?.process === process) this.startApi(place);
    });
  }

  startRecorder(place: number): void {
    const process = this.#process(`recorder-${place}`);
    const { queue, bell, ledger } = this.#ports(process);
    let tokens = 0;
    const flusher = new Flusher(
      { queue, ledger, newToken: () => `${process.name}-${(tokens += 1)}` },
      { recordBatchMax: this.#scenario.recordBatchMax, leaseMs: LEASE_MS },
    );
    const recorder = new Recorder(
      {
        queue,
        bell,
        clock: process,
        scheduler: process,
        drain: (couponId) => flusher.drain(couponId),
        onDrained: () => undefined,
        onFault: (fault) => this.#noteFault(fault),
      },
      DRAINS_MAX,
    );
    this.recorders[place] = process;
    void recorder.start();
    this.#startAgain(process, () => {
      if (this.recorders[place] === process) this.startRecorder(place);
    });
  }

  /**
   * The store comes back empty; all connections to it are gone.
   *
   * Recorders die with it, and it does not happen while a process is about to put the coupon in. Who outlives a loss with what it read or
   * claimed before could bring it back after the rebuild: that is what recovery is for, and what it takes care of (docs/adr/0007).
   */
  loseStore(): void {
    if (this.apis.some(({ process, warmer }) => process.alive && warmer.underWay > 0)) return;
    this.lossesMs.push(this.time.nowMs());
    this.store.loseEverything();
    this.storeServer.life += 1;
    this.databaseServer.life += 1;
    for (const recorder of this.recorders) recorder.crash();
  }

  /** Every fault is over: what is frozen thaws, what is dead starts again. */
  heal(): void {
    this.storeServer.faults = this.databaseServer.faults = calmNetwork;
    for (const server of [this.storeServer, this.databaseServer])
      server.stillUntilMs = server.refusingUntilMs = 0;
    this.#rings.lost = this.#versions.lost = 0;
    this.apis.forEach(({ process }, place) => {
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
    const storeLink = new SimulatedLink(process, this.storeServer, this, CALL_DEADLINE_MS);
    const databaseLink = new SimulatedLink(process, this.databaseServer, this, CALL_DEADLINE_MS);
    return {
      admission: this.#planting.admission(new SimulatedAdmission(storeLink, this.store), process, this.store),
      queue: this.#planting.queue(new SimulatedIssuanceQueue(storeLink, this.store)),
      bell: new SimulatedBell(storeLink, this.store, this.#rings.of(process)),
      catalogue: new SimulatedCatalogue(databaseLink, this.database),
      ledger: new SimulatedLedger(databaseLink, this.database),
    };
  }

  #noteFault(fault: unknown): void {
    const expected = fault instanceof Error && 'code' in fault && fault.code !== 'store_corrupt';
    if (!expected) this.bugs.push(fault);
  }
}
