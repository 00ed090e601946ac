/**
 * Decides which coupons are drained when. Drains run in worker threads.
 *
 * All coupons of a node of the store that have something to record go into one drain, since its cost does not depend on
 * how many they are (docs/adr/0048). One drain of a node is under way as a rule, and what is rung meanwhile goes with
 * the next. A ring lets the next drain begin at once, unless the node is cooling down.
 *
 * A sweep over the pending coupons finds issuances of which no ring informed the recorder: the process that decided died, the ring was
 * lost, a lease has ended, or the database was unreachable.
 */
import type { Clock, Scheduler } from '../domain/clock.js';
import type { CouponId } from '../domain/coupon.js';
import type { CouponDrain, DrainResult } from './flusher.js';
import type { IssuanceQueue, QueueFault, RecorderBell } from '../ports/issuance-queue.js';
import { byShard } from '../domain/by-shard.js';
import { chunksOf } from '../domain/chunks.js';
import {
  DRAIN_COOLDOWN_MAX_MS,
  DRAIN_COOLDOWN_MS,
  DRAIN_COUPONS_MAX,
  DRAIN_RETRY_MS,
  DRAIN_SLOW_MS,
  DRAINED_COUPONS_PER_SECOND,
  DRAINS_ALONE_MAX,
  DRAINS_PER_SHARD_MAX,
  PENDING_IDLE_MS,
  RECORDER_STOP_MAX_MS,
  SWEEP_BATCH_MAX,
  SWEEP_COUPONS_MAX,
  SWEEP_EVERY_MS,
} from '../domain/limits.js';
import { PendingChecks } from './pending-checks.js';

export interface RecorderPorts {
  readonly queue: Pick<IssuanceQueue, 'shardOf' | 'withBacklog'>;
  readonly bell: RecorderBell;
  readonly clock: Clock;
  readonly scheduler: Scheduler;
  /** Drains coupons, see {@link Flusher.drain}: one answer for each of them. */
  drain(couponIds: readonly CouponId[], alone: boolean): Promise<readonly CouponDrain[]>;
  /**
   * Brings a coupon back into service, or its epoch in the store and in the catalogue together; called when the coupon was out of
   * service, has lost a part, or the ledger refused what was claimed.
   */
  prepare(couponId: CouponId): Promise<unknown>;
  onDrained(couponId: CouponId, result: DrainResult): void;
  onFault(fault: unknown, couponId: CouponId | undefined): void;
}

/** The coupons that one node of the store serves. */
interface Lane {
  /** Rung and waiting for a drain, in order. None of them is busy. */
  readonly waiting: Set<CouponId>;
  drains: number;
  /** Coupons of the last drain. */
  drained: number;
  /** When the last drain began. */
  startedAtMs: number;
  /** Above 0 no drain begins: what is rung gathers. */
  cooldowns: number;
  /** Whether a drain may begin at the end of this turn of the event loop. */
  isDue: boolean;
}

export class Recorder {
  readonly #ports: RecorderPorts;
  readonly #lanes = new Map<number, Lane>();
  /** Being drained, or prepared for another drain. A coupon is in one drain at a time, so that its rows are appended in order. */
  readonly #busy = new Set<CouponId>();
  /** Rung, or left with a backlog, while they were busy: they wait for another drain afterwards. */
  readonly #again = new Set<CouponId>();
  /** Waiting to be drained alone. */
  readonly #contested = new Set<CouponId>();
  readonly #checks = new PendingChecks();
  #drainsAlone = 0;
  #stops: (() => void | Promise<void>)[] = [];
  #sweeping = false;
  #stopping = false;

  constructor(ports: RecorderPorts) {
    this.#ports = ports;
  }

  async start(): Promise<void> {
    const { bell, scheduler } = this.#ports;
    this.#stops = [
      await bell.listen((couponId) => this.ring(couponId)),
      scheduler.every(SWEEP_EVERY_MS, () => void this.#sweep()),
    ];
    void this.#sweep();
  }

