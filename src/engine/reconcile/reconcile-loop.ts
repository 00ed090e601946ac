/**
 * Checks continuously, by counts alone, that no issuance of a pending coupon is missing.
 *
 * For an idle coupon, issued = queued + claimed + recorded + dead-lettered. A coupon is judged only if nothing of it is
 * in transit and nothing was issued while the counts were read, and only once for each mark: a process that issues or
 * revokes marks the coupon pending before. `seonchak reconcile` runs the complete comparison.
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
import { finishRevokes, isUnderWay, unfinishedRevocations } from './unfinished-revocations.js';
import type { IssuanceLedger, LedgerCounts } from '../ports/issuance-ledger.js';
import type { IssuanceQueue, PendingMark, RecorderBell } from '../ports/issuance-queue.js';
import type { LedgerAudit } from '../ports/ledger-audit.js';
import { revocationPages } from '../ports/ledger-pages.js';
import { isStoreFault } from '../domain/errors.js';
import { byShard } from '../domain/by-shard.js';
import { chunksOf } from '../domain/chunks.js';
import { repeatWithoutOverlap } from '../domain/repeat.js';
import {
  MARK_TO_REVOCATION_MAX_MS,
  RECONCILE_CONCURRENT_MAX,
  RECONCILE_COUPONS_MAX,
  RECONCILE_COUPONS_PER_CALL,
  RECONCILE_EVERY_MS,
  RECONCILE_ROWS_PER_CALL,
  SWEEP_COUPONS_MAX,
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
  /** The mark under which a coupon was judged: nothing new happens to a coupon without a newer one. */
  readonly #judged = new Map<CouponId, number>();
  /** Those whose turn has been since every pending coupon had one. */
  readonly #visited = new Set<CouponId>();
  #stop: () => void = () => undefined;
  #comparing: Promise<void> = Promise.resolve();
  #stopping = false;

  constructor(ports: ReconcilerPorts) {
    this.#ports = ports;
  }

  start(): void {
    this.#stop = repeatWithoutOverlap(this.#ports.scheduler, RECONCILE_EVERY_MS, () => {
      this.#comparing = this.compareAll();
      return this.#comparing;
    });
  }

  /** Waits for what is being compared: the stores are closed next. */
  async stop(): Promise<void> {
    this.#stop();
    this.#stopping = true;
    await this.#comparing;
  }

  /** Issuances missing from both stores, all coupons together: for a metric and an alarm. */
  get gap(): number {
    return [...this.#gaps.values()].reduce((sum, gap) => sum + Math.abs(gap), 0);
  }

  /** Compares pending coupons, the next of them each time. Never rejects. */
  async compareAll(): Promise<void> {
    const { bell, queue } = this.#ports;
    try {
      const marks = await bell.pendingMarks(SWEEP_COUPONS_MAX);
      this.#forgetAllBut(new Set(marks.map(({ couponId }) => couponId)));
      for (const ofNode of byShard(queue, this.#nextOf(marks), ({ couponId }) => couponId)) {
        // A node that does not answer holds up no coupon of another.
        await this.#compareMarked(ofNode).catch((fault: unknown) => this.#ports.onFault(fault, undefined));
      }
    } catch (fault) {
      this.#ports.onFault(fault, undefined);
    }
  }

  /** However many are pending and cannot be judged yet, each has its turn. */
  #nextOf(marks: readonly PendingMark[]): readonly PendingMark[] {
    const open = marks.filter((mark) => !this.#isJudged(mark));
    let next = open.filter(({ couponId }) => !this.#visited.has(couponId));
    if (next.length === 0) {
      this.#visited.clear();
      next = open;
    }
    next = next.slice(0, RECONCILE_COUPONS_MAX);
    for (const { couponId } of next) this.#visited.add(couponId);
    return next;
  }

  async #compareMarked(marks: readonly PendingMark[]): Promise<void> {
    if (this.#stopping) return;
    const snapshots = await this.#ports.admission.snapshots(marks.map(({ couponId }) => couponId));
    const checks = marks.flatMap((mark, place) => {
      const before = snapshots[place];
      return before === undefined ? [] : [{ mark, before }];
    });
    for (const some of groupsByRows(checks)) await this.#compare(some);
    // These have issuances to record, so they were in the store: they must return to service even without any request for them.
    const absent = marks.filter((_, place) => snapshots[place] === undefined);
    await this.#eachOf(absent, ({ couponId }) => this.#ports.warmer.prepare(couponId));
  }

  /** Some at once; the fault of one is its own. */
  async #eachOf<One extends { readonly couponId: CouponId }>(
    all: readonly One[],
    task: (one: One) => Promise<unknown>,
  ): Promise<void> {
    for (const some of chunksOf(all, RECONCILE_CONCURRENT_MAX)) {
      if (this.#stopping) return;
      await Promise.all(
        some.map((one) => task(one).catch((fault: unknown) => this.#ports.onFault(fault, one.couponId))),
      );
    }
  }

  /** A gap may close under the same mark, when its rows come back. */
  #isJudged({ couponId, markedAtMs }: PendingMark): boolean {
    return this.#judged.get(couponId) === markedAtMs && !this.#gaps.has(couponId);
  }

  /** Several coupons in the calls of one; where the calls fail because of one of them, each alone. */
  async #compare(checks: readonly Check[]): Promise<void> {
    if (this.#stopping) return;
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
    if (gap > 0) {
      const { finished, begun } = await this.#finishRevokes(couponId);
      // The next comparison shows whether that was all.
      if (finished > 0 || begun >= gap) return;
    }
    // The first step of a revoke may follow the mark a little later.
    if (after.storeNowMs - mark.markedAtMs > MARK_TO_REVOCATION_MAX_MS) {
      this.#judged.set(couponId, mark.markedAtMs);
    }
    this.#reportGap(couponId, gap);
  }

  /** @returns also how many revocations have just begun: the store may have followed them by now, or is about to. */
  async #finishRevokes(couponId: CouponId): Promise<{ readonly finished: number; readonly begun: number }> {
    const { admission, admitted, audit, catalogue, clock } = this.#ports;
    let [finished, begun] = [0, 0];
    for await (const revocations of revocationPages(audit, couponId)) {
      const nowMs = clock.nowMs();
      const unfinished = await unfinishedRevocations(admitted, couponId, revocations, nowMs);
      finished += await finishRevokes(this.#ports, couponId, unfinished);
      begun += revocations.filter((revocation) => isUnderWay(revocation, nowMs)).length;
    }
    const [snapshot] = finished > 0 ? await admission.snapshots([couponId]) : [];
    if (snapshot !== undefined) await catalogue.saveTerms(couponId, snapshot);
    if (finished > 0) this.#ports.onRevokesFinished(couponId, finished);
    return { finished, begun };
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
    for (const known of [this.#judged, this.#visited])
      for (const couponId of known.keys()) if (!pending.has(couponId)) known.delete(couponId);
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

function stateOf({ epoch, version, issued, lastIssueNo }: CouponSnapshot): string {
  return [epoch, version, issued, lastIssueNo].join('/');
}
