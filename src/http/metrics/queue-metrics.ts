/**
 * Registers the metrics of the backlog between decision and row.
 *
 * The queues are read at most once a second, and only for a scrape.
 */
import { Gauge } from 'prom-client';
import type { Registry } from 'prom-client';
import { chunksOf } from '../../engine/domain/chunks.js';
import type { CouponId } from '../../engine/domain/coupon.js';
import type { BacklogAge, IssuanceQueue, RecorderBell } from '../../engine/ports/issuance-queue.js';
import { SWEEP_BATCH_MAX, SWEEP_COUPONS_MAX } from '../../engine/domain/limits.js';

/** Two scrapes within this see the same queues. */
const QUEUES_FRESH_MS = 1_000;

/** Coupons with a backlog whose oldest issuance is read, the longest ago marked pending first. */
const AGES_MAX = 500;

export interface BacklogSources {
  readonly queue: Pick<IssuanceQueue, 'depths'> & BacklogAge;
  readonly bell: Pick<RecorderBell, 'pendingMarks'>;
  monotonicMs(): number;
}

export interface QueueReading {
  readonly queued: number;
  readonly claimed: number;
  readonly coupons: number;
  readonly oldestSeconds: number;
  readonly readable: 0 | 1;
}

/** All processes see the same queues, so of several the largest reading counts and not the sum. */
export function registerQueueMetrics(registry: Registry, sources: BacklogSources): void {
  let readAtMs = Number.NEGATIVE_INFINITY;
  let reading: Promise<QueueReading> | undefined;
  const seen = (): Promise<QueueReading> => {
    if (reading === undefined || sources.monotonicMs() - readAtMs > QUEUES_FRESH_MS) {
      readAtMs = sources.monotonicMs();
      reading = readQueues(sources);
    }
    return reading;
  };
  const gauge = (name: string, help: string, part: keyof QueueReading): void => {
    new Gauge({
      name: `seonchak_${name}`,
      help,
      aggregator: 'max',
      registers: [registry],
      async collect() {
        this.set((await seen())[part]);
      },
    });
  };
  gauge('queue_depth', 'Issuances waiting to be recorded.', 'queued');
  gauge('claimed', 'Issuances claimed by a recorder and not yet acknowledged.', 'claimed');
  gauge(
    'oldest_unrecorded_seconds',
    'Age of the oldest issuance without a row; 0 if there is none.',
    'oldestSeconds',
  );
  gauge('announced_coupons', 'Coupons marked as having issuances to record.', 'coupons');
  gauge('queues_readable', 'Whether the queues could be read: 1 or 0.', 'readable');
}

/** Never fails: what cannot be read is not a number, and `readable` is 0. */
export async function readQueues({ queue, bell }: BacklogSources): Promise<QueueReading> {
  let queued = 0;
  let claimed = 0;
  const withBacklog: CouponId[] = [];
  try {
    const couponIds = (await bell.pendingMarks(SWEEP_COUPONS_MAX)).map(({ couponId }) => couponId);
    for (const some of chunksOf(couponIds, SWEEP_BATCH_MAX)) {
      for (const [place, depth] of (await queue.depths(some)).entries()) {
        const couponId = some[place];
        if (depth === undefined) continue;
        queued += depth.queued;
        claimed += depth.claimed;
        if (couponId !== undefined && depth.queued + depth.claimed > 0) withBacklog.push(couponId);
      }
    }
    const ages = await queue.oldestAgesMs(withBacklog.slice(0, AGES_MAX));
    const oldestSeconds = Math.max(0, ...ages.map((ageMs) => ageMs ?? 0)) / 1_000;
    return { queued, claimed, coupons: couponIds.length, oldestSeconds, readable: 1 };
  } catch {
    // The other metrics are most useful when a store is unreachable.
    const unknown = Number.NaN;
    return { queued: unknown, claimed: unknown, coupons: unknown, oldestSeconds: unknown, readable: 0 };
  }
}
