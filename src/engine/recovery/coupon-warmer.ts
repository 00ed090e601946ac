/**
 * Warms a coupon: puts it into the admission store, from the catalogue and the ledger.
 *
 * Needed once after registration, and again if the store no longer has the coupon. Then the epoch grows, so that a
 * batch formed before the loss is refused instead of being decided on different data. A store shared by several
 * processes, which may return with stale data, needs more: `coupon-recovery.ts`.
 */
import type { Admission, WarmCoupon } from '../ports/admission.js';
import type { CouponCatalogue, CouponRecord, VersionedTerms } from '../ports/coupon-catalogue.js';
import type { CouponChanges } from '../ports/coupon-changes.js';
import { termsToResume } from './terms-to-resume.js';
import type { CouponRecovery } from './coupon-recovery.js';
import type { CouponId, CouponSnapshot } from '../domain/coupon.js';
import { StoreUnavailableError } from '../domain/errors.js';
import type { IssuanceLedger } from '../ports/issuance-ledger.js';
import { rowPages } from '../ports/ledger-pages.js';
import { RECOVERY_POLL_MS, RECOVERY_WAIT_MAX_MS } from '../domain/limits.js';
import type { Scheduler } from '../domain/clock.js';

export type WarmResult = 'warmed' | 'present' | 'unknown_coupon';

export interface CouponWarmerPorts {
  readonly admission: Admission;
  readonly catalogue: CouponCatalogue;
  readonly ledger: IssuanceLedger;
  /** Absent where a change of terms and the catalogue's terms are saved in one step (embedded back end). */
  readonly changes?: Pick<CouponChanges, 'withUnsettledChange'>;
  /** Absent where this process is the store (embedded back end): then a missing coupon is simply read from the tables. */
  readonly recovery?: { readonly coupons: CouponRecovery; readonly scheduler: Scheduler };
}

export class CouponWarmer {
  readonly #ports: CouponWarmerPorts;
  /** One run per coupon: many downloads of a cold coupon must not read the ledger a thousand times. */
  readonly #running = new Map<CouponId, Promise<WarmResult | 'recovering'>>();

  constructor(ports: CouponWarmerPorts) {
    this.#ports = ports;
  }

  /**
   * Idempotent, and safe while the coupon is being downloaded: with the coupon present nothing is written to the store.
   * Waits for a recovery, whichever process runs it; `warmed` then.
   *
   * @throws StoreUnavailableError, StoreOutcomeUnknownError: repeat the call.
   */
  async warm(couponId: CouponId): Promise<WarmResult> {
    let result = await this.prepare(couponId);
    if (result !== 'recovering') return result;
    for (let waitedMs = 0; waitedMs < RECOVERY_WAIT_MAX_MS; waitedMs += RECOVERY_POLL_MS) {
      await this.#ports.recovery?.scheduler.pause(RECOVERY_POLL_MS);
      result = await this.prepare(couponId);
      if (result !== 'recovering') return result === 'present' ? 'warmed' : result;
    }
    throw new StoreUnavailableError(
      `Coupon ${couponId} is still being verified or rebuilt. Try again in a moment.`,
    );
  }

  /**
   * Like {@link warm}, but does not wait: `recovering` means that the coupon is out of service and will return
   * automatically.
   *
   * @param seenIssueNo the highest number the caller has received.
   */
  prepare(couponId: CouponId, seenIssueNo = 0): Promise<WarmResult | 'recovering'> {
    const running = this.#running.get(couponId);
    if (running !== undefined) return running;
    const run = this.#prepare(couponId, seenIssueNo).finally(() => this.#running.delete(couponId));
    this.#running.set(couponId, run);
    return run;
  }

  /**
   * Saves the terms that a step in the store has led to, so that a store that comes back without the step is found to have lost it.
   *
   * @returns false: the epoch has grown since the step, and a verification may have passed an older copy without it. The coupon
   *   was prepared, and the step has to be repeated.
   */
  async saveTerms(couponId: CouponId, terms: VersionedTerms): Promise<boolean> {
    const { catalogue, recovery } = this.#ports;
    const isSaved = await catalogue.saveTerms(couponId, terms);
    if (isSaved || recovery === undefined) return true;
    await this.prepare(couponId);
    return false;
  }

  async #prepare(couponId: CouponId, seenIssueNo: number): Promise<WarmResult | 'recovering'> {
    const { admission, catalogue, recovery } = this.#ports;
    const [record] = await catalogue.find([couponId]);
    if (record === undefined) return 'unknown_coupon';
    const state = await recovery?.coupons.check(record, seenIssueNo);
    if (state === 'recovering') return state;
    const [snapshot] = await admission.snapshots([couponId]);
    if (snapshot !== undefined) {
      await this.#catchUp(record, snapshot);
      return 'present';
    }
    // The coupon was present a moment ago and is missing again: the next check begins anew.
    if (state === 'serving')
      throw new StoreUnavailableError(`Redis lost coupon ${couponId} while it was being checked. Try again.`);
    return this.#putIn(record);
  }

  /** A process that died between amending the store and saving the terms leaves the catalogue behind. */
  async #catchUp(record: CouponRecord, snapshot: CouponSnapshot): Promise<void> {
    if (snapshot.version > record.version) {
      await this.#ports.catalogue.saveTerms(record.couponId, snapshot);
    }
  }

  /** The epoch grows before anything is read: who saves terms meanwhile sees by it that they may not have been read. */
  #putIn(before: CouponRecord): Promise<WarmResult> {
    const { admission, catalogue, ledger } = this.#ports;
    const { couponId } = before;
    return admission.warm(couponId, async () => {
      const epoch = await catalogue.nextEpoch(couponId);
      const terms = await this.#termsToPutIn(before);
      const [lastIssueNo = 0] = await ledger.highestIssueNos([couponId]);
      const coupon = { ...terms, couponId, epoch, lastIssueNo, birth: before.birth };
      return { coupon, issued: rowPages(ledger, couponId) };
    });
  }

  async #termsToPutIn(before: CouponRecord): Promise<Omit<WarmCoupon, 'couponId' | 'epoch' | 'lastIssueNo'>> {
    const { catalogue, changes, ledger } = this.#ports;
    const { couponId } = before;
    if (changes === undefined) return (await catalogue.find([couponId]))[0] ?? before;
    const couponWithChange = await changes.withUnsettledChange(couponId);
    if (couponWithChange === undefined) return before;
    const [counts] = couponWithChange.unsettled === undefined ? [] : await ledger.counts([couponId]);
    return termsToResume(couponWithChange, counts?.recorded ?? 0);
  }
}
