/**
 * Takes every download of this process to the actor of its coupon.
 *
 * The store makes the decision, behind ports/admission.ts: in Redis lua/admit.lua, embedded coupon-memory.ts.
 */
import type { Admission } from '../ports/admission.js';
import type { Versions } from '../ports/versions.js';
import { byShard } from '../domain/by-shard.js';
import { chunksOf } from '../domain/chunks.js';
import type { Clock, Scheduler } from '../domain/clock.js';
import { CouponActor } from './coupon-actor.js';
import type { CouponActorContext, CouponActorLimits } from './actor-context.js';
import type { CouponCatalogue } from '../ports/coupon-catalogue.js';
import { CouponLoader } from './coupon-loader.js';
import type { CouponWarmer } from '../recovery/coupon-warmer.js';
import type { CouponId } from '../domain/coupon.js';
import type { PendingDownload } from '../domain/download.js';
import { EngineCounters } from '../domain/counters.js';
import type { RecorderBell } from '../ports/issuance-queue.js';
import {
  ACTOR_IDLE_MS,
  ACTORS_MAX,
  LOAD_BATCH_MAX,
  OVERDUE_CHECK_MS,
  SEALED_WINNERS_MAX,
  VERSION_CHECK_MS,
} from '../domain/limits.js';
import { BUSY, UNKNOWN_COUPON } from './outcomes.js';
import { Shard } from './shard.js';
import { UnknownCoupons } from './unknown-coupons.js';

export interface EnginePorts {
  readonly admission: Admission;
  readonly catalogue: CouponCatalogue;
  readonly warmer: CouponWarmer;
  readonly versions: Versions;
  readonly bell: RecorderBell | undefined;
  readonly clock: Clock;
  readonly scheduler: Scheduler;
  /** Faults of the stores that the engine survived; for logs. */
  onFault(fault: unknown, couponId: CouponId | undefined): void;
}

/** How much the engine holds at this moment. */
export interface EngineLoad {
  readonly actors: number;
  /** Downloads in all mailboxes. */
  readonly waiting: number;
  /** Winners held by sealed actors. */
  readonly winnersHeld: number;
}

export class Engine {
  readonly counters = new EngineCounters();
  readonly #ports: EnginePorts;
  readonly #actors = new Map<CouponId, CouponActor>();
  readonly #unknown: UnknownCoupons;
  readonly #context: CouponActorContext;
  readonly #shards = new Map<number, Shard>();
  #winnersHeld = 0;
  /** Nodes of the store whose answer to a check is awaited. */
  readonly #checkedShards = new Set<number>();
  #stops: (() => void | Promise<void>)[] = [];

