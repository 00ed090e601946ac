/** Tests which updates the watchers of one coupon get, and when. */
import t from 'tap';
import { parseCouponId } from '../domain/coupon.js';
import type { CouponId } from '../domain/coupon.js';
import { LIVE_HISTORY_UPDATES, LIVE_REFRESH_MS } from '../domain/limits.js';
import { LiveTopic } from './live-topic.js';
import type { LiveReading } from './live-topic.js';

const couponId = parseCouponId('1') as CouponId;
const START_MS = 1_800_000_000_000;

function reading(afterMs: number, issued: number, lastIssueNo = issued): LiveReading {
  return {
    state: 'open',
    quantity: 1_000,
    opensAtMs: undefined,
    closesAtMs: undefined,
    issued,
    lastIssueNo,
    storeNowMs: START_MS + afterMs,
  };
}

t.test('an unchanged state is not published again until a refresh is due', async (t) => {
  const topic = new LiveTopic(couponId, reading(0, 0), 0);
  t.equal(topic.take(reading(200, 0), 200), undefined);
  t.equal(topic.latest.storeNowMs, START_MS + 200, 'but a new watcher gets the present state');
  t.ok(topic.take(reading(LIVE_REFRESH_MS, 0), LIVE_REFRESH_MS));
});

t.test(
  'the speed is that of the last second, and falls to zero a second after the last issuance',
  async (t) => {
    const topic = new LiveTopic(couponId, reading(0, 0), 0);
    const speeds = [200, 400, 600, 800, 1_000, 1_200].map(
      (atMs) => topic.take(reading(atMs, Math.min(atMs, 1_000) / 2), atMs)?.issuedPerSecond,
    );
    t.same(speeds, [500, 500, 500, 500, 500, 400]);
    t.equal(topic.take(reading(2_000, 500), 2_000)?.issuedPerSecond, 0);
  },
);

t.test('a revoked number was issued nevertheless: the speed never becomes negative', async (t) => {
  const topic = new LiveTopic(couponId, reading(0, 10), 0);
  const update = topic.take(reading(500, 8, 12), 500);
  t.equal(update?.issuedPerSecond, 4);
  t.equal(update?.remaining, 992);
});

t.test('a store that was rebuilt, or whose clock was set back, begins anew', async (t) => {
  const topic = new LiveTopic(couponId, reading(0, 100), 0);
  t.equal(topic.take(reading(200, 90), 200)?.issuedPerSecond, 0);
  t.equal(topic.take(reading(-5_000, 95), 400)?.issuedPerSecond, 0);
});

t.test('a watcher who reconnects gets the updates since, as far as they are kept', async (t) => {
  const topic = new LiveTopic(couponId, reading(0, 0), 0);
  for (let count = 1; count <= 3; count++) topic.take(reading(count * 200, count), count * 200);
  t.same(
    topic.publishedAfter(START_MS + 200).map((update) => update.issued),
    [2, 3],
  );
  for (let count = 4; count <= 300; count++) topic.take(reading(count * 200, count), count * 200);
  t.equal(topic.publishedAfter(0).length, LIVE_HISTORY_UPDATES);
});
