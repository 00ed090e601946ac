/** Measures recording where it happens (a recorder thread), and carries the times to the process that exports them. */
import type { Issuance } from '../domain/coupon.js';
import { Tally } from '../domain/counters.js';
import type { TallyDelta } from '../domain/counters.js';

/** Plain values: they travel between threads. */
export interface RecordingTimesDelta {
  readonly lagMs: TallyDelta;
  readonly batchMs: TallyDelta;
  readonly batchSizes: TallyDelta;
}

export class RecordingTimes {
  /** From the decision (`issuedAt`) to the commit of the row, by the store's clock. */
  readonly lagMs = new Tally([
    10, 25, 50, 75, 100, 150, 250, 500, 1_000, 2_500, 5_000, 15_000, 60_000, 600_000,
  ]);
  /** One transaction of the ledger. */
  readonly batchMs = new Tally([1, 2.5, 5, 10, 25, 50, 100, 250, 500, 1_000, 2_500, 5_000]);
  readonly batchSizes = new Tally([1, 4, 16, 64, 128, 256, 512, 1_024, 2_048, 3_000]);

  transaction(rows: number, tookMs: number): void {
    this.batchMs.add(tookMs);
    this.batchSizes.add(rows);
  }

  /** @param committedAtMs what the store's clock showed at the commit, at most. */
  recorded(issuances: readonly Issuance[], committedAtMs: number): void {
    // A batch was decided a few batches ago, so its rows share a few instants: one addition for each of those.
    let start = 0;
    for (let end = 1; end <= issuances.length; end++) {
      const issuedAtMs = issuances[start]?.issuedAtMs;
      if (issuedAtMs === undefined || issuances[end]?.issuedAtMs === issuedAtMs) continue;
      this.lagMs.add(committedAtMs - issuedAtMs, end - start);
      start = end;
    }
  }

  /** What was counted since the last call. */
  take(): RecordingTimesDelta {
    return { lagMs: this.lagMs.take(), batchMs: this.batchMs.take(), batchSizes: this.batchSizes.take() };
  }

  merge(delta: RecordingTimesDelta): void {
    this.lagMs.merge(delta.lagMs);
    this.batchMs.merge(delta.batchMs);
    this.batchSizes.merge(delta.batchSizes);
  }
}
