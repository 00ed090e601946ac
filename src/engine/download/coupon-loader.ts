/**
 * Loads coupons for actors: from the admission store, and for those missing there from the catalogue.
 *
 * A burst on a thousand cold coupons, or on a million ids that do not exist, arrives as single requests. They are asked in rounds: one round
 * outstanding for each node of the store, whatever came meanwhile goes with the next.
 */
import type { Admission } from '../ports/admission.js';
import type { CouponCatalogue } from '../ports/coupon-catalogue.js';
import type { CouponId, CouponSnapshot } from '../domain/coupon.js';
import type { CouponWarmer } from '../recovery/coupon-warmer.js';
import { CouponRecoveringError } from '../domain/errors.js';
import type { Clock } from '../domain/clock.js';
import { Rounds } from '../domain/rounds.js';
import { LOAD_BATCH_MAX } from '../domain/limits.js';

export interface LoadedCoupon {
  readonly snapshot: CouponSnapshot;
  /** Our monotonic clock before the store was asked: the snapshot is no older than this. */
  readonly sentAtMs: number;
}

export interface CouponLoaderPorts {
  readonly admission: Admission;
  readonly catalogue: CouponCatalogue;
  readonly warmer: CouponWarmer;
  readonly clock: Clock;
}

interface LoadRequest {
  readonly couponId: CouponId;
  /** The highest number that any of the callers has received. */
  seenIssueNo: number;
  readonly answer: Promise<LoadedCoupon | undefined>;
  resolve(loaded: LoadedCoupon | undefined | PromiseLike<LoadedCoupon | undefined>): void;
  reject(fault: unknown): void;
}

/** What is asked of one node of the store: another one that does not answer holds up nothing here. */
interface Line {
  readonly waiting: Map<CouponId, LoadRequest>;
  readonly rounds: Rounds;
}

export class CouponLoader {
  readonly #ports: CouponLoaderPorts;
  readonly #lines = new Map<number, Line>();

  constructor(ports: CouponLoaderPorts) {
    this.#ports = ports;
  }

  /**
   * The coupon as it is now, warmed first when the store does not have it; `undefined` when no such coupon was ever
   * registered.
   *
   * @param seenIssueNo the highest number the caller has received: a store that has issued fewer has lost data.
   * @throws StoreUnavailableError, StoreOutcomeUnknownError: repeat the call. CouponRecoveringError: the coupon is out
   *   of service for a while.
   */
  load(couponId: CouponId, seenIssueNo = 0): Promise<LoadedCoupon | undefined> {
    const { waiting, rounds } = this.#lineOf(couponId);
    const known = waiting.get(couponId);
    if (known !== undefined) {
      known.seenIssueNo = Math.max(known.seenIssueNo, seenIssueNo);
      return known.answer;
    }
    const request = newLoadRequest(couponId, seenIssueNo);
    waiting.set(couponId, request);
    rounds.begin();
    return request.answer;
  }

  #lineOf(couponId: CouponId): Line {
    const shard = this.#ports.admission.shardOf(couponId);
    let line = this.#lines.get(shard);
    if (line === undefined) {
      const waiting = new Map<CouponId, LoadRequest>();
      const rounds = new Rounds({
        isWaiting: () => waiting.size > 0,
        round: () => this.#askRound(waiting),
        defer: queueMicrotask,
      });
      line = { waiting, rounds };
      this.#lines.set(shard, line);
    }
    return line;
  }

  async #askRound(waiting: Line['waiting']): Promise<void> {
    const round = [...waiting.values()].slice(0, LOAD_BATCH_MAX);
    for (const request of round) waiting.delete(request.couponId);
    try {
      await this.#ask(round);
    } catch (fault) {
      for (const request of round) request.reject(fault);
    }
  }

  async #ask(round: readonly LoadRequest[]): Promise<void> {
    const sentAtMs = this.#ports.clock.monotonicMs();
    const snapshots = await this.#ports.admission.snapshots(round.map((request) => request.couponId));
    const missing = round.filter((request, place) => {
      const snapshot = snapshots[place];
      if (snapshot === undefined || snapshot.lastIssueNo < request.seenIssueNo) return true;
      request.resolve({ snapshot, sentAtMs });
      return false;
    });
    if (missing.length === 0) return;

    const records = await this.#ports.catalogue.find(missing.map((request) => request.couponId));
    missing.forEach((request, place) => {
      // Warming reads the ledger and may take long; the next round does not wait for it.
      if (records[place] === undefined) request.resolve(undefined);
      else request.resolve(this.#warmAndRead(request));
    });
  }

  async #warmAndRead({ couponId, seenIssueNo }: LoadRequest): Promise<LoadedCoupon | undefined> {
    const prepared = await this.#ports.warmer.prepare(couponId, seenIssueNo);
    if (prepared === 'unknown_coupon') return undefined;
    if (prepared === 'recovering')
      throw new CouponRecoveringError('The coupon is being verified or rebuilt. Try again in a moment.');
    const sentAtMs = this.#ports.clock.monotonicMs();
    const [snapshot] = await this.#ports.admission.snapshots([couponId]);
    // Lost again in between: the next request warms it again.
    return snapshot === undefined ? this.load(couponId, seenIssueNo) : { snapshot, sentAtMs };
  }
}

function newLoadRequest(couponId: CouponId, seenIssueNo: number): LoadRequest {
  let resolve: LoadRequest['resolve'] = () => undefined;
  let reject: LoadRequest['reject'] = () => undefined;
  const answer = new Promise<LoadedCoupon | undefined>((onResolve, onReject) => {
    resolve = onResolve;
    reject = onReject;
  });
  return { couponId, seenIssueNo, answer, resolve, reject };
}
