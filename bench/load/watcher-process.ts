/**
 * Reads live streams in a process of its own, so that its CPU is counted separately.
 *
 * Plain sockets are used: a thousand requests of a client library would cost more than the streams.
 */
import { connect } from 'node:net';
import type { WatchersAnswer, WatchersTask } from './watchers.js';

const WINDOW_MS = 1_000;
const CONNECTED_AT_ONCE = 50;

/** When each event came, by coupon; of one stream each, since all streams of a coupon get the same. */
const updates = new Map<number, number[]>();
let events = 0;

function watch(host: string, couponId: number, isFirst: boolean): Promise<void> {
  const [address = '', port] = host.split(':');
  return new Promise((resolve, reject) => {
    const socket = connect(Number(port), address);
    socket.setEncoding('latin1');
    socket.once('error', reject);
    socket.write(`GET /v1/coupons/${couponId}/live HTTP/1.1\r\nHost: ${host}\r\n\r\n`);
    socket.on('data', (text: string) => {
      const came = text.split('\ndata: ').length - 1;
      events += came;
      if (isFirst) for (let one = 0; one < came; one++) updates.get(couponId)?.push(performance.now());
      if (came > 0) resolve();
    });
  });
}

async function watchAll({ host, couponIds, watchers }: WatchersTask): Promise<void> {
  for (let first = 0; first < watchers; first += CONNECTED_AT_ONCE) {
    const some = Array.from({ length: Math.min(CONNECTED_AT_ONCE, watchers - first) }, (_, index) => {
      const couponId = couponIds[(first + index) % couponIds.length] ?? 0;
      const isFirst = !updates.has(couponId);
      if (isFirst) updates.set(couponId, []);
      return watch(host, couponId, isFirst);
    });
    await Promise.all(some);
  }
}

/** The most updates of one coupon within any second. */
function mostWithinASecond(): number {
  let most = 0;
  for (const times of updates.values()) {
    let start = 0;
    for (const [end, time] of times.entries()) {
      while (time - (times[start] ?? time) >= WINDOW_MS) start++;
      most = Math.max(most, end - start + 1);
    }
  }
  return most;
}

process.on('message', (task: WatchersTask | 'report') => {
  if (task === 'report') {
    const answer: WatchersAnswer = { kind: 'report', events, mostPerSecond: mostWithinASecond() };
    process.send?.(answer, () => process.exit());
    return;
  }
  watchAll(task).then(
    () => process.send?.({ kind: 'watching' } satisfies WatchersAnswer),
    (fault: unknown) => process.send?.({ kind: 'failed', message: String(fault) } satisfies WatchersAnswer),
  );
});
process.on('disconnect', () => process.exit());
