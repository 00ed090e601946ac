/** Tests that a process that was frozen asks for the rules before it decides anything. */
import t from 'tap';
import { DoorRules } from '../../accounts/door-rules.js';
import type { DoorRuleChange } from '../../accounts/door-rules.js';
import { headAt } from '../../accounts/testing/fake-head.js';
import { StoreUnavailableError } from '../../engine/domain/errors.js';
import type { CouponId } from '../../engine/domain/coupon.js';
import { Door } from './door.js';
import { watchProcessPauses } from './process-pause.js';

const couponId = 1 as CouponId;

/** A process whose timers the test runs, with a database that it can hold up. */
function frozenProcess() {
  const state = {
    nowMs: 0,
    changes: [] as DoorRuleChange[],
    held: [] as (() => void)[],
    holds: false,
    down: false,
    lastId: 1,
  };
  const timers: (() => void)[] = [];
  const clock = { monotonicMs: () => state.nowMs, nowMs: () => state.nowMs };
  const scheduler = {
    every: (_ms: number, task: () => void) => {
      timers.push(task);
      return () => undefined;
    },
    pause: () => Promise.resolve(),
  };
  const rules = new DoorRules({
    ...{ clock, scheduler, onFault: () => undefined },
    doorRules: {
      settled: async () => {
        if (state.holds) await new Promise<void>((resolve) => state.held.push(resolve));
        if (state.down) throw new StoreUnavailableError('no database');
        return { couponId: state.lastId, ...headAt(state.changes.length) };
      },
      changesAfter: (revision) => Promise.resolve(state.changes.slice(revision)),
    },
  });
  watchProcessPauses({ clock, scheduler }, () => rules.refreshAfterPause(() => Promise.resolve()));
  const has = () => 'not_loaded' as const;
  const tickets = { check: () => 'presence_required' as const, isConfigured: true };
  const door = new Door({ rules, tickets, audiences: { has }, holders: { has } });
  const tick = (atMs: number): void => {
    state.nowMs = atMs;
    for (const timer of timers) timer();
  };
  return { state, rules, door, tick };
}

const visit = { couponId, memberId: 'm-1' as never, unit: 1, ticket: '', claims: undefined };
const RULE: DoorRuleChange = { couponId, rule: { presence: true }, revision: 1 };

t.test('a rule that was made meanwhile holds for the first download after the pause', async (t) => {
  const { state, rules, door, tick } = frozenProcess();
  await rules.start();
  t.equal(door.concerns(couponId), false);
  for (const atMs of [250, 500, 750]) tick(atMs);
  t.equal(door.concerns(couponId), false, 'timers in time change nothing');
  await rules.refresh();
  state.holds = true;
  state.changes.push(RULE);
  tick(3_000);
  t.equal(door.concerns(couponId), true, 'every coupon has to be asked about');
  const verdict = door.judge(visit, true);
  state.holds = false;
  for (const answer of state.held) answer();
  t.match(await verdict, { kind: 'refused', reason: 'presence_required' });
});

t.test(
  'a download that waited for a new coupon before the pause is not answered as if there were none',
  async (t) => {
    const { state, rules, door, tick } = frozenProcess();
    state.lastId = 0;
    await rules.start();
    state.lastId = 1;
    state.holds = true;
    const verdict = door.judge(visit, true);
    await new Promise((resolve) => setImmediate(resolve));
    tick(3_000);
    state.holds = false;
    for (const answer of state.held) answer();
    t.match(await verdict, { kind: 'passes' });
    state.down = true;
    tick(6_000);
    const other = { ...visit, couponId: 2 as CouponId };
    t.match(await door.judge(other, true), { outcome: { outcome: 'not_ready' } }, 'no guess about a new one');
  },
);

t.test('where the database cannot be reached, the process goes on with what it knows', async (t) => {
  const { state, rules, door, tick } = frozenProcess();
  await rules.start();
  state.down = true;
  tick(3_000);
  t.match(await door.judge(visit, true), { kind: 'passes', refusedAs: undefined });
  t.equal(door.concerns(couponId), false);
});
