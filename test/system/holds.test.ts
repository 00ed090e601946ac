/**
 * Holds that run out on real stores: two sweeps at once whose clocks are hours wrong, and one whose process ends between its two steps.
 *
 * `HOLDS=100000` measures how long as many holds take that run out together.
 */
import t from 'tap';
import { loadConfig } from '../../src/config/config.js';
import type { CouponId } from '../../src/engine/domain/coupon.js';
import { TRANSACTION_HOLDS_MAX } from '../../src/engine/domain/limits.js';
import { parseOrderId } from '../../src/engine/domain/redemption.js';
import { HoldCounters } from '../../src/engine/holds/hold-counters.js';
import { HoldSweeper } from '../../src/engine/holds/hold-sweeper.js';
import { Reconciler } from '../../src/engine/reconcile/reconcile-loop.js';
import { parseMemberId } from '../../src/engine/domain/member-id.js';
import { openStores, type Stores } from '../../src/server/stores.js';
import { systemClock, systemScheduler } from '../../src/server/system-time.js';
import { startMariadb } from '../servers/mariadb.js';
import { startRedis } from '../servers/redis.js';

const HOLDS = Number(process.env['HOLDS'] ?? 2_500);
const HOUR_MS = 3_600_000;
const HOLD_SECONDS = 30;

const [redis, mariadb] = await Promise.all([startRedis(), startMariadb()]);
t.teardown(() => Promise.all([redis.stop(), mariadb.stop()]));
const config = loadConfig({
  REDIS_URL: redis.url,
  MYSQL_URL: mariadb.url,
  JWT_SECRET: 'a secret of at least thirty-two bytes',
});
const open = (): Promise<Stores> =>
  openStores(config, { exclusive: true, onConnectionError: () => undefined });
const stores = await open();
t.teardown(() => stores.close());
await stores.migrate();
await stores.establishBelonging();
const { distributed } = stores;
if (distributed === undefined) throw new Error('these stores are distributed');

/** A coupon whose `count` units were issued and recorded an hour ago. */
async function heldCoupon(count: number): Promise<CouponId> {
  const terms = {
    quantity: count,
    opensAtMs: undefined,
    closesAtMs: undefined,
    paused: false,
    closed: false,
  };
  const about = { sellerId: 's', name: 'A seat', discount: undefined, createdAtMs: 1 };
  const redemption = {
    validity: undefined,
    onCancel: 'restore',
    redeemBy: 'member',
    holdSeconds: HOLD_SECONDS,
  } as const;
  const { couponId } = await stores.catalogue.insert({ ...terms, ...about, redemption });
  const issuedAtMs = Date.now() - HOUR_MS;
  for (let first = 1; first <= count; first += 1_000) {
    const issuances = Array.from({ length: Math.min(1_000, count + 1 - first) }, (_, place) => {
      const holder = parseMemberId(`m${first + place}`);
      if (holder === undefined) throw new Error('not a member id');
      return { issueNo: first + place, holder, issuedAtMs };
    });
    await stores.ledger.record({ couponId, epoch: 0, issuances });
  }
  await stores.warmer.warm(couponId);
  return couponId;
}

/** As a recorder runs it, in a process whose wall clock is wrong. */
function sweeperOf({ takeBack, holdLedger, settledRows }: Stores, skewMs: number): HoldSweeper {
  return new HoldSweeper({
    ...{ takeBack, holds: holdLedger, settledRows, counters: new HoldCounters() },
    clock: { nowMs: () => Date.now() + skewMs, monotonicMs: () => systemClock.monotonicMs() },
    scheduler: systemScheduler,
    onExpired: () => undefined,
    onFault: (fault) => t.comment(String(fault)),
  });
}

async function issuedOf(couponId: CouponId): Promise<number | undefined> {
  const [snapshot] = await stores.admission.snapshots([couponId]);
  return snapshot?.issued;
}

t.test('holds that run out together are back in stock, and what was confirmed stays', async (t) => {
  const couponId = await heldCoupon(HOLDS);
  const orderId = parseOrderId('A-1');
  if (orderId === undefined) throw new Error('not an order id');
  const actor = { kind: 'seller', id: 's', address: '' } as const;
  await stores.holdLedger.confirm({ couponId, issueNo: 7 }, orderId, actor);
  const other = await open();
  t.teardown(() => other.close());
  await other.establishBelonging();
  const startedMs = performance.now();
  const sweepers =
    HOLDS > 10_000 ? [sweeperOf(stores, 0)] : [sweeperOf(stores, -HOUR_MS), sweeperOf(other, HOUR_MS)];
  await Promise.all(sweepers.map((sweeper) => sweeper.sweep()));
  t.comment(`${HOLDS} holds in ${Math.round(performance.now() - startedMs)} ms`);
  t.same(
    (await stores.ledger.rows(couponId, 0, 10)).map(({ issueNo }) => issueNo),
    [7],
  );
  t.equal(await issuedOf(couponId), 1);
  await Promise.all(sweepers.map((sweeper) => sweeper.stop()));
});

t.test('a sweep that ends between its two steps is finished by the reconciler', async (t) => {
  const couponId = await heldCoupon(TRANSACTION_HOLDS_MAX + 500);
  const lost = { returnToStock: () => Promise.reject(new Error('the process has ended')) };
  const dying = {
    ...stores,
    takeBack: Object.assign(Object.create(stores.takeBack) as typeof stores.takeBack, {
      fromLedger: stores.takeBack.fromLedger.bind(stores.takeBack),
      finishLeft: () => Promise.resolve(),
      ...lost,
    }),
  };
  await sweeperOf(dying, 0).sweep();
  const [counts] = await stores.ledger.counts([couponId]);
  t.equal(counts?.recorded, 500, 'the first transaction is committed');
  t.equal(await issuedOf(couponId), TRANSACTION_HOLDS_MAX + 500, 'and not yet in stock');
  const reconciler = new Reconciler({
    ...stores,
    ...distributed,
    // A process whose clock is ahead: a revocation counts as left after some seconds.
    clock: { nowMs: () => Date.now() + HOUR_MS, monotonicMs: () => systemClock.monotonicMs() },
    scheduler: systemScheduler,
    onGap: () => undefined,
    onRevokesFinished: () => undefined,
    onFault: (fault) => t.comment(String(fault)),
  });
  await reconciler.compareAll();
  t.equal(await issuedOf(couponId), 500, 'the reconciler returned them');
  await sweeperOf(stores, 0).sweep();
  t.equal(await issuedOf(couponId), 0);
});
