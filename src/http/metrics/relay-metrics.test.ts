/** Tests what `GET /metrics` reports of followers that wait for a number. */
import { Registry } from 'prom-client';
import t from 'tap';
import type { CouponId } from '../../engine/domain/coupon.js';
import { FRONTIER_WAIT_KEPT_MS } from '../../engine/domain/limits.js';
import { FrontierWaits } from '../../engine/feed/frontier-waits.js';
import { registerFrontierMetrics } from './relay-metrics.js';

t.test('the longest wait counts until its number is explained, or nobody reads any more', async (t) => {
  let nowMs = 1_000;
  const waits = new FrontierWaits({ nowMs: () => nowMs, monotonicMs: () => nowMs });
  const registry = new Registry();
  registerFrontierMetrics(registry, waits);
  const value = async (name: string): Promise<number> => {
    const [series] = (await registry.getSingleMetric(name)?.get())?.values ?? [];
    return Number(series?.value);
  };
  const lag = (): Promise<number> => value('seonchak_frontier_lag_seconds');
  const [one, other] = [1 as CouponId, 2 as CouponId];
  t.equal(await lag(), 0);
  waits.begin(one, 17);
  nowMs += 40_000;
  waits.begin(other, 3);
  nowMs += 30_000;
  waits.begin(one, 17);
  t.equal(await lag(), 70, 'the same number still: the alert comes at 60 s');
  waits.passed(one, 16);
  t.equal(await lag(), 70, 'a lower number explains nothing');
  waits.passed(one, 17);
  t.equal(await lag(), 30);
  waits.begin(other, 5);
  t.equal(await lag(), 0, 'another number is another wait');
  nowMs += FRONTIER_WAIT_KEPT_MS + 1;
  t.equal(await lag(), 0, 'a follower that has gone does not wait');
  waits.voidNumbers += 4;
  t.equal(await value('seonchak_void_numbers_total'), 4);
});
