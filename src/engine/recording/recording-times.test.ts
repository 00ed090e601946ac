import t from 'tap';
import type { Issuance, MemberId } from '../domain/coupon.js';
import { RecordingTimes } from './recording-times.js';

function issuances(...issuedAtMs: readonly number[]): Issuance[] {
  return issuedAtMs.map((atMs, place) => ({
    issueNo: place + 1,
    holder: String(place) as MemberId,
    issuedAtMs: atMs,
  }));
}

t.test('the lag of every row is counted, whatever instants they share', (t) => {
  const times = new RecordingTimes();
  times.transaction(5, 7);
  times.recorded(issuances(1_000, 1_000, 1_000, 1_040, 1_200), 1_205);
  const { lagMs, batchMs, batchSizes } = times;
  t.equal(lagMs.count, 5);
  t.equal(lagMs.sum, 205 * 3 + 165 + 5);
  const inClass = (bound: number) => lagMs.counts[lagMs.bounds.indexOf(bound)];
  t.same([inClass(10), inClass(150), inClass(250)], [1, 0, 4]);
  t.same([batchMs.count, batchMs.sum], [1, 7]);
  t.same([batchSizes.count, batchSizes.sum], [1, 5]);
  t.end();
});

t.test('what one thread has counted is added where it is asked for, once', (t) => {
  const thread = new RecordingTimes();
  const all = new RecordingTimes();
  thread.transaction(1, 3);
  thread.recorded(issuances(1_000), 1_002);
  all.merge(thread.take());
  thread.transaction(2, 4);
  thread.recorded(issuances(1_000, 1_000), 700_000_000);
  all.merge(thread.take());
  all.merge(thread.take());
  t.equal(all.lagMs.count, 3);
  t.equal(
    all.lagMs.counts.reduce((sum, count) => sum + count, 0),
    1,
    'above the last class it counts only into the whole',
  );
  t.same([all.batchMs.count, all.batchMs.sum], [2, 7]);
  t.end();
});
