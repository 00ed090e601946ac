import t from 'tap';
import { chunksOf } from './chunks.js';
import { repeatWithoutOverlap } from './repeat.js';
import { Rounds } from './rounds.js';

t.test('chunks keep the order and leave nothing out', (t) => {
  t.same([...chunksOf([1, 2, 3, 4, 5], 2)], [[1, 2], [3, 4], [5]]);
  t.same([...chunksOf([1, 2], 2)], [[1, 2]]);
  t.same([...chunksOf([], 2)], []);
  t.end();
});

t.test('one round is outstanding, and what arrives meanwhile forms the next', async (t) => {
  const waiting: string[] = [];
  const rounds: string[][] = [];
  let finish: () => void = () => undefined;
  const line = new Rounds({
    isWaiting: () => waiting.length > 0,
    round: () => {
      rounds.push(waiting.splice(0));
      return new Promise((resolve) => (finish = resolve));
    },
    defer: queueMicrotask,
  });
  const arrive = (name: string): void => {
    waiting.push(name);
    line.begin();
  };
  const turn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

  arrive('a');
  arrive('b');
  await turn();
  t.same(rounds, [['a', 'b']], 'what came together goes together');
  arrive('c');
  arrive('d');
  await turn();
  t.equal(rounds.length, 1, 'the first is still under way');
  finish();
  await turn();
  t.same(rounds[1], ['c', 'd']);
  finish();
  await turn();
  arrive('e');
  await turn();
  t.same(rounds[2], ['e'], 'it begins again after it had nothing to do');
});

t.test('a repeated task never overlaps itself', async (t) => {
  let tick: () => void = () => undefined;
  let runs = 0;
  let finish: () => void = () => undefined;
  const scheduler = {
    every: (ms: number, task: () => void) => {
      t.equal(ms, 100);
      tick = task;
      return () => (tick = () => undefined);
    },
  };
  const stop = repeatWithoutOverlap(scheduler, 100, () => {
    runs += 1;
    return new Promise((resolve) => (finish = resolve));
  });
  tick();
  tick();
  t.equal(runs, 1, 'the tick during a run is left out');
  finish();
  await new Promise((resolve) => setImmediate(resolve));
  tick();
  t.equal(runs, 2);
  stop();
  finish();
  await new Promise((resolve) => setImmediate(resolve));
  tick();
  t.equal(runs, 2);
});
