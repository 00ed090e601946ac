import { setImmediate as turn } from 'node:timers/promises';
import t from 'tap';
import { forEachConcurrently } from './for-each-concurrently.js';

t.test('all of them, in their order, with bounded concurrency', async (t) => {
  const begun: number[] = [];
  let running = 0;
  let most = 0;
  await forEachConcurrently([10, 20, 30, 40, 50], 2, async (item, place) => {
    begun.push(item, place);
    most = Math.max(most, ++running);
    await turn();
    running -= 1;
  });
  t.same(begun, [10, 0, 20, 1, 30, 2, 40, 3, 50, 4]);
  t.equal(most, 2);
});

t.test('after a fault nothing new is begun, and what runs is waited for', async (t) => {
  const ended: number[] = [];
  const working = forEachConcurrently([1, 2, 3, 4], 2, async (item) => {
    if (item === 1) throw new Error('no');
    await turn();
    ended.push(item);
  });
  await t.rejects(working, { message: 'no' });
  t.same(ended, [2]);
});
