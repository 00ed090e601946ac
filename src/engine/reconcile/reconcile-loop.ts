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
import type { IssuanceLedger, LedgerCounts } from '../ports/issuance-ledger.js';
import type { IssuanceQueue, PendingMark, RecorderBell } from '../ports/issuance-queue.js';
import type { LedgerAudit } from '../ports/ledger-audit.js';
import { revocationPages } from '../ports/ledger-pages.js';
import { isStoreFault } from '../domain/errors.js';
import { chunksOf } from '../domain/chunks.js';
import { repeatWithoutOverlap } from '../domain/repeat.js';
import {
  MARK_TO_REVOCATION_MAX_MS,
  RECONCILE_AT_ONCE,
  RECONCILE_COUPONS_MAX,
  RECONCILE_COUPONS_PER_CALL,
  RECONCILE_EVERY_MS,
  RECONCILE_ROWS_PER_CALL,
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

interface Check {
  readonly mark: PendingMark;
  readonly before: CouponSnapshot;
}

interface Compared extends Check {
  readonly couponId: CouponId;
  readonly highest: number;
  readonly counts: LedgerCounts;
  readonly after: CouponSnapshot;
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
      const checks = marks.flatMap((mark, place) => {
        const before = snapshots[place];
        return before === undefined || this.#isJudged(mark, before) ? [] : [{ mark, before }];
      });
      for (const some of groupsByRows(checks)) await this.#compare(some);
      // These have issuances to record, so they were in the store: they must return to service even without any request for them.
      const absent = marks.filter((_, place) => snapshots[place] === undefined);
      await this.#eachOf(absent, ({ couponId }) => this.#ports.warmer.prepare(couponId));
      this.#forgetAllBut(new Set(couponIds));
    } catch (fault) {
      this.#ports.onFault(fault, undefined);
    }
  }

  /** Some at once; the fault of one is its own. */
  async #eachOf<One extends { readonly couponId: CouponId }>(
    all: readonly One[],
    task: (one: One) => Promise<unknown>,
  ): Promise<void> {
    for (const some of chunksOf(all, RECONCILE_AT_ONCE)) {
      await Promise.all(
        some.map((one) => task(one).catch((fault: unknown) => this.#ports.onFault(fault, one.couponId))),
      );
    }
  }

  /** A gap may close without a change of the state, when its rows come back. */
  #isJudged(mark: PendingMark, before: CouponSnapshot): boolean {
    const { couponId } = mark;
    return this.#judged.get(couponId) === judgedState(before, mark) && !this.#gaps.has(couponId);
  }

  /** Several coupons in the calls of one; where the calls fail because of one of them, each alone. */
  async #compare(checks: readonly Check[]): Promise<void> {
    try {
      const compared = await this.#readCounts(checks);
      await this.#eachOf(compared, (one) => this.#judge(one));
    } catch (fault) {
      const [first] = checks;
      if (checks.length > 1 && !isStoreFault(fault)) for (const one of checks) await this.#compare([one]);
      else this.#ports.onFault(fault, first?.mark.couponId);
    }
  }

  /** The counts of those with nothing in transit, each read after what it is compared with. */
  async #readCounts(checks: readonly Check[]): Promise<Compared[]> {
    const { admission, ledger, queue } = this.#ports;
    const idsOf = (some: readonly Check[]): CouponId[] => some.map(({ mark }) => mark.couponId);
    const highest = await ledger.highestIssueNos(idsOf(checks));
    const depths = await queue.depths(idsOf(checks));
    const still = checks
      .map((check, place) => ({ ...check, highest: highest[place] ?? 0, depth: depths[place] }))
      .filter(({ depth }) => depth !== undefined && depth.queued + depth.claimed === 0);
    const counts = await ledger.counts(idsOf(still));
    const afters = await admission.snapshots(idsOf(still));
    return still.flatMap((one, place) => {
      const [count, after] = [counts[place], afters[place]];
      return count === undefined || after === undefined
        ? []
        : [{ ...one, couponId: one.mark.couponId, counts: count, after }];
    });
  }

  async #judge({ couponId, mark, before, highest, counts, after }: Compared): Promise<void> {
    if (highest > after.lastIssueNo) {
      await this.#recover(couponId, after);
      return;
    }
    if (stateOf(after) !== stateOf(before)) return;
    const gap = after.issued - counts.recorded - counts.deadLettered;
    // The next comparison shows whether that was all.
    if (gap > 0 && (await this.#finishRevokes(couponId)) > 0) return;
    // The first step of a revoke may follow the mark a little later.
    if (after.storeNowMs - mark.markedAtMs > MARK_TO_REVOCATION_MAX_MS) {
      this.#judged.set(couponId, judgedState(before, mark));
    }
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

/** The counts of a group are one query, which reads every row of its coupons. */
function groupsByRows(checks: readonly Check[]): Check[][] {
  const groups: Check[][] = [];
  let rows = Number.POSITIVE_INFINITY;
  for (const check of checks) {
    rows += check.before.issued;
    const last = groups.at(-1);
    if (last !== undefined && rows <= RECONCILE_ROWS_PER_CALL && last.length < RECONCILE_COUPONS_PER_CALL) {
      last.push(check);
    } else {
      groups.push([check]);
      rows = check.before.issued;
    }
  }
  return groups;
}

function judgedState(before: CouponSnapshot, { markedAtMs }: PendingMark): string {
  return `${stateOf(before)}/${markedAtMs}`;
}

function stateOf({ epoch, version, issued, lastIssueNo }: CouponSnapshot): string {
  return [epoch, version, issued, lastIssueNo].join('/');
}
