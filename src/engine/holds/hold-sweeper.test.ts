/** Tests the sweep of holds where rows are recorded while it runs. */
import t from 'tap';
import {
  HOLD_CHECK_MAX_MS,
  HOLD_CURSOR_MAX_MS,
  HOLD_GRACE_MS,
  TRANSACTION_HOLDS_MAX,
} from '../domain/limits.js';
import { defaultRedemptionRules } from '../domain/redemption.js';
import { newCoupon } from '../testing/contracts/new-coupon.js';
import { SimulatedHoldLedger, SimulatedHolds } from '../testing/simulation/simulated-holds.js';
import { memberNamed, STORE_START_MS, StagedWorld } from '../testing/simulation/staged-world.js';
import { HoldCounters } from './hold-counters.js';
import { HoldSweeper } from './hold-sweeper.js';
import { TakeBack } from './take-back.js';

const HOLD_SECONDS = 30;
const DUE_MS = HOLD_SECONDS * 1_000 + HOLD_GRACE_MS;

async function heldCoupon() {
  const world = new StagedWorld();
  const { admission, bell, versions, warmer, clock, scheduler } = world;
  const redemption = { ...defaultRedemptionRules, holdSeconds: HOLD_SECONDS };
  const { couponId } = world.database.insert(newCoupon({ redemption }));
  await world.warmer.warm(couponId);
  const simulated = new SimulatedHolds(world.database, () => STORE_START_MS + world.time.nowMs());
  const holds = new SimulatedHoldLedger(world.databaseLink, simulated);
  const highest = () => world.database.highestIssueNo(couponId);
  /** Called before the sweeper is answered what is settled. */
  const hooks = { beforeSettled: (): void => undefined, mayFail: false };
  const counters = new HoldCounters();
  const sweeper = new HoldSweeper({
    ...{ holds, clock, scheduler, counters, onExpired: () => undefined },
    takeBack: new TakeBack({ admission, bell, holds, versions, warmer }),
    settledRows: {
      read: () => {
        hooks.beforeSettled();
        return Promise.resolve({ frontier: highest(), more: false });
      },
    },
    onFault: (fault) => {
      if (!hooks.mayFail) throw fault;
    },
  });
  const issue = (name: string): void => {
    world.store.admit({ couponId, epoch: 1, holders: [memberNamed(name)], notAfterMs: Infinity });
    const claim = world.store.claim(couponId, name, 10, 1_000);
    if (typeof claim === 'object') world.database.record(claim);
    world.store.ack(couponId, name);
  };
  /** A row alone, issued so long ago. */
  const record = (issueNo: number, agoMs: number): void => {
    const issuedAtMs = STORE_START_MS + world.time.nowMs() - agoMs;
    const issuance = { issueNo, holder: memberNamed(`m${issueNo}`), issuedAtMs };
    world.database.record({ couponId, epoch: 1, issuances: [issuance] });
  };
  const ended = (): number[] => [...world.database.ledgerOf(couponId).ended.keys()];
  return { world, couponId, sweeper, counters, holds, hooks, issue, record, ended };
}

t.test('a hold that is recorded while the cursor moves is taken back all the same', async (t) => {
  const { world, couponId, sweeper, hooks, issue, ended } = await heldCoupon();
  // No row is open when the sweep reads; then one is recorded, and counts as settled a moment later.
  hooks.beforeSettled = () => {
    hooks.beforeSettled = () => undefined;
    issue('late');
  };
  await sweeper.sweep();
  t.match(world.store.snapshot(couponId), { issued: 1 });
  await world.time.advance(DUE_MS + HOLD_CHECK_MAX_MS);
  await sweeper.sweep();
  t.match(world.store.snapshot(couponId), { issued: 0, lastIssueNo: 1 });
  t.same(ended(), [1]);
});

t.test('one sweep takes back the holds of several ranges', async (t) => {
  const { sweeper, record, ended } = await heldCoupon();
  const numbers = [1, 2, TRANSACTION_HOLDS_MAX, TRANSACTION_HOLDS_MAX + 1, 3 * TRANSACTION_HOLDS_MAX];
  for (const issueNo of numbers) record(issueNo, DUE_MS);
  await sweeper.sweep();
  t.same(ended(), numbers);
});

t.test('where the clock was set back, a hold that is due is found behind one that is not', async (t) => {
  const { world, sweeper, record, ended } = await heldCoupon();
  const states = [0, DUE_MS, 0, DUE_MS];
  for (const [place, agoMs] of states.entries()) record(place + 1, agoMs);
  await sweeper.sweep();
  t.same(ended(), [2, 4]);
  await world.time.advance(DUE_MS + HOLD_CHECK_MAX_MS);
  await sweeper.sweep();
  t.same(ended(), [2, 4, 1, 3], 'and the others in their time');
});

t.test(
  'rows that a failover of the database opened again are taken back too, some minutes later',
  async (t) => {
    const { world, couponId, sweeper, record, ended } = await heldCoupon();
    for (const issueNo of [1, 2]) record(issueNo, DUE_MS);
    await sweeper.sweep();
    await world.time.advance(HOLD_CHECK_MAX_MS);
    await sweeper.sweep();
    t.same(ended(), [1, 2]);
    const ledger = world.database.ledgerOf(couponId);
    ledger.ended.delete(2);
    ledger.revoked.delete(2);
    record(2, DUE_MS);
    await sweeper.sweep();
    t.same(ended(), [1]);
    await world.time.advance(HOLD_CURSOR_MAX_MS);
    await sweeper.sweep();
    t.same(ended(), [1, 2]);
  },
);

t.test('a hold that cannot be taken back is later with every sweep', async (t) => {
  const { world, sweeper, counters, holds, hooks, record, ended } = await heldCoupon();
  record(1, 0);
  await sweeper.sweep();
  t.equal(counters.lagMs, 0);
  hooks.mayFail = true;
  const down = () => Promise.reject(new Error('the database is down'));
  for (const fails of ['holdingCoupons', 'openHead'] as const) {
    Object.assign(holds, { [fails]: down });
    await world.time.advance(DUE_MS + 60_000);
    await sweeper.sweep();
    t.ok(counters.lagMs >= 60_000, fails);
    Reflect.deleteProperty(holds, fails);
  }
  await sweeper.sweep();
  t.same(ended(), [1]);
  t.ok(counters.lagMs > DUE_MS, 'as late as it was');
  await world.time.advance(HOLD_CHECK_MAX_MS);
  await sweeper.sweep();
  t.equal(counters.lagMs, 0);
});
