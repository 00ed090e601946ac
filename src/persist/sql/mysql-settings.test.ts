/** Tests settings of databases that differ from a default installation: TLS, `autocommit`, `max_allowed_packet`. */
import { sql } from 'kysely';
import { createConnection } from 'mysql2/promise';
import t from 'tap';
import { makeCertificates } from '../../../test/servers/certificates.js';
import { startMariadb } from '../../../test/servers/mariadb.js';
import type { CouponId, Issuance, MemberId } from '../../engine/domain/coupon.js';
import { connectMysql } from './connect-mysql.js';
import { openMysql } from './open-mysql.js';

const certificates = await makeCertificates();
t.teardown(() => certificates.remove());
const { ca, cert, key } = certificates;
const server = await startMariadb([
  ...[`--ssl-ca=${ca}`, `--ssl-cert=${cert}`, `--ssl-key=${key}`],
  ...['--autocommit=0', '--max-allowed-packet=16384'],
]);
t.teardown(() => server.stop());
const root = await createConnection({ host: '127.0.0.1', port: server.port, user: 'root' });
t.teardown(() => root.end());
await root.query("create user careful@'%' identified by 'secret' require ssl");
await root.query("grant all on seonchak.* to careful@'%'");
const carefulUrl = `mysql://careful:secret@127.0.0.1:${server.port}/seonchak`;

const couponId = 7 as CouponId;
const issuance = (issueNo: number): Issuance => ({
  issueNo,
  holder: `member-with-a-long-name-${issueNo}` as MemberId,
  issuedAtMs: 1_700_000_000_000,
});

async function rows(): Promise<number> {
  const [found] = await root.query('select count(*) as n from seonchak.member_coupon');
  await root.query('rollback');
  return Number((found as { n: number }[])[0]?.n);
}

t.test('a user who requires TLS gets in with it, and is named TLS without it', async (t) => {
  const plain = openMysql(carefulUrl);
  t.teardown(() => plain.close());
  await t.rejects(plain.ping(), { code: 'store_unavailable', message: /requires TLS.*ssl-mode=REQUIRED/ });
  const encrypted = openMysql(carefulUrl, { tls: { ca: undefined, check: 'nothing' } });
  t.teardown(() => encrypted.close());
  await encrypted.ping();
  for (const check of ['authority', 'name'] as const) {
    const strict = openMysql(carefulUrl, { tls: { ca: undefined, check } });
    t.teardown(() => strict.close());
    await t.rejects(strict.ping(), { message: /certificate of the database could not be verified/ }, check);
  }
});

t.test('with autocommit=0 for all sessions, lone statements are committed', async (t) => {
  await root.query('create table seonchak.lone (n int)');
  const database = connectMysql(server.url, { connections: 1 });
  t.teardown(() => database.destroy());
  await sql`insert into lone values (1)`.execute(database);
  const [found] = await root.query('select n from seonchak.lone');
  t.same(found, [{ n: 1 }]);
  await root.query('rollback');
});

t.test(
  'a batch above max_allowed_packet is recorded in halves, and a group of batches above it one by one',
  async (t) => {
    const stores = openMysql(server.url);
    t.teardown(() => stores.close());
    await stores.migrate();
    const batch = (from: number, count: number) =>
      Array.from({ length: count }, (_, at) => issuance(from + at));
    t.match(await stores.ledger.record({ couponId, epoch: 1, issuances: batch(1, 1_000) }), {
      inserted: 1_000,
      deadLettered: 0,
    });
    const batches = [
      { couponId, epoch: 1, issuances: batch(1_001, 800) },
      { couponId: 8 as CouponId, epoch: 1, issuances: batch(1, 800) },
    ];
    t.same(await stores.ledger.recordTogether(batches), ['contested', 'contested']);
    for (const each of batches) t.match(await stores.ledger.record(each), { inserted: 800 });
    t.equal(await rows(), 2_600);
  },
);

t.test('what a process follows is read while every other connection waits (I10)', async (t) => {
  const stores = openMysql(server.url);
  t.teardown(() => stores.close());
  await stores.migrate();
  await root.query('lock tables seonchak.audit_log write');
  let found = 0;
  const waiting = Promise.all(
    Array.from({ length: 20 }, async () => {
      await stores.auditLog.entries(Number.MAX_SAFE_INTEGER, 1);
      found += 1;
    }),
  );
  await stores.followed.locks.head();
  await stores.followed.locks.changesAfter(0, 10);
  t.equal(found, 0, 'none of the others has its answer yet');
  await root.query('unlock tables');
  await waiting;
  t.equal(found, 20);
});
