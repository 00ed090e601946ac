/** Tests verification after a restart of Redis by two concurrent processes on real servers. */
import { randomUUID } from 'node:crypto';
import t, { type Test } from 'tap';
import { loadConfig } from '../../src/config/config.js';
import { CouponRecovery } from '../../src/engine/recovery/coupon-recovery.js';
import type { CouponCatalogue, CouponRecord } from '../../src/engine/ports/coupon-catalogue.js';
import { type Issuance, parseMemberId } from '../../src/engine/domain/coupon.js';
import { RECOVERY_LOCK_MS } from '../../src/engine/domain/limits.js';
import type { IssuanceLedger } from '../../src/engine/ports/issuance-ledger.js';
import type { RecoveryStore } from '../../src/engine/ports/recovery-store.js';
import { openStores, type Stores } from '../../src/server/stores.js';
import { systemScheduler } from '../../src/server/system-time.js';
import { startRedis } from '../servers/redis.js';
import { TEST_SECRET } from '../servers/seonchak.js';
import { LEASE_MS, sharedMariadb } from './world.js';
import { issuancesOf, oneByOne } from '../../src/engine/testing/contracts/one-by-one.js';

const mariadb = await sharedMariadb(t);

/** Stores over a Redis that has been restarted since the coupon's first three issuances were recorded. */
async function restarted(t: Test, quantity = 100): Promise<{ stores: Stores; record: CouponRecord }> {
  const redis = await startRedis();
  t.teardown(() => redis.stop());
  const env = { REDIS_URL: redis.url, MYSQL_URL: mariadb.url, JWT_SECRET: TEST_SECRET };
  const options = { exclusive: false, onConnectionError: () => undefined };
  const before = await openStores(loadConfig(env), options);
  await before.migrate();
  const { couponId } = await before.registry.register({
    ...{ sellerId: 's', name: 'n', discount: undefined, createdAtMs: 1, quantity },
    ...{ opensAtMs: undefined, closesAtMs: undefined, paused: false, closed: false },
  });
  await admitAndRecord(before, couponId, ['a', 'b', 'c']);
  await before.close();
  await redis.restart();
  const stores = await openStores(loadConfig(env), options);
  t.teardown(() => stores.close());
  const [record] = await stores.catalogue.find([couponId]);
  if (record === undefined) throw new Error('the coupon is registered');
  return { stores, record };
}

async function admitAndRecord(stores: Stores, couponId: CouponRecord['couponId'], names: readonly string[]) {
  const { epoch, issuances } = await admit(stores, couponId, names);
  await stores.ledger.record({ couponId, epoch, issuances });
}

async function admit(stores: Stores, couponId: CouponRecord['couponId'], names: readonly string[]) {
  const holders = names.map(parseMemberId).filter((memberId) => memberId !== undefined);
  const [snapshot] = await stores.admission.snapshots([couponId]);
  const epoch = snapshot?.epoch ?? 0;
  const batch = { couponId, epoch, holders, notAfterMs: Number.MAX_SAFE_INTEGER };
  const reply = await stores.admission.admit(batch);
  if (reply.status !== 'decided') throw new Error(`not decided: ${reply.status}`);
  const issuances = holders.map((memberId, place): Issuance => ({
    holder: memberId,
    issueNo: reply.firstIssueNo + place,
    issuedAtMs: reply.storeNowMs,
  }));
  return { epoch, issuances };
}

/** The real ledger; `first` happens just before it is asked for its highest number. */
function ledgerAfter(ledger: IssuanceLedger, first: () => Promise<void>): IssuanceLedger {
  return new Proxy(ledger, {
    get(target, name: keyof IssuanceLedger) {
      if (name !== 'highestIssueNos') return target[name].bind(target);
      return async (couponIds: readonly CouponRecord['couponId'][]) => {
        await first();
        return target.highestIssueNos(couponIds);
      };
    },
  });
}

/** The real catalogue; `first` happens just before the epoch grows. */
function catalogueAfter(catalogue: CouponCatalogue, first: () => Promise<unknown>): CouponCatalogue {
  return new Proxy(catalogue, {
    get(target, name: keyof CouponCatalogue) {
      if (name !== 'nextEpoch') return target[name].bind(target);
      return async (couponId: CouponRecord['couponId']) => {
        await first();
        return target.nextEpoch(couponId);
      };
    },
  });
}

function recoveryOver(
  stores: Pick<Stores, 'distributed' | 'audit' | 'catalogue' | 'changes' | 'versions'>,
  ledger: IssuanceLedger,
  store: RecoveryStore,
): CouponRecovery {
  const { distributed, audit, catalogue, changes, versions } = stores;
  if (distributed === undefined) throw new Error('the back end is distributed');
  return new CouponRecovery(
    {
      ...{ store, ledger, audit, catalogue, changes, versions, admitted: distributed.admitted },
      bell: distributed.bell,
      scheduler: systemScheduler,
      newToken: randomUUID,
      onRecovering: () => undefined,
      onRecovered: () => undefined,
      onFault: () => undefined,
    },
    { leaseMs: LEASE_MS, lockMs: RECOVERY_LOCK_MS },
  );
}

