import t from 'tap';
import { sharedTimers } from './shared-timers.js';

t.test('tasks of one interval share a timer, which ends with the last of them', (t) => {
  const timers = new Map<number, () => void>();
  const shared = sharedTimers({
    endOfTurn: (task) => task(),
    pause: () => Promise.resolve(),
    every: (ms, task) => {
      t.notOk(timers.has(ms), 'one for each interval');
      timers.set(ms, task);
      return () => void timers.delete(ms);
    },
  });
  const ran: string[] = [];
  const endFirst = shared.every(500, () => ran.push('first'));
  const endSecond = shared.every(500, () => {
    ran.push('second');
    endFirst();
  });
  const endOther = shared.every(40, () => ran.push('other'));
  timers.get(500)?.();
  timers.get(500)?.();
  timers.get(40)?.();
  t.same(ran, ['first', 'second', 'second', 'other']);
  endSecond();
  endSecond();
  t.same([...timers.keys()], [40]);
  shared.every(500, () => ran.push('again'));
  t.same([...timers.keys()], [40, 500]);
  endOther();
  t.same([...timers.keys()], [500]);
  t.end();
});