  /** There is something to record for this coupon. Cheap; a ring during its drain means another drain. */
  ring(couponId: CouponId): void {
    if (this.#stopping) return;
    this.#checks.rung(couponId, this.#ports.clock.monotonicMs());
    if (this.#busy.has(couponId)) this.#again.add(couponId);
    else this.#wait(couponId);
  }

  /** Takes nothing new and waits for the drains under way, within bounds: what they have claimed returns when its lease ends. */
  async stop(): Promise<void> {
    const { clock, scheduler } = this.#ports;
    this.#stopping = true;
    for (const stop of this.#stops.splice(0)) await stop();
    const untilMs = clock.monotonicMs() + RECORDER_STOP_MAX_MS;
    while (this.#busy.size > 0 && clock.monotonicMs() < untilMs) await scheduler.pause(5);
  }

  #wait(couponId: CouponId): void {
    if (this.#contested.has(couponId)) return;
    const lane = this.#laneOf(couponId);
    lane.waiting.add(couponId);
    this.#drainSoon(lane);
  }

  #laneOf(couponId: CouponId): Lane {
    const shard = this.#ports.queue.shardOf(couponId);
    let lane = this.#lanes.get(shard);
    if (lane === undefined) {
      lane = { waiting: new Set(), drains: 0, drained: 0, startedAtMs: 0, cooldowns: 0, isDue: false };
      this.#lanes.set(shard, lane);
    }
    return lane;
  }

  /** At the end of the turn: many coupons are rung together, and all of them go into the drain. */
  #drainSoon(lane: Lane): void {
    if (lane.isDue) return;
    lane.isDue = true;
    this.#ports.scheduler.endOfTurn(() => {
      lane.isDue = false;
      if (this.#mayDrain(lane)) void this.#drainTogether(lane);
    });
  }

  #mayDrain({ waiting, drains, startedAtMs, cooldowns }: Lane): boolean {
    if (this.#stopping || cooldowns > 0 || waiting.size === 0) return false;
    if (drains === 0) return true;
    const isSlow = this.#ports.clock.monotonicMs() - startedAtMs >= DRAIN_SLOW_MS;
    return isSlow && drains < DRAINS_PER_SHARD_MAX;
  }

  async #drainTogether(lane: Lane): Promise<void> {
    const couponIds = takeFirst(lane.waiting, DRAIN_COUPONS_MAX);
    lane.drains += 1;
    lane.drained = couponIds.length;
    lane.startedAtMs = this.#ports.clock.monotonicMs();
    const drained = await this.#drain(couponIds, false);
    const cooldownMs = this.#cooldownMs();
    lane.drains -= 1;
    if (drained.every(isFault)) {
      // The store is unreachable: a retry at once would only add load, and the sweep finds the queued coupons again.
      void this.#coolDown(lane, DRAIN_RETRY_MS);
    } else if (couponIds.length < DRAIN_COUPONS_MAX && !drained.some(leftBatch)) {
      void this.#coolDown(lane, cooldownMs);
    }
    this.#drainSoon(lane);
    this.#drainContested();
  }

