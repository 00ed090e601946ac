/**
 * Asks the store about the coupons of one node in rounds, one round outstanding.
 *
 * An actor with downloads enters the line. At the end of the turn of the event loop, when no round is outstanding, the front of the line is asked
 * about in one call; whatever arrives meanwhile goes with the next. So a round grows with the load, and hundreds of coupons that are
 * hot at once cost one call, one promise and one fsync instead of one each (docs/adr/0046).
 *
 * A coupon that has no mark for recorders yet is asked about apart, once it has one: the mark may be on another node, and no round waits for that.
 *
 * One outstanding round for all nodes of a Cluster was rejected: the slowest node would set the pace of all.
 */
import type { AdmitBatch, AdmitFault, AdmitReply } from '../ports/admission.js';
import type { Scheduler } from '../domain/clock.js';
import {
  MARK_RENEWAL_MS,
  MARK_RETRY_MS,
  RETRY_PAUSE_MS,
  ROUND_COUPONS_MAX,
  ROUND_MEMBERS_MAX,
} from '../domain/limits.js';
import type { RecorderBell } from '../ports/issuance-queue.js';
import type { AskingActor, CouponActorContext } from './actor-context.js';

/** What a shard needs from around it: what its actors have. */
export type ShardContext = Pick<CouponActorContext, 'admission' | 'bell' | 'clock' | 'counters' | 'onFault'>;

/** What one actor asks in a round. */
interface AdmitRequest {
  readonly actor: AskingActor;
  readonly batch: AdmitBatch;
}

export class Shard {
  readonly #context: ShardContext;
  readonly #scheduler: Scheduler;
  /** Each at most once: an actor enters when it has something to ask and is not here. */
  #line: AskingActor[] = [];
  /** These enter the line when the pause is over. */
  #pausing: AskingActor[] = [];
  #roundOutstanding = false;
  #roundPlanned = false;
  #renewing = false;

  constructor(context: ShardContext, scheduler: Scheduler) {
    this.#context = context;
    this.#scheduler = scheduler;
  }

  enter(actor: AskingActor): void {
    this.#line.push(actor);
    this.#planRound();
  }

  /** After {@link RETRY_PAUSE_MS}: for actors whose batch the store refused or lost. One timer for all of them. */
  enterLater(actor: AskingActor): void {
    if (this.#pausing.push(actor) > 1) return;
    void this.#scheduler.pause(RETRY_PAUSE_MS).then(() => {
      this.#line.push(...this.#pausing.splice(0));
      this.#planRound();
    });
  }

  /** Requests that the kernel hands over together leave together, without a wait. */
  #planRound(): void {
    if (this.#roundOutstanding || this.#roundPlanned || this.#line.length === 0) return;
    this.#roundPlanned = true;
    this.#scheduler.endOfTurn(() => {
      this.#roundPlanned = false;
      const requests = this.#gather();
      if (requests.length > 0) void this.#ask(requests);
      else this.#planRound();
    });
  }

  /** Takes what a round has room for from the front of the line. */
  #gather(): AdmitRequest[] {
    const line = this.#line;
    this.#line = [];
    const nowMs = this.#context.clock.monotonicMs();
    // A coupon that is alone has no other to be fair to.
    let room = line.length === 1 ? Number.POSITIVE_INFINITY : ROUND_MEMBERS_MAX;
    const requests: AdmitRequest[] = [];
    let taken = 0;
    for (const actor of line) {
      if (room <= 0 || requests.length >= ROUND_COUPONS_MAX) break;
      taken += 1;
      const batch = actor.prepare(nowMs, room);
      if (batch === undefined) continue;
      room -= batch.holders.length;
      requests.push({ actor, batch });
    }
    this.#line = taken === line.length ? this.#line : [...line.slice(taken), ...this.#line];
    return requests;
  }

  async #ask(requests: readonly AdmitRequest[]): Promise<void> {
    const marked = this.#marked(requests);
    if (marked.length > 0) {
      this.#roundOutstanding = true;
      await this.#askMarked(marked);
      this.#roundOutstanding = false;
    }
    this.#planRound();
  }

  async #askMarked(asked: readonly AdmitRequest[]): Promise<void> {
    const { admission, clock, onFault } = this.#context;
    const sentAtMs = clock.monotonicMs();
    try {
      await admission.admitRound(
        asked.map(({ batch }) => batch),
        (place, reply) => this.#take(asked[place], reply, sentAtMs),
      );
    } catch (fault) {
      // A back end never rejects. If one does, the outcome of the round is unknown.
      for (const { actor, batch } of asked) {
        if (!actor.awaits(batch)) continue;
        onFault(fault, actor.couponId);
        actor.failed(fault);
      }
    }
  }

  #take(request: AdmitRequest | undefined, reply: AdmitReply | AdmitFault, sentAtMs: number): void {
    if (request?.actor.awaits(request.batch) !== true) return;
    const { actor, batch } = request;
    const { counters, clock, onFault } = this.#context;
    try {
      if (reply.status === 'fault') {
        onFault(reply.fault, actor.couponId);
        actor.failed(reply.fault);
        return;
      }
      if (reply.status === 'decided') {
        counters.batchSizes.add(batch.holders.length);
        counters.admitMs.add(clock.monotonicMs() - sentAtMs);
      }
      actor.decided(reply, sentAtMs);
    } catch (fault) {
      // One coupon's trouble must not keep the answers from the others of the round.
      onFault(fault, actor.couponId);
    }
  }

  /**
   * Returns the requests of coupons that are marked for recorders. The others are asked about when they are, outside the round: in a Cluster the marks
   * are on one node, and while it does not answer, the coupons of the other nodes must not wait for it.
   */
  #marked(requests: readonly AdmitRequest[]): readonly AdmitRequest[] {
    const { bell, clock } = this.#context;
    if (bell === undefined) return requests;
    const nowMs = clock.monotonicMs();
    if (!requests.some(({ actor }) => actor.isMarkDue(nowMs, MARK_RENEWAL_MS))) return requests;
    const due = requests.filter(({ actor }) => actor.isMarkDue(nowMs));
    if (due.length > 0) void this.#markAndAsk(bell, due, nowMs);
    const marked = due.length === 0 ? requests : requests.filter((request) => !due.includes(request));
    if (!this.#renewing) void this.#renewMarks(bell, marked, nowMs);
    return marked;
  }

  async #markAndAsk(bell: RecorderBell, requests: readonly AdmitRequest[], nowMs: number): Promise<void> {
    try {
      await bell.markPending(requests.map(({ actor }) => actor.couponId));
    } catch (fault) {
      for (const { actor } of requests) {
        this.#context.onFault(fault, actor.couponId);
        actor.notSent();
      }
      return;
    }
    for (const { actor, batch } of requests) actor.marked(nowMs, batch.epoch);
    await this.#askMarked(requests);
  }

  /** Renews marks before they are due, and with them those that soon will be: the coupons of a shard have theirs renewed together. */
  async #renewMarks(bell: RecorderBell, requests: readonly AdmitRequest[], nowMs: number): Promise<void> {
    const renewed = requests.filter(({ actor }) => actor.isMarkDue(nowMs, MARK_RENEWAL_MS / 2));
    const [first] = renewed;
    if (first === undefined) return;
    this.#renewing = true;
    try {
      await bell.markPending(renewed.map(({ actor }) => actor.couponId));
      for (const { actor, batch } of renewed) actor.marked(nowMs, batch.epoch);
    } catch (fault) {
      this.#context.onFault(fault, first.actor.couponId);
      await this.#scheduler.pause(MARK_RETRY_MS);
    }
    this.#renewing = false;
  }
}
