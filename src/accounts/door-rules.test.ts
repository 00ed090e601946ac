/** Tests the copy of door rules in memory: what a poll reads, and what it leaves out. */
import t from 'tap';
import type { CouponId } from '../engine/domain/coupon.js';
import { DoorRules } from './door-rules.js';
import type { DoorRuleChange } from './door-rules.js';

/** A process with a table of rules that the test changes. */
function follower() {
  const table = { couponId: 0, revision: 0, rows: [] as DoorRuleChange[], reads: 0 };
  const rules = new DoorRules({
    doorRules: {
      settled: () => Promise.resolve({ couponId: table.couponId, revision: table.revision }),
      changesAfter: (revision, limit) => {
        table.reads += 1;
        const later = table.rows.filter((row) => row.revision > revision);
        return Promise.resolve(later.sort((one, other) => one.revision - other.revision).slice(0, limit));
      },
    },
    clock: { monotonicMs: () => 0 },
    scheduler: { every: () => () => undefined, pause: () => Promise.resolve() },
    onFault: () => undefined,
  });
  const register = (couponId: number): void => {
    table.couponId = couponId;
    table.revision += 1;
    const rule = { presence: true as const };
    table.rows.push({ couponId: couponId as CouponId, rule, revision: table.revision });
  };
  return { table, rules, register };
}

t.test('a change that was refused after it took its revision is read about once', async (t) => {
  const { table, rules, register } = follower();
  register(1);
  await rules.start();
  t.equal(table.reads, 1);
  table.revision += 1;
  await rules.refresh();
  t.equal(table.reads, 2, 'there might have been a row');
  await rules.refresh();
  await rules.refresh();
  t.equal(table.reads, 2);
  register(2);
  await rules.refresh();
  t.equal(table.reads, 3);
  t.same(rules.ruleOf(2 as CouponId), { presence: true });
});
