import t from 'tap';
import { PENDING_IDLE_MS, SWEEP_EVERY_MS, SWEEP_SELDOM_MS } from '../domain/limits.js';
import { couponNumber } from '../testing/simulation/staged-world.js';
import { PendingChecks } from './pending-checks.js';

const couponId = couponNumber(1);

/** Sweeps for so long, finds the coupon empty each time, and returns the instants at which it was checked. */
function sweep(checks: PendingChecks, fromMs: number, toMs: number, markedAtMs = 0): number[] {
  const checkedMs: number[] = [];
  for (let nowMs = fromMs; nowMs < toMs; nowMs += SWEEP_EVERY_MS) {
    for (const due of checks.due([{ couponId, markedAtMs }], nowMs)) {
      checkedMs.push(nowMs);
      checks.foundEmpty(due, nowMs);
    }
  }
  return checkedMs;
}

t.test('a coupon that stays empty is checked in the next sweep, then ever more rarely', async (t) => {
  const checkedMs = sweep(new PendingChecks(), 0, 10 * PENDING_IDLE_MS);
  t.same(
    checkedMs.slice(0, 5),
    [0, 1, 2, 4, 8].map((sweeps) => sweeps * SWEEP_EVERY_MS),
  );
  t.ok(checkedMs.filter((atMs) => atMs < PENDING_IDLE_MS).length <= 10);
  t.equal(
    Number(checkedMs.at(-1)) - Number(checkedMs.at(-2)),
    SWEEP_SELDOM_MS,
    'and no more rarely than this',
  );
});

t.test(
  'a mark that was renewed means that something may be queued: checked at once and often again',
  async (t) => {
    const checks = new PendingChecks();
    sweep(checks, 0, PENDING_IDLE_MS);
    const renewedMs = PENDING_IDLE_MS + SWEEP_EVERY_MS;
    const checkedMs = sweep(checks, renewedMs, renewedMs + 4 * SWEEP_EVERY_MS, 1);
    t.equal(checkedMs.length, 3);
  },
);

t.test('what was rung is drained, so it is checked in the next sweep and often again', async (t) => {
  const checks = new PendingChecks();
  sweep(checks, 0, PENDING_IDLE_MS);
  checks.rung(couponId, PENDING_IDLE_MS);
  t.same(checks.due([{ couponId, markedAtMs: 0 }], PENDING_IDLE_MS), []);
  const checkedMs = sweep(checks, PENDING_IDLE_MS, PENDING_IDLE_MS + 5 * SWEEP_EVERY_MS);
  t.equal(checkedMs.length, 3);
});

t.test('a coupon that was not found empty is checked again in the next sweep', async (t) => {
  const checks = new PendingChecks();
  t.same(checks.due([{ couponId, markedAtMs: 0 }], 0), [couponId]);
  t.same(checks.due([{ couponId, markedAtMs: 0 }], 1), [couponId]);
});

t.test('between two readings of all marks the new ones are enough', async (t) => {
  const checks = new PendingChecks();
  const other = couponNumber(2);
  sweep(checks, 0, 2 * SWEEP_EVERY_MS);
  t.equal(checks.latestMarkMs(2 * SWEEP_EVERY_MS), 0);
  t.same(checks.dueWith([{ couponId: other, markedAtMs: 7 }], 2 * SWEEP_EVERY_MS), [couponId, other]);
  t.equal(checks.latestMarkMs(2 * SWEEP_EVERY_MS), 7);
  t.equal(checks.latestMarkMs(SWEEP_SELDOM_MS + SWEEP_EVERY_MS), undefined, 'all of them are due again');
});

t.test('a coupon whose mark was removed is forgotten', async (t) => {
  const checks = new PendingChecks();
  sweep(checks, 0, PENDING_IDLE_MS);
  t.same(checks.due([], PENDING_IDLE_MS), []);
  checks.rung(couponId, PENDING_IDLE_MS);
  checks.foundEmpty(couponId, PENDING_IDLE_MS);
  t.same(checks.due([{ couponId, markedAtMs: 0 }], PENDING_IDLE_MS), [couponId]);
});
