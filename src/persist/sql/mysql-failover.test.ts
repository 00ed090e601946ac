/** Tests a host name that resolves to a database that became read-only, and then to the promoted one. */
import { type Connection, createConnection } from 'mysql2/promise';
import t from 'tap';
import { startMariadb } from '../../../test/servers/mariadb.js';
import { startTcpProxy } from '../../../test/servers/tcp-proxy.js';
import type { CouponId, Issuance, MemberId } from '../../engine/domain/coupon.js';
import { openMysql } from './open-mysql.js';

const couponId = 7 as CouponId;
const batch = (issueNo: number): Issuance[] => [
  { issueNo, holder: `m${issueNo}` as MemberId, issuedAtMs: 1_700_000_000_000 },
];

t.test(
  'rows are written after a promotion behind a name, and a read-only database is reported',
  async (t) => {
    const [old, promoted] = await Promise.all([startMariadb(), startMariadb()]);
    const roots: Connection[] = [];
    for (const server of [old, promoted]) {
      const setUp = openMysql(server.url);
      await setUp.migrate();
      await setUp.close();
      const root = await createConnection({ host: '127.0.0.1', port: server.port, user: 'root' });
      await root.query("create user app@'%' identified by 'secret'");
      await root.query("grant all on seonchak.* to app@'%'");
      roots.push(root);
    }
    const proxy = await startTcpProxy(old.port);
    const stores = openMysql(`mysql://app:secret@127.0.0.1:${proxy.port}/seonchak`);
    t.teardown(async () => {
      await stores.close();
      for (const root of roots) await root.end();
      await proxy.stop();
      await Promise.all([old.stop(), promoted.stop()]);
    });
    // Several connections to the old server.
    await Promise.all(
      [1, 2, 3, 4].map((issueNo) => stores.ledger.record({ couponId, epoch: 1, issuances: batch(issueNo) })),
    );
    await stores.ping();
    const lockedIn = async () => (await stores.followed.locks.changesAfter(0, 10)).length;
    t.equal(await lockedIn(), 0);
    await roots[0]?.query('set global read_only = 1');
    await t.rejects(stores.ping(), { code: 'store_unavailable', message: /database is read-only.*primary/ });
    proxy.retarget(promoted.port);
    // One refusal gives all connections to the old server up.
    await t.rejects(stores.ledger.record({ couponId, epoch: 1, issuances: batch(5) }), {
      code: 'store_unavailable',
    });
    for (const issueNo of [5, 6, 7, 8]) {
      t.match(await stores.ledger.record({ couponId, epoch: 1, issuances: batch(issueNo) }), { inserted: 1 });
    }
    const [rows] = (await roots[1]?.query('select count(*) as n from seonchak.member_coupon')) ?? [];
    t.same(rows, [{ n: 4 }]);
    await roots[1]?.query(
      "insert into seonchak.access_lock (subject, locked, revision, changed_at) values ('m', 1, 1, 1)",
    );
    await stores.ping();
    t.equal(await lockedIn(), 1, 'a check gives up what only reads the old server, too');

    await roots[0]?.query('set global read_only = 0');
    await roots[1]?.query('set global read_only = 1');
    proxy.retarget(old.port);
    await t.resolves(stores.ping(), 'the name leads to a server that takes writes');
    t.match(
      await stores.ledger.record({ couponId, epoch: 1, issuances: batch(9) }),
      { inserted: 1 },
      'a check gives the connections up before any write is refused',
    );
  },
);
