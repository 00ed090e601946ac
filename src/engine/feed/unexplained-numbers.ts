/**
 * Decides whether numbers that the ledger does not explain may still become rows.
 *
 * The answer "they cannot" is final and is given only on proof: the coupon is in service under the epoch of the
 * catalogue, so that rows claimed before a rebuild are refused; and no number is queued, claimed, or held by a winner
 * (`seonchak reconcile` would queue that winner again).
 */
import type { Clock } from '../domain/clock.js';
import type { AdmittedIssuances } from '../ports/admitted-issuances.js';
import type { CouponWarmer } from '../recovery/coupon-warmer.js';
import type { CouponCatalogue } from '../ports/coupon-catalogue.js';
import type { Admission } from '../ports/admission.js';
import type { CouponId } from '../domain/coupon.js';
import { FRONTIER_SEARCH_EVERY_MS, VOID_COUPONS_MAX } from '../domain/limits.js';
import { NumberSet } from '../domain/number-set.js';
import type { FrontierWaits } from './frontier-waits.js';

interface CouponVoids {
  readonly numbers: NumberSet;
  searchedAtMs: number;
}

export interface UnexplainedNumbersPorts {
  readonly admission: Pick<Admission, 'snapshots' | 'unrecordedHolder'>;
  readonly catalogue: Pick<CouponCatalogue, 'find'>;
  readonly warmer: Pick<CouponWarmer, 'prepare'>;
  /** Absent where the decision is the row: then a number without a row, revocation or dead letter is void. */
  readonly admitted?: Pick<AdmittedIssuances, 'winners' | 'unrecorded'> | undefined;
  readonly clock: Clock;
}

export class UnexplainedNumbers {
  readonly #ports: UnexplainedNumbersPorts;
  readonly #waits: FrontierWaits;
  /** Coupons with void numbers, least recently searched first. Dropping one costs a search. */
  readonly #voids = new Map<CouponId, CouponVoids>();

  constructor(ports: UnexplainedNumbersPorts, waits: FrontierWaits) {
    this.#ports = ports;
    this.#waits = waits;
  }

  /**
   * The lowest of `missing` that may still become a row; `undefined` where none can, as far as the store knows.
   *
   * @param missing ascending, at least one.
   */
  async firstPending(couponId: CouponId, missing: readonly number[]): Promise<number | undefined> {
    const { admission, admitted } = this.#ports;
    if (admitted === undefined) return undefined;
    const known = this.#voids.get(couponId)?.numbers;
    const unknown = known === undefined ? missing : missing.filter((issueNo) => !known.has(issueNo));
    const [first] = unknown;
    if (first === undefined) return undefined;
    const epoch = await this.#epochInService(couponId);
    if (epoch === undefined) return first;
    // While recorders are at work, this one question is the whole cost.
    if ((await admission.unrecordedHolder(couponId, first)) !== undefined) return first;
    if (!this.#maySearch(couponId)) return first;
    const pending = await this.#search(admitted, couponId, new Set(unknown));
    return (await this.#epochInService(couponId)) === epoch ? pending : first;
  }

  /** Counts and remembers numbers that never become rows. */
  giveUp(couponId: CouponId, numbers: readonly number[]): void {
    const { numbers: known } = this.#voidsOf(couponId);
    for (const issueNo of numbers) {
      if (known.has(issueNo)) continue;
      known.add(issueNo);
      this.#waits.voidNumbers += 1;
    }
  }

  /** `undefined` while the coupon is out of service: its recovery may bring any number back. */
  async #epochInService(couponId: CouponId): Promise<number | undefined> {
    const { admission, catalogue, warmer } = this.#ports;
    const [record] = await catalogue.find([couponId]);
    const [snapshot] = await admission.snapshots([couponId]);
    if (record !== undefined && snapshot !== undefined && snapshot.epoch >= record.epoch)
      return snapshot.epoch;
    // Begins or joins the recovery; the process that runs it reports its faults.
    warmer.prepare(couponId).catch(() => undefined);
    return undefined;
  }

  /** A search reads every winner, so one coupon is not searched at each request. Waiting meanwhile is always right. */
  #maySearch(couponId: CouponId): boolean {
    const voids = this.#voidsOf(couponId);
    const nowMs = this.#ports.clock.monotonicMs();
    if (nowMs - voids.searchedAtMs < FRONTIER_SEARCH_EVERY_MS) return false;
    voids.searchedAtMs = nowMs;
    return true;
  }

  /** In the order in which an issuance travels: winners, then queue and claims; the caller reads the ledger afterwards. */
  async #search(
    admitted: NonNullable<UnexplainedNumbersPorts['admitted']>,
    couponId: CouponId,
    wanted: ReadonlySet<number>,
  ): Promise<number | undefined> {
    let lowest = Infinity;
    for (const chunks of [admitted.winners(couponId), admitted.unrecorded(couponId)]) {
      for await (const chunk of chunks) {
        for (const { issueNo } of chunk) if (issueNo < lowest && wanted.has(issueNo)) lowest = issueNo;
      }
    }
    return lowest === Infinity ? undefined : lowest;
  }

  #voidsOf(couponId: CouponId): CouponVoids {
    const voids = this.#voids.get(couponId) ?? { numbers: new NumberSet(), searchedAtMs: -Infinity };
    this.#voids.delete(couponId);
    this.#voids.set(couponId, voids);
    if (this.#voids.size > VOID_COUPONS_MAX) {
      const [oldest] = this.#voids.keys();
      if (oldest !== undefined) this.#voids.delete(oldest);
    }
    return voids;
  }
}
