import { createConnection } from 'mysql2/promise';
import t from 'tap';
import { startMariadb } from '../../../test/servers/mariadb.js';
import type { CouponId, Issuance, MemberId } from '../../engine/domain/coupon.js';
import type { IssuanceLedger, RecordResult } from '../../engine/ports/issuance-ledger.js';
import { issuanceLedgerContract } from '../../engine/testing/contracts/issuance-ledger-contract.js';
import { openMysql } from './open-mysql.js';

const server = await startMariadb();
t.teardown(() => server.stop());
const setUp = openMysql(server.url);
await setUp.migrate();
await setUp.close();

let lastCouponId = 2 ** 48;
const newCoupon = (): CouponId => (lastCouponId += 1) as CouponId;

function issuances(from: number, to: number): Issuance[] {
  return Array.from({ length: to - from + 1 }, (_, place) => ({
    issueNo: from + place,
    holder: `m${from + place}` as MemberId,
    issuedAtMs: 1_700_000_000_000,
  }));
}

function inserted(count: number): RecordResult {
  return { inserted: count, replayed: 0, revoked: 0, deadLettered: 0, stale: 0 };
}

/**
 * Every batch is first recorded between two others, as a recorder does it. When the three are contested each is recorded
 * alone, and the company must come through whatever the batch meets.
 */
function inCompany(ledger: IssuanceLedger): IssuanceLedger {
  return {
    async record(batch) {
      const before = { couponId: newCoupon(), epoch: 1, issuances: issuances(1, 3) };
      const after = { couponId: newCoupon(), epoch: 1, issuances: issuances(1, 2) };
      if ((await ledger.recordTogether([before, batch, after])) === 'recorded')
        return inserted(batch.issuances.length);
      const results: RecordResult[] = [];
      for (const each of [before, batch, after]) results.push(await ledger.record(each));
      const [first, result, last] = results;
      if (first?.inserted !== 3 || result === undefined || last?.inserted !== 2)
        throw new Error('the company was not recorded');
      return result;
    },
    recordTogether: (batches) => ledger.recordTogether(batches),
    revoke: (...args) => ledger.revoke(...args),
    revokedHolder: (...args) => ledger.revokedHolder(...args),
    rowOf: (...args) => ledger.rowOf(...args),
    rowAt: (...args) => ledger.rowAt(...args),
    rows: (...args) => ledger.rows(...args),
    rowsOfMember: (...args) => ledger.rowsOfMember(...args),
    use: (...args) => ledger.use(...args),
    counts: (...args) => ledger.counts(...args),
    highestIssueNos: (...args) => ledger.highestIssueNos(...args),
  };
}

issuanceLedgerContract(t, 'MariaDB, in company', async () => {
  const stores = openMysql(server.url);
  const others = openMysql(server.url, { connections: 1 });
  return {
    ledger: inCompany(stores.ledger),
    other: inCompany(others.ledger),
    catalogue: stores.catalogue,
    async close() {
      await stores.close();
      await others.close();
    },
  };
});

t.test('batches of many coupons are one transaction', async (t) => {
  const stores = openMysql(server.url, { connections: 1 });
  t.teardown(() => stores.close());
  const status = await createConnection(server.url);
  t.teardown(() => status.end());
  const commits = async (): Promise<number> => {
    const [rows] = await status.query("show global status like 'Com_commit'");
    return Number((rows as { Value: string }[])[0]?.Value);
  };
  const before = await commits();
  const batches = Array.from({ length: 100 }, () => ({
    couponId: newCoupon(),
    epoch: 1,
    issuances: issuances(1, 2),
  }));
  t.equal(await stores.ledger.recordTogether(batches), 'recorded');
  t.equal((await commits()) - before, 1);
  for (const { couponId } of batches) t.equal((await stores.ledger.rows(couponId, 0, 10)).length, 2);
});

t.test(
  'a lock that another transaction holds for long costs the others one wait, and no row of theirs',
  async (t) => {
    const stores = openMysql(server.url, { connections: 1 });
    t.teardown(() => stores.close());
    const [locked, free] = [newCoupon(), newCoupon()];
    const holder = await createConnection(server.url);
    t.teardown(() => holder.end());
    await holder.query('start transaction');
    await holder.query(
      "insert into member_coupon (coupon_id, issue_no, member_id, issued_at) values (?, 1, 'm1', 0)",
      [locked],
    );
    const batches = [free, locked].map((couponId) => ({ couponId, epoch: 1, issuances: issuances(1, 2) }));
    t.same(await stores.ledger.recordTogether(batches), ['contested', 'contested']);
    t.same(await stores.ledger.rows(free, 0, 10), []);
    await holder.query('rollback');
    t.equal(await stores.ledger.recordTogether(batches), 'recorded');
  },
);

t.test('numbers beyond the quantity are plain where as many were revoked', async (t) => {
  const stores = openMysql(server.url, { connections: 1 });
  t.teardown(() => stores.close());
  const { couponId } = await stores.catalogue.insert({
    sellerId: 'seller',
    name: 'revoked and issued again',
    discount: undefined,
    createdAtMs: 0,
    quantity: 3,
    opensAtMs: undefined,
    closesAtMs: undefined,
    paused: false,
    closed: false,
  });
  const together = (from: number, to: number) =>
    stores.ledger.recordTogether([
      { couponId, epoch: 1, issuances: issuances(from, to) },
      { couponId: newCoupon(), epoch: 1, issuances: issuances(1, 1) },
    ]);
  t.equal(await together(1, 3), 'recorded');
  t.equal(await stores.ledger.revoke(couponId, 1, 2, 'm2' as MemberId, 0), 'revoked');
  t.equal(await together(4, 4), 'recorded');
  t.same(await together(5, 5), ['contested', 'contested'], 'and no further');
});

t.test('a database that is away is a fault of all batches', async (t) => {
  const stores = openMysql('mysql://root@127.0.0.1:1/nowhere', { connections: 1 });
  t.teardown(() => stores.close());
  const batches = [1, 2, 3].map((size) => ({
    couponId: newCoupon(),
    epoch: 1,
    issuances: issuances(1, size),
  }));
  await t.rejects(stores.ledger.recordTogether(batches), { code: 'store_unavailable' });
});
