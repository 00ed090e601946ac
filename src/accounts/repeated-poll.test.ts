import t from 'tap';
import { RepeatedPoll } from './repeated-poll.js';

/** Reads that end when the test calls for it. */
function held() {
  const ends: ((fault?: Error) => void)[] = [];
  const faults: unknown[] = [];
  let tick = (): void => undefined;
  const polls = new RepeatedPoll(
    () =>
      new Promise<void>((resolve, reject) => {
        ends.push((fault) => (fault === undefined ? resolve() : reject(fault)));
      }),
    {
      scheduler: {
        every: (_ms, task) => {
          tick = task;
          return () => undefined;
        },
      },
      onFault: (fault) => faults.push(fault),
    },
  );
  return { polls, ends, faults, tick: () => tick() };
}

const turn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

t.test('callers during a read all wait for the next one', async (t) => {
  const { polls, ends } = held();
  const starting = polls.start();
  const asked = Promise.all([polls.fresh(), polls.fresh(), polls.fresh()]);
  let settled = false;
  void asked.then(() => (settled = true));
  ends[0]?.();
  await starting;
  await turn();
  t.equal(ends.length, 2, 'one read for the three');
  t.equal(settled, false, 'the running read may have begun before they asked');
  ends[1]?.();
  await asked;
  t.equal(ends.length, 2);
});

t.test('reads never overlap', async (t) => {
  const { polls, ends, tick } = held();
  const starting = polls.start();
  ends[0]?.();
  await starting;
  tick();
  tick();
  t.equal(ends.length, 2);
  const asked = polls.fresh();
  tick();
  ends[1]?.();
  await turn();
  tick();
  t.equal(ends.length, 3);
  ends[2]?.();
  await asked;
});

t.test(
  'a failed read rejects its waiting callers, else it is logged, and the next one is made',
  async (t) => {
    const { polls, ends, faults, tick } = held();
    const starting = polls.start();
    ends[0]?.(new Error('away'));
    await t.rejects(starting, { message: 'away' });
    const again = polls.start();
    ends[1]?.();
    await again;
    tick();
    const asked = polls.fresh();
    ends[2]?.(new Error('away again'));
    await turn();
    t.match(faults, [{ message: 'away again' }]);
    ends[3]?.(new Error('and again'));
    await t.rejects(asked, { message: 'and again' });
    t.equal(faults.length, 1);
  },
);
