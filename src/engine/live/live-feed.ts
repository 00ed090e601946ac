/**
 * Polls the store for all watched coupons and publishes their updates.
 *
 * Regardless of the number of watchers, there is one request for all watched coupons every LIVE_POLL_MS, and one
 * outstanding. Downloads are not affected. Rejected: following the coupons through their actors, because an actor knows
 * its own process only.
 */
import type { Admission } from '../ports/admission.js';
import type { Clock, Scheduler } from '../domain/clock.js';
import type { CouponId } from '../domain/coupon.js';
import {
  LIVE_COLD_READS_MAX,
  LIVE_COUPONS_MAX,
  LIVE_LINGER_MS,
  LIVE_POLL_MS,
  LOAD_BATCH_MAX,
} from '../domain/limits.js';
import { repeatWithoutOverlap } from '../domain/repeat.js';
import { LiveTopic, readingOf } from './live-topic.js';
import type { LiveReading, LiveUpdate } from './live-topic.js';

export interface LiveFeedPorts {
  readonly admission: Pick<Admission, 'snapshots'>;
  /** Finds a coupon that the admission store does not have. */
  readonly registry: {
    find(couponId: CouponId): Promise<Omit<LiveReading, 'lastIssueNo' | 'storeNowMs'> | undefined>;
  };
  readonly clock: Clock;
  readonly scheduler: Pick<Scheduler, 'every'>;
  /** Called for every update of a watched coupon. */
  publish(update: LiveUpdate): void;
  /** The store could not be read. Called once, until a read succeeds again. */
  onFault(fault: unknown): void;
}

export class LiveFeed {
  readonly #ports: LiveFeedPorts;
  readonly #topics = new Map<CouponId, LiveTopic>();
  readonly #opening = new Map<CouponId, Promise<LiveTopic | undefined>>();
  #stopPolling: (() => void) | undefined;
  #failing = false;

  constructor(ports: LiveFeedPorts) {
    this.#ports = ports;
  }

  /**
   * Begins to watch; `leave` ends it. Many watchers who join one coupon at once cost one read of the stores.
   *
   * @returns `undefined` when there is no such coupon, `busy` when too many different ones are watched.
   * @throws StoreUnavailableError, StoreOutcomeUnknownError: repeat the call.
   */
  async join(couponId: CouponId): Promise<LiveTopic | 'busy' | undefined> {
    const topic = this.#topics.get(couponId) ?? (await this.#openOnce(couponId));
    if (topic === undefined || topic === 'busy') return topic;
    topic.watchers++;
    this.#stopPolling ??= repeatWithoutOverlap(this.#ports.scheduler, LIVE_POLL_MS, () => this.#poll());
    return topic;
  }

  leave(topic: LiveTopic): void {
    topic.watchers--;
    topic.idleSinceMs = this.#ports.clock.monotonicMs();
  }

  /** Follows nothing any more. */
  stop(): void {
    this.#stopPolling?.();
    this.#stopPolling = undefined;
    this.#topics.clear();
  }

  #openOnce(couponId: CouponId): Promise<LiveTopic | 'busy' | undefined> {
    if (this.#topics.size + this.#opening.size >= LIVE_COUPONS_MAX) return Promise.resolve('busy');
    const opening = this.#opening.get(couponId);
    if (opening !== undefined) return opening;
    const topic = this.#open(couponId).finally(() => this.#opening.delete(couponId));
    this.#opening.set(couponId, topic);
    return topic;
  }

  async #open(couponId: CouponId): Promise<LiveTopic | undefined> {
    const [snapshot] = await this.#ports.admission.snapshots([couponId]);
    const reading = snapshot === undefined ? await this.#readFromCatalogue(couponId) : readingOf(snapshot);
    if (reading === undefined) return undefined;
    const topic = new LiveTopic(couponId, reading, this.#ports.clock.monotonicMs());
    this.#topics.set(couponId, topic);
    return topic;
  }

  /**
   * A coupon missing from the store is not warmed for watchers: watching needs no permission, and warming reads every
   * row.
   */
  async #readFromCatalogue(couponId: CouponId): Promise<LiveReading | undefined> {
    const view = await this.#ports.registry.find(couponId);
    if (view === undefined) return undefined;
    return { ...view, lastIssueNo: 0, storeNowMs: this.#ports.clock.nowMs() };
  }

  async #poll(): Promise<void> {
    try {
      this.#closeIdleTopics();
      await this.#pollTopics(this.#nextTurn());
      this.#failing = false;
    } catch (fault) {
      if (!this.#failing) this.#ports.onFault(fault);
      this.#failing = true;
    }
  }

  #closeIdleTopics(): void {
    const beforeMs = this.#ports.clock.monotonicMs() - LIVE_LINGER_MS;
    for (const topic of this.#topics.values()) {
      if (topic.watchers === 0 && topic.idleSinceMs <= beforeMs) this.#topics.delete(topic.couponId);
    }
    if (this.#topics.size > 0) return;
    this.#stopPolling?.();
    this.#stopPolling = undefined;
  }

  /** Coupons that had their turn move to the end of the map, so that every coupon gets one. */
  #nextTurn(): LiveTopic[] {
    const turn: LiveTopic[] = [];
    for (const topic of this.#topics.values()) {
      if (turn.push(topic) === LOAD_BATCH_MAX) break;
    }
    if (turn.length < this.#topics.size) {
      for (const topic of turn) {
        this.#topics.delete(topic.couponId);
        this.#topics.set(topic.couponId, topic);
      }
    }
    return turn;
  }

  async #pollTopics(topics: readonly LiveTopic[]): Promise<void> {
    if (topics.length === 0) return;
    const snapshots = await this.#ports.admission.snapshots(topics.map((topic) => topic.couponId));
    const cold: LiveTopic[] = [];
    topics.forEach((topic, place) => {
      const snapshot = snapshots[place];
      if (snapshot === undefined) cold.push(topic);
      else this.#publishIfChanged(topic, readingOf(snapshot));
    });
    await this.#pollCold(cold);
  }

  async #pollCold(topics: readonly LiveTopic[]): Promise<void> {
    const nowMs = this.#ports.clock.monotonicMs();
    const due = topics.filter((topic) => topic.refreshIsDue(nowMs)).slice(0, LIVE_COLD_READS_MAX);
    await Promise.all(
      due.map(async (topic) => {
        const reading = await this.#readFromCatalogue(topic.couponId);
        if (reading !== undefined) this.#publishIfChanged(topic, reading);
      }),
    );
  }

  #publishIfChanged(topic: LiveTopic, reading: LiveReading): void {
    const update = topic.take(reading, this.#ports.clock.monotonicMs());
    if (update !== undefined && topic.watchers > 0) this.#ports.publish(update);
  }
}
