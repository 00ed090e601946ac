/**
 * Checks continuously, by counts alone, that no issuance of a pending coupon is missing.
 *
 * For an idle coupon, issued = queued + claimed + recorded + dead-lettered. A coupon is judged only if nothing of it is
 * in transit and nothing was issued while the counts were read, and only once per state and mark: a revoke marks its coupon pending before
 * its first step, and a process that dies after that step leaves the state of the store as it was. `seonchak reconcile` runs the complete
 * comparison.
 *
 * The loop repairs one finding automatically: a revoke whose process died between its two steps. The revocation is in
 * the ledger, so the store only has to follow.
 */
import type { Admission } from '../ports/admission.js';
import type { AdmittedIssuances } from '../ports/admitted-issuances.js';
import type { Versions } from '../ports/versions.js';
import type { Clock, Scheduler } from '../domain/clock.js';
import type { CouponCatalogue } from '../ports/coupon-catalogue.js';
import type { CouponRecovery } from '../recovery/coupon-recovery.js';
import type { CouponWarmer } from '../recovery/coupon-warmer.js';
import type { CouponId, CouponSnapshot } from '../domain/coupon.js';
import { finishRevokes, unfinishedRevocations } from './unfinished-revocations.js';
import type { IssuanceLedger } from '../ports/issuance-ledger.js';
import type { IssuanceQueue, PendingMark, RecorderBell } from '../ports/issuance-queue.js';
import type { LedgerAudit } from '../ports/ledger-audit.js';
import { revocationPages } from '../ports/ledger-pages.js';
import { chunksOf } from '../domain/chunks.js';
import { repeatWithoutOverlap } from '../domain/repeat.js';
import {
  MARK_TO_REVOCATION_MAX_MS,
  RECONCILE_AT_ONCE,
  RECONCILE_COUPONS_MAX,
  RECONCILE_EVERY_MS,
} from '../domain/limits.js';

export interface ReconcilerPorts {
  readonly admission: Admission;
  readonly admitted: Pick<AdmittedIssuances, 'held'>;
  readonly versions: Pick<Versions, 'publish'>;
  readonly audit: LedgerAudit;
  readonly catalogue: CouponCatalogue;
  readonly clock: Clock;
  readonly ledger: IssuanceLedger;
  readonly queue: IssuanceQueue;
  readonly bell: RecorderBell;
  readonly warmer: CouponWarmer;
  readonly coupons: CouponRecovery;
  readonly scheduler: Scheduler;
  /**
   * `gap`: issuances missing from both stores; below 0, more of them than were issued. Called when it changes, 0
   * included.
   */
  onGap(couponId: CouponId, gap: number): void;
  /** `count` unfinished revocations were completed. */
  onRevokesFinished(couponId: CouponId, count: number): void;
  onFault(fault: unknown, couponId: CouponId | undefined): void;
}

export class Reconciler {
  readonly #ports: ReconcilerPorts;
  readonly #gaps = new Map<CouponId, number>();
  /** The state that was judged last: nothing new happens to a coupon without changing it. */
  readonly #judged = new Map<CouponId, string>();
  #stop: () => void = () => undefined;

  constructor(ports: ReconcilerPorts) {
    this.#ports = ports;
  }

  start(): void {
    this.#stop = repeatWithoutOverlap(this.#ports.scheduler, RECONCILE_EVERY_MS, () => this.compareAll());
  }

  stop(): void {
    this.#stop();
  }