t.test('a coupon that another process verified and sold from meanwhile is consistent', async (t) => {
  const { stores, record } = await restarted(t);
  const { distributed } = stores;
  if (distributed === undefined) throw new Error('the back end is distributed');
  // Both find the coupon on this server before either raises the epoch.
  let verify = (): void => undefined;
  const mayVerify = new Promise<void>((resolve) => (verify = resolve));
  const catalogue = catalogueAfter(stores.catalogue, () => mayVerify);
  const another = recoveryOver({ ...stores, catalogue }, stores.ledger, distributed.recovery).check(
    record,
    0,
  );
  const ledger = ledgerAfter(stores.ledger, async () => {
    verify();
    t.equal(await another, 'serving');
    await admitAndRecord(stores, record.couponId, ['d', 'e']);
  });
  t.equal(await recoveryOver(stores, ledger, distributed.recovery).check(record, 0), 'serving');
  const [snapshot] = await stores.admission.snapshots([record.couponId]);
  const { version } = record;
  t.match(snapshot, { epoch: 3, version, lastIssueNo: 5 }, 'verified by both, not rebuilt');
});

t.test('claims from before a restart are not recorded once the coupon was marked verified', async (t) => {
  const { stores, record } = await restarted(t);
  const { couponId } = record;
  t.equal(await stores.warmer.prepare(couponId), 'present');
  const [snapshot] = await stores.admission.snapshots([couponId]);
  t.match(snapshot, { version: record.version, lastIssueNo: 3 }, 'verified, not rebuilt');
  const holder = parseMemberId('d');
  if (holder === undefined) throw new Error('d is a member id');
  const forgotten = [{ holder, issueNo: 4, issuedAtMs: 1 }];
  t.match(await stores.ledger.record({ couponId, epoch: record.epoch, issuances: forgotten }), {
    inserted: 0,
    stale: 1,
  });
  await admitAndRecord(stores, couponId, ['e']);
  t.equal((await stores.ledger.rowAt(couponId, 4))?.holder, 'e', 'the number is issued to another member');
});

t.test('an acknowledged number that Redis has not issued takes the coupon out of service', async (t) => {
  const { stores, record } = await restarted(t);
  t.equal(await stores.warmer.prepare(record.couponId, 9), 'recovering');
  t.same(await stores.admission.snapshots([record.couponId]), [undefined]);
  t.equal(await stores.warmer.warm(record.couponId), 'warmed');
  const [snapshot] = await stores.admission.snapshots([record.couponId]);
  t.match(
    snapshot,
    { epoch: 2, lastIssueNo: 9, issued: 3 },
    'the next number is above all that were acknowledged',
  );
});

t.test('what an older copy brings back beyond the quantity is revoked, the latest of it first', async (t) => {
  const { stores, record } = await restarted(t, 5);
  const { couponId } = record;
  await stores.warmer.prepare(couponId);
  const { epoch, issuances } = await admit(stores, couponId, ['d', 'e']);
  // Its units were lost once, and one of them issued to another member: a row that this copy does not know.
  const [template] = issuances;
  const memberId = parseMemberId('f');
  if (template === undefined || memberId === undefined) throw new Error('d and f are members');
  await stores.ledger.record({ couponId, epoch, issuances: [{ ...template, holder: memberId, issueNo: 6 }] });
  t.equal(await stores.warmer.prepare(couponId, 9), 'recovering');
  t.equal(await stores.warmer.warm(couponId), 'warmed');
  const [snapshot] = await stores.admission.snapshots([couponId]);
  t.match(snapshot, { quantity: 5, issued: 5, lastIssueNo: 9 });
  t.equal(await stores.ledger.revokedHolder(couponId, 5), 'e', 'e was the last in line without a row');
  t.equal(await stores.ledger.revokedHolder(couponId, 4), undefined);
  if (stores.distributed === undefined) throw new Error('these stores have a queue');
  const claim = await oneByOne(stores.distributed.queue).claim(couponId, randomUUID(), 10, LEASE_MS);
  const queued = issuancesOf(claim).map(({ issueNo }) => issueNo);
  t.strictSame(queued, [1, 2, 3, 4], 'those who keep theirs are on the way to their rows');
});

t.test('terms that were still being saved when the rebuild began are those it comes back with', async (t) => {
  const { stores, record } = await restarted(t);
  const { distributed } = stores;
  if (distributed === undefined) throw new Error('the back end is distributed');
  const catalogue = catalogueAfter(stores.catalogue, () =>
    stores.catalogue.saveTerms(record.couponId, { ...record, version: record.version + 1, quantity: 250 }),
  );
  const recovery = recoveryOver({ ...stores, catalogue }, stores.ledger, distributed.recovery);
  // A number that Redis has not issued: its data is lost.
  t.equal(await recovery.check(record, 9), 'recovering');
  await recovery.settle();
  const [snapshot] = await stores.admission.snapshots([record.couponId]);
  t.match(snapshot, { epoch: 2, quantity: 250, issued: 3, version: record.version + 2 });
  const [saved] = await stores.catalogue.find([record.couponId]);
  t.match(saved, { quantity: 250, version: record.version + 2 });
});

t.test(
  'a change that was made in what is lost is not saved as made once the coupon is verified',
  async (t) => {
    const { stores, record } = await restarted(t);
    const { couponId } = record;
    const begun = await stores.changes.begin({ couponId, terms: { quantity: 250 }, atMs: 1 });
    if (begun.status !== 'begun') throw new Error(`not begun: ${begun.status}`);
    // Its process has had the answer of Redis, and is slow to save it; this copy does not have the change.
    t.equal(await stores.warmer.prepare(couponId), 'present');
    const saved = await stores.changes.complete(begun.change, record.version + 1, {
      ...record,
      quantity: 250,
    });
    t.equal(saved, undefined);
    await stores.changer.finish(begun.change);
    t.match((await stores.admission.snapshots([couponId]))[0], { quantity: 250 }, 'made again in Redis');
    t.match((await stores.catalogue.find([couponId]))[0], { quantity: 250 });
  },
);