  #drainContested(): void {
    if (this.#stopping) return;
    for (const couponId of takeFirst(this.#contested, DRAINS_ALONE_MAX - this.#drainsAlone)) {
      this.#drainsAlone += 1;
      void this.#drain([couponId], true).then(() => {
        this.#drainsAlone -= 1;
        this.#drainContested();
      });
    }
  }

  async #drain(couponIds: readonly CouponId[], alone: boolean): Promise<readonly CouponDrain[]> {
    for (const couponId of couponIds) this.#busy.add(couponId);
    const drained = await this.#ports
      .drain(couponIds, alone)
      .catch((fault: unknown) => couponIds.map((): CouponDrain => ({ status: 'fault', fault })));
    // Once for all coupons that failed together: an unreachable store fails them all.
    const failed = drained.findIndex(isFault);
    const fault = drained[failed];
    if (fault !== undefined && isFault(fault)) this.#ports.onFault(fault.fault, couponIds[failed]);
    for (const [place, couponId] of couponIds.entries()) this.#settle(couponId, drained[place] ?? 'slow');
    return drained;
  }

  #settle(couponId: CouponId, drain: CouponDrain): void {
    if (drain === 'later' || drain === 'slow') this.#again.add(couponId);
    else if (drain === 'contested') this.#contested.add(couponId);
    else if (drain === 'not_ready') {
      void this.#prepare(couponId);
      return;
    } else if (drain !== 'empty' && !isFault(drain)) {
      this.#ports.onDrained(couponId, drain);
      if (drain.backlog !== 'empty') this.#again.add(couponId);
      if (drain.stale > 0) {
        void this.#prepare(couponId);
        return;
      }
    }
    this.#free(couponId);
  }

  async #prepare(couponId: CouponId): Promise<void> {
    try {
      await this.#ports.prepare(couponId);
    } catch (fault) {
      this.#ports.onFault(fault, couponId);
    }
    this.#free(couponId);
  }

  #free(couponId: CouponId): void {
    this.#busy.delete(couponId);
    if (this.#again.delete(couponId)) this.#wait(couponId);
  }

  /** Nodes that have something to record together share what one may cost the recorder: the drain of each is as expensive. */
  #cooldownMs(): number {
    const busy = [...this.#lanes.values()].filter(isBusy);
    const coupons = busy.reduce((sum, { drained }) => sum + drained, 0);
    const fairMs = Math.max(busy.length * DRAIN_COOLDOWN_MS, (coupons / DRAINED_COUPONS_PER_SECOND) * 1_000);
    return Math.min(fairMs, DRAIN_COOLDOWN_MAX_MS);
  }

  async #coolDown(lane: Lane, ms: number): Promise<void> {
    lane.cooldowns += 1;
    await this.#ports.scheduler.pause(ms);
    lane.cooldowns -= 1;
    this.#drainSoon(lane);
  }

  async #sweep(): Promise<void> {
    if (this.#sweeping || this.#stopping) return;
    this.#sweeping = true;
    try {
      const due = await this.#dueCoupons();
      for (const couponIds of byShard(this.#ports.queue, due, (couponId) => couponId)) {
        // A node that does not answer holds up no coupon of another.
        await this.#checkAll(couponIds).catch((fault: unknown) => this.#ports.onFault(fault, undefined));
      }
    } catch (fault) {
      this.#ports.onFault(fault, undefined);
    } finally {
      this.#sweeping = false;
    }
    for (const lane of this.#lanes.values()) this.#drainSoon(lane);
  }

  async #dueCoupons(): Promise<CouponId[]> {
    const { bell, clock } = this.#ports;
    const sinceMs = this.#checks.latestMarkMs(clock.monotonicMs());
    const marks = await bell.pendingMarks(SWEEP_COUPONS_MAX, sinceMs);
    const nowMs = clock.monotonicMs();
    return sinceMs === undefined ? this.#checks.due(marks, nowMs) : this.#checks.dueWith(marks, nowMs);
  }

  async #checkAll(couponIds: readonly CouponId[]): Promise<void> {
    for (const some of chunksOf(couponIds, SWEEP_BATCH_MAX)) await this.#check(some);
  }

  async #check(couponIds: readonly CouponId[]): Promise<void> {
    const withBacklog = new Set(await this.#ports.queue.withBacklog(couponIds));
    const nowMs = this.#ports.clock.monotonicMs();
    const quiet = couponIds.filter((couponId) => {
      if (!withBacklog.has(couponId)) return this.#checks.foundEmpty(couponId, nowMs) >= PENDING_IDLE_MS;
      // Where it is not known, the drain finds out why.
      this.ring(couponId);
      return false;
    });
    if (quiet.length > 0) await this.#ports.bell.clearPending(quiet, PENDING_IDLE_MS);
  }
}

function isBusy({ waiting, drains, cooldowns }: Lane): boolean {
  return waiting.size > 0 || drains > 0 || cooldowns > 0;
}

/** Whether another whole batch of the coupon waits. */
function leftBatch(drain: CouponDrain): boolean {
  return drain === 'later' || (typeof drain === 'object' && 'backlog' in drain && drain.backlog === 'full');
}

function isFault(drain: CouponDrain): drain is QueueFault {
  return typeof drain === 'object' && drain.status === 'fault';
}

function takeFirst<T>(set: Set<T>, count: number): T[] {
  const taken: T[] = [];
  for (const element of set) {
    if (taken.length >= count) break;
    taken.push(element);
  }
  for (const element of taken) set.delete(element);
  return taken;
}
