/** Keeps a coupon with winners and a reader of its settled rows, for the frontier contract. */
import type { Clock } from '../../domain/clock.js';
import type { CouponId } from '../../domain/coupon.js';
import { SettledRows } from '../../feed/settled-rows.js';
import type { Admission } from '../../ports/admission.js';
import type { AdmittedIssuances } from '../../ports/admitted-issuances.js';
import type { CouponCatalogue } from '../../ports/coupon-catalogue.js';
import type { IssuanceLedger } from '../../ports/issuance-ledger.js';
import type { IssuanceQueue } from '../../ports/issuance-queue.js';
import type { LedgerAudit } from '../../ports/ledger-audit.js';
import { CouponWarmer } from '../../recovery/coupon-warmer.js';
import { member, members } from './ids.js';

export interface FrontierUnderTest {
  readonly ledger: IssuanceLedger;
  readonly audit: LedgerAudit;
  readonly catalogue: CouponCatalogue;
  readonly admission: Admission;
  /** Left out where the decision is the row. */
  readonly distributed?: {
    readonly queue: IssuanceQueue;
    readonly admitted: AdmittedIssuances;
    /** The store loses everything it holds. */
    lose(): Promise<void>;
  };
  close(): Promise<void>;
}
const FAR_FUTURE_MS = Date.UTC(2100, 0, 1);
/** Above the time between two searches for one number (FRONTIER_SEARCH_EVERY_MS). */
const TICK_MS = 10_000;

/** A coupon with winners, and a reader of its rows. */
export class Line {
  readonly couponId: CouponId;
  readonly warmer: CouponWarmer;
  readonly settled: SettledRows;
  readonly #under: FrontierUnderTest;

  private constructor(couponId: CouponId, under: FrontierUnderTest) {
    this.couponId = couponId;
    this.#under = under;
    this.warmer = new CouponWarmer(under);
    let nowMs = 0;
    // Every question comes long after the previous one, so no search is put off.
    const clock: Clock = { nowMs: () => Date.now(), monotonicMs: () => (nowMs += TICK_MS) };
    this.settled = new SettledRows({
      ...under,
      admitted: under.distributed?.admitted,
      warmer: this.warmer,
      clock,
    });
  }

  static async open(under: FrontierUnderTest, winners: number): Promise<Line> {
    const { couponId } = await under.catalogue.insert({
      ...{ sellerId: 's', name: 'followed', quantity: 10_000, discount: undefined, createdAtMs: Date.now() },
      ...{ opensAtMs: undefined, closesAtMs: undefined, paused: false, closed: false },
    });
    const line = new Line(couponId, under);
    await line.warmer.warm(couponId);
    if (winners > 0) await line.admit(winners);
    return line;
  }

  async admit(count: number, prefix?: string): Promise<void> {
    const { admission } = this.#under;
    const [snapshot] = await admission.snapshots([this.couponId]);
    const holders = members(count, prefix);
    const batch = {
      couponId: this.couponId,
      epoch: snapshot?.epoch ?? 0,
      holders,
      notAfterMs: FAR_FUTURE_MS,
    };
    const reply = await admission.admit(batch);
    if (reply.status !== 'decided' || reply.issuedCount !== count) throw new Error('not all issued');
  }

  async revoke(issueNo: number, memberId: string): Promise<void> {
    const { catalogue, ledger, admission } = this.#under;
    const [record] = await catalogue.find([this.couponId]);
    await ledger.revoke(this.couponId, record?.epoch ?? 0, issueNo, member(memberId), Date.now());
    await admission.revoke(this.couponId, issueNo, member(memberId));
  }

  /** The numbers above `after` as far as they are settled, and the frontier. */
  async read(after = 0, limit = 1_000): Promise<{ numbers: number[]; frontier: number; more: boolean }> {
    const { rows, frontier, more } = await this.settled.read(this.couponId, after, limit);
    return { numbers: rows.map(({ issueNo }) => issueNo), frontier, more };
  }
}
