/** Tests the copy of door rules in memory: what a poll reads, and what it leaves out. */
import t from 'tap';
import type { CouponId } from '../engine/domain/coupon.js';
import { DoorRules } from './door-rules.js';
import type { DoorRuleChange } from './door-rules.js';
import { headAt } from './testing/fake-head.js';

/** A process with a table of rules that the test changes. */
function follower() {
  const table = { couponId: 0, revision: 0, life: 'a', down: false, rows: [] as DoorRuleChange[], reads: 0 };
  const rules = new DoorRules({
    doorRules: {
      settled: () => Promise.resolve({ couponId: table.couponId, ...headAt(table.revision, table.life) }),
      changesAfter: (revision, limit) => {
        table.reads += 1;
        if (table.down) return Promise.reject(new Error('the database is unreachable'));
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

t.test('a rule that has the revision of a lost change is read, and the lost rule is forgotten', async (t) => {
  const { table, rules, register } = follower();
  register(49);
  register(50);
  await rules.start();
  t.equal(rules.concerns(50 as CouponId), true);
  Object.assign(table, { revision: 1, rows: table.rows.slice(0, 1), life: 'b' });
  register(51);
  await rules.refresh();
  t.same(rules.ruleOf(51 as CouponId), { presence: true });
  t.equal(rules.isUnsettled(51 as CouponId), false);
  t.equal(rules.concerns(50 as CouponId), false);
  t.equal(rules.concerns(49 as CouponId), true);
});

t.test('a coupon that a failover lost is no longer settled, as the next one gets its id', async (t) => {
  const { table, rules } = follower();
  table.couponId = 51;
  await rules.start();
  t.equal(rules.isUnsettled(51 as CouponId), false);
  table.couponId = 50;
  await rules.refresh();
  t.equal(rules.isUnsettled(51 as CouponId), true);
});

t.test('no coupon is settled while the rules are read anew; those known stay where that fails', async (t) => {
  const { table, rules, register } = follower();
  register(50);
  await rules.start();
  table.life = 'b';
  const reading = rules.refresh();
  await Promise.resolve();
  await Promise.resolve();
  t.equal(rules.isUnsettled(50 as CouponId), true);
  await reading;
  t.equal(rules.isUnsettled(50 as CouponId), false);
  table.life = 'c';
  table.down = true;
  await t.rejects(rules.refresh());
  t.equal(rules.isUnsettled(50 as CouponId), false);
  t.same(rules.ruleOf(50 as CouponId), { presence: true });
});
