import { createConnection } from 'mysql2/promise';
import t from 'tap';
import { startMariadb } from '../../../test/servers/mariadb.js';
import type { CouponId, Issuance, MemberId } from '../../engine/domain/coupon.js';
import type { IssuanceLedger, RecordResult } from '../../engine/ports/issuance-ledger.js';
import { issuanceLedgerContract } from '../../engine/testing/contracts/issuance-ledger-contract.js';
import { RECORDING_CONNECTIONS } from './grouped-recording.js';
import { type MysqlStores, openMysql } from './open-mysql.js';

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
    memberId: `m${from + place}` as MemberId,
    issuedAtMs: 1_700_000_000_000,
  }));
}

function inserted(count: number): RecordResult {
  return { inserted: count, replayed: 0, revoked: 0, deadLettered: 0, stale: 0 };
}

/** Every batch is recorded in a group, between two others; and these others must be recorded whatever its outcome. */
function inCompany({ ledger, recording }: MysqlStores): IssuanceLedger {
  return {
    async record(couponId, epoch, batch, quantity) {
      const [before, result, after] = await Promise.all([
        recording.record(newCoupon(), 1, issuances(1, 3)),
        recording.record(couponId, epoch, batch, quantity),
        recording.record(newCoupon(), 1, issuances(1, 2)),
      ]);
      if (before.inserted !== 3 || after.inserted !== 2) throw new Error('the company was not recorded');
      return result;
    },
    revoke: (...args) => ledger.revoke(...args),
    revokedHolder: (...args) => ledger.revokedHolder(...args),
    rowOf: (...args) => ledger.rowOf(...args),
    rowAt: (...args) => ledger.rowAt(...args),
    rows: (...args) => ledger.rows(...args),
    rowsOfMember: (...args) => ledger.rowsOfMember(...args),
    use: (...args) => ledger.use(...args),
    counts: (...args) => ledger.counts(...args),
    highestIssueNo: (...args) => ledger.highestIssueNo(...args),
  };
}

issuanceLedgerContract(t, 'MariaDB, in company', async () => {
  const stores = openMysql(server.url);
  const others = openMysql(server.url, { connections: 1 });
  return {
    ledger: inCompany(stores),
    other: inCompany(others),
    catalogue: stores.catalogue,
    async close() {
      await stores.close();
      await others.close();
    },
  };
});

t.test('batches of many coupons are one transaction, as long as their rows are not too many', async (t) => {
  const stores = openMysql(server.url, { connections: 1 });
  t.teardown(() => stores.close());
  const status = await createConnection(server.url);
  t.teardown(() => status.end());
  const commits = async (): Promise<number> => {
    const [rows] = await status.query("show global status like 'Com_commit'");
    return Number((rows as { Value: string }[])[0]?.Value);
  };
  const record = (sizes: readonly number[]): Promise<RecordResult[]> =>
    Promise.all(sizes.map((size) => stores.recording.record(newCoupon(), 1, issuances(1, size))));

  const before = await commits();
  t.same(await record(Array<number>(100).fill(2)), Array<RecordResult>(100).fill(inserted(2)));
  t.equal((await commits()) - before, 1);
  t.same(await record([1_500, 400, 1_900, 3_000, 1]), [1_500, 400, 1_900, 3_000, 1].map(inserted));
  t.equal((await commits()) - before, 1 + 4, '1,500 with 400, and the others alone');
});

t.test('what arrives while a group is under way is the next group', async (t) => {
  const stores = openMysql(server.url, { connections: 1 });
  t.teardown(() => stores.close());
  const first = stores.recording.record(newCoupon(), 1, issuances(1, 2_000));
  await new Promise(setImmediate);
  const second = [3, 4].map((size) => stores.recording.record(newCoupon(), 1, issuances(1, size)));
  t.same(await Promise.all([first, ...second]), [2_000, 3, 4].map(inserted));
});

for (const company of [true, false]) {
  const which = company ? 'of several' : 'that is alone';
  t.test(`a lock that is held for long keeps only its own coupon, ${which}`, async (t) => {
    const stores = openMysql(server.url, { connections: RECORDING_CONNECTIONS });
    t.teardown(() => stores.close());
    const locked = newCoupon();
    const holder = await createConnection(server.url);
    t.teardown(() => holder.end());
    await holder.query('start transaction');
    await holder.query(
      "insert into member_coupon (coupon_id, issue_no, member_id, issued_at) values (?, 1, 'm1', 0)",
      [locked],
    );
    let released = false;
    const held = stores.recording.record(locked, 1, issuances(1, 1)).finally(() => t.ok(released));
    if (!company) await new Promise(setImmediate);
    t.same(await stores.recording.record(newCoupon(), 1, issuances(1, 2)), inserted(2));
    t.same(await stores.recording.record(newCoupon(), 1, issuances(1, 3)), inserted(3), 'nor the next group');
    await holder.query('rollback');
    released = true;
    t.same(await held, inserted(1));
  });
}

t.test('an unreachable database is reported to every batch of the group', async (t) => {
  const stores = openMysql('mysql://root@127.0.0.1:1/nowhere', { connections: 1 });
  t.teardown(() => stores.close());
  const codes = await Promise.all(
    [1, 2, 3].map((size) =>
      stores.recording.record(newCoupon(), 1, issuances(1, size)).then(
        () => 'recorded',
        (fault: unknown) => (fault as { code?: unknown }).code,
      ),
    ),
  );
  t.same(codes, Array(3).fill('store_unavailable'));
});
