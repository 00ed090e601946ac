import t from 'tap';
import { TokenBuckets } from './token-buckets.js';

t.test('a burst, then single ones as they come back', async (t) => {
  const buckets = new TokenBuckets({ burst: 3, refillMs: 100 });
  t.same(
    Array.from({ length: 3 }, () => buckets.take('mina', 1_000)),
    [0, 0, 0],
  );
  t.equal(buckets.take('mina', 1_000), 100, 'with the time to wait');
  t.equal(buckets.take('mina', 1_060), 40, 'who asks too early is not made to wait longer');
  t.equal(buckets.take('mina', 1_100), 0);
  t.equal(buckets.take('mina', 1_100), 100);
  t.same(
    Array.from({ length: 4 }, () => buckets.take('mina', 9_000)),
    [0, 0, 0, 100],
    'an idle time fills the bucket and no more',
  );
});

t.test('a returned token can be taken again', async (t) => {
  const buckets = new TokenBuckets({ burst: 1, refillMs: 100 });
  for (let round = 0; round < 50; round++) {
    t.equal(buckets.take('mina', 0), 0);
    buckets.giveBack('mina');
  }
  t.equal(buckets.take('mina', 0), 0);
  t.equal(buckets.take('mina', 0), 100);
});

t.test('one caller who asks without end does not touch others', async (t) => {
  const buckets = new TokenBuckets({ burst: 5, refillMs: 1_000 });
  for (let request = 0; request < 10_000; request++) buckets.take('bot', request / 100);
  const members = Array.from({ length: 20_000 }, (_, member) => String(member));
  t.equal(members.filter((member) => buckets.take(member, 100) > 0).length, 0);
  t.ok(buckets.take('bot', 100) > 0, 'and is remembered beside them');
});

t.test('more callers than buckets: forgetting is in the callers’ favour', async (t) => {
  const buckets = new TokenBuckets({ burst: 1, refillMs: 1_000 }, 64);
  const refused = Array.from({ length: 5_000 }, (_, caller) => buckets.take(`m${caller}`, 0)).filter(
    (waitMs) => waitMs > 0,
  );
  t.same(refused, []);
});

t.test('fractions of a millisecond cost no token', async (t) => {
  for (let step = 0; step < 10_000; step++) {
    const nowMs = 12_345.678 + step * 1.234567;
    const buckets = new TokenBuckets({ burst: 3, refillMs: 1_000 / 3 }, 4);
    const waits = [0, 1, 2].map(() => buckets.take('mina', nowMs));
    if (waits.some((waitMs) => waitMs > 0)) t.fail(`refused at ${nowMs}: ${waits.join(', ')}`);
  }
  t.pass('never refused');
});
