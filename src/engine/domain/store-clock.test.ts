import t from 'tap';
import { StoreClock } from '../domain/store-clock.js';

t.test("the store's clock is bounded by one exchange, whatever our own wall clock shows", async (t) => {
  const clock = new StoreClock();
  t.equal(clock.latestMs(50), Infinity, 'nothing is known before the first exchange');
  // Asked at our 100, the store read 5,000: it cannot have read it before we asked.
  clock.observe(5_000, 100);
  t.equal(clock.latestMs(160), 5_060);
  t.equal(clock.notBeforeMs(6_000), 1_100);
});

t.test('only the newest exchange counts, so a store with another clock is believed at once', async (t) => {
  const clock = new StoreClock();
  clock.observe(5_000, 100);
  clock.observe(3_000, 200);
  t.equal(clock.latestMs(200), 3_000);
});