  constructor(ports: EnginePorts, limits: CouponActorLimits) {
    const { admission, bell, clock, scheduler } = ports;
    const loader = new CouponLoader(ports);
    this.#ports = ports;
    this.#unknown = new UnknownCoupons(clock);
    this.#context = {
      admission,
      bell,
      clock,
      limits,
      counters: this.counters,
      reception: ports.versions.reception,
      load: (couponId, seenIssueNo) => loader.load(couponId, seenIssueNo),
      enterLine: (actor) => this.#shardOf(actor.couponId).enter(actor),
      enterLineLater: (actor) => this.#shardOf(actor.couponId).enterLater(actor),
      winnersAllowance: () => SEALED_WINNERS_MAX - this.#winnersHeld,
      winnersHeld: (change) => {
        this.#winnersHeld += change;
      },
      pause: (ms) => scheduler.pause(ms),
      onUnknownCoupon: (couponId) => {
        this.#unknown.add(couponId);
        this.#actors.delete(couponId);
      },
      onFault: (fault, couponId) => {
        this.counters.storeFaults++;
        ports.onFault(fault, couponId);
      },
    };
  }

  /** Starts listening for versions and checking deadlines. */
  async start(): Promise<void> {
    const { versions, scheduler } = this.#ports;
    this.#stops = [
      await versions.listen(
        (couponId, version) => this.#onVersion(couponId, version),
        () => this.#onGap(),
      ),
      scheduler.every(OVERDUE_CHECK_MS, () => this.#checkActors()),
      scheduler.every(VERSION_CHECK_MS, () => this.#checkVersions()),
    ];
  }

  /**
   * Settles the download once, in this turn of the event loop when the answer is known here. Never throws.
   *
   * @param mayWait false: what is not known here is `busy`, since too many wait already.
   */
  download(download: PendingDownload, mayWait = true): void {
    const { couponId } = download;
    let actor = this.#actors.get(couponId);
    if (actor === undefined) {
      if (this.#unknown.has(couponId) && this.#isReceivingNews()) {
        download.settle(UNKNOWN_COUPON);
        return;
      }
      if (this.#actors.size >= ACTORS_MAX || !mayWait) {
        download.settle(BUSY);
        return;
      }
      actor = new CouponActor(couponId, this.#context);
      this.#actors.set(couponId, actor);
    }
    actor.offer(download, mayWait);
  }

  /** Walks over all actors: for occasional callers only. */
  load(): EngineLoad {
    let waiting = 0;
    for (const actor of this.#actors.values()) waiting += actor.waiting;
    return { actors: this.#actors.size, waiting, winnersHeld: this.#winnersHeld };
  }

  /** Waits until every download taken so far is settled, at most `graceMs`; the caller has stopped sending new ones. */
  async shutDown(graceMs: number): Promise<'settled' | 'overdue'> {
    const { clock, scheduler } = this.#ports;
    const untilMs = clock.monotonicMs() + graceMs;
    while ([...this.#actors.values()].some((actor) => !actor.isQuiet)) {
      if (clock.monotonicMs() >= untilMs) return 'overdue';
      await scheduler.pause(5);
    }
    return 'settled';
  }

  async stop(): Promise<void> {
    for (const stop of this.#stops.splice(0)) await stop();
  }

  #onVersion(couponId: CouponId, version: number): void {
    // The first version is the news that the coupon exists.
    this.#unknown.delete(couponId);
    this.#actors.get(couponId)?.onVersion(version);
  }

  #onGap(): void {
    this.#unknown.clear();
    for (const actor of this.#actors.values()) actor.onGap();
  }

  #isReceivingNews(): boolean {
    return this.#ports.clock.monotonicMs() < this.#ports.versions.reception.untilMs;
  }

  /** A handful: one, or one for each node of a Cluster. */
  #shardOf(couponId: CouponId): Shard {
    const place = this.#ports.admission.shardOf(couponId);
    let shard = this.#shards.get(place);
    if (shard === undefined) {
      shard = new Shard(this.#context, this.#ports.scheduler);
      this.#shards.set(place, shard);
    }
    return shard;
  }

  #checkActors(): void {
    const nowMs = this.#ports.clock.monotonicMs();
    for (const actor of this.#actors.values()) {
      if (!actor.isQuiet) actor.settleOverdue(nowMs);
      else if (nowMs - actor.lastOfferMs > ACTOR_IDLE_MS) {
        actor.release();
        this.#actors.delete(actor.couponId);
      }
    }
  }

  /** Local answers are valid only as long as the store confirms their version. */
  #checkVersions(): void {
    const sealed = [...this.#actors.values()].filter((actor) => actor.needsVersionChecks);
    for (const actors of byShard(this.#ports.admission, sealed, ({ couponId }) => couponId))
      void this.#checkVersionsIn(actors);
  }

  /** A node that does not answer delays its own next check and no other node's. */
  async #checkVersionsIn(actors: readonly [CouponActor, ...CouponActor[]]): Promise<void> {
    const shard = this.#ports.admission.shardOf(actors[0].couponId);
    if (this.#checkedShards.has(shard)) return;
    this.#checkedShards.add(shard);
    try {
      for (const some of chunksOf(actors, LOAD_BATCH_MAX)) await this.#checkVersionsOf(some);
    } catch (fault) {
      this.#ports.onFault(fault, undefined);
    } finally {
      this.#checkedShards.delete(shard);
    }
  }

  async #checkVersionsOf(actors: readonly CouponActor[]): Promise<void> {
    const sentAtMs = this.#ports.clock.monotonicMs();
    const snapshots = await this.#ports.admission.snapshots(actors.map((actor) => actor.couponId));
    actors.forEach((actor, place) => actor.onVersionCheck(snapshots[place], sentAtMs));
  }
}