  /** Issuances missing from both stores, all coupons together: for a metric and an alarm. */
  get gap(): number {
    return [...this.#gaps.values()].reduce((sum, gap) => sum + Math.abs(gap), 0);
  }

  /** Compares every pending coupon once. Never rejects. */
  async compareAll(): Promise<void> {
    try {
      const marks = await this.#ports.bell.pendingMarks(RECONCILE_COUPONS_MAX);
      const couponIds = marks.map(({ couponId }) => couponId);
      const snapshots = await this.#ports.admission.snapshots(couponIds);
      const checks = marks.map((mark, place) => ({ mark, snapshot: snapshots[place] }));
      for (const some of chunksOf(checks, RECONCILE_AT_ONCE)) {
        await Promise.all(
          some.map(({ mark, snapshot }) =>
            this.#checkCoupon(mark, snapshot).catch((fault: unknown) => {
              this.#ports.onFault(fault, mark.couponId);
            }),
          ),
        );
      }
      this.#forgetAllBut(new Set(couponIds));
    } catch (fault) {
      this.#ports.onFault(fault, undefined);
    }
  }

  async #checkCoupon(
    { couponId, markedAtMs }: PendingMark,
    before: CouponSnapshot | undefined,
  ): Promise<void> {
    const { admission, ledger, queue, warmer } = this.#ports;
    if (before === undefined) {
      // The coupon has issuances to record, so it was in the store: it must return to service even without any request
      // for it.
      await warmer.prepare(couponId);
      return;
    }
    // A gap may close without a change of the state, when its rows come back.
    const judged = `${stateOf(before)}/${markedAtMs}`;
    if (this.#judged.get(couponId) === judged && !this.#gaps.has(couponId)) return;
    const highest = await ledger.highestIssueNo(couponId);
    const [depth] = await queue.depths([couponId]);
    if (depth === undefined || depth.queued + depth.claimed > 0) return;
    const [counts] = await ledger.counts([couponId]);
    const [after] = await admission.snapshots([couponId]);
    if (counts === undefined || after === undefined) return;
    if (highest > after.lastIssueNo) {
      await this.#recover(couponId, after);
      return;
    }
    if (stateOf(after) !== stateOf(before)) return;
    const gap = after.issued - counts.recorded - counts.deadLettered;
    // The next comparison shows whether that was all.
    if (gap > 0 && (await this.#finishRevokes(couponId)) > 0) return;
    // The first step of a revoke may follow the mark a little later.
    if (after.storeNowMs - markedAtMs > MARK_TO_REVOCATION_MAX_MS) this.#judged.set(couponId, judged);
    this.#reportGap(couponId, gap);
  }

  async #finishRevokes(couponId: CouponId): Promise<number> {
    const { admission, admitted, audit, catalogue, clock } = this.#ports;
    let finished = 0;
    for await (const revocations of revocationPages(audit, couponId)) {
      const half = await unfinishedRevocations(admitted, couponId, revocations, clock.nowMs());
      finished += await finishRevokes(this.#ports, couponId, half);
    }
    const [snapshot] = finished > 0 ? await admission.snapshots([couponId]) : [];
    if (snapshot !== undefined) await catalogue.saveTerms(couponId, snapshot);
    if (finished > 0) this.#ports.onRevokesFinished(couponId, finished);
    return finished;
  }

  async #recover(couponId: CouponId, snapshot: CouponSnapshot): Promise<void> {
    const [record] = await this.#ports.catalogue.find([couponId]);
    if (record === undefined) return;
    await this.#ports.coupons.suspend(record, snapshot.epoch, snapshot.lastIssueNo);
  }

  #reportGap(couponId: CouponId, gap: number): void {
    if (gap === (this.#gaps.get(couponId) ?? 0)) return;
    if (gap === 0) this.#gaps.delete(couponId);
    else this.#gaps.set(couponId, gap);
    this.#ports.onGap(couponId, gap);
  }

  /** An idle coupon loses its mark; a gap that was found stays known. */
  #forgetAllBut(pending: ReadonlySet<CouponId>): void {
    for (const couponId of this.#judged.keys()) if (!pending.has(couponId)) this.#judged.delete(couponId);
  }
}

function stateOf({ epoch, version, issued, lastIssueNo }: CouponSnapshot): string {
  return [epoch, version, issued, lastIssueNo].join('/');
}
