/**
 * Empties Redis under a coupon with many rows, and measures how long the coupon is out of service.
 *
 * `npm run chaos -- --fault 11 --rows 1000000` repeats the figure of docs/operations.md.
 */
import { setTimeout as pause } from 'node:timers/promises';
import { createConnection } from 'mysql2/promise';
import t from 'tap';
import { isDefinite } from '../../src/demo/crowd.js';
import { signToken } from '../clients/tokens.js';
import { redisClient } from '../servers/redis.js';
import { fault } from './fault.js';
import { LEASE_MS, openWorld, sharedMariadb, startSite } from './world.js';
import { couponKey } from '../../src/persist/redis/keys.js';

/** Some pages of each step of a rebuild. */
const ROWS = Number(process.env['CHAOS_ROWS'] ?? 12_345);
const ROWS_A_STATEMENT = 5_000;
const POLL_MS = 50;
const BEYOND_LEASE_MS_MAX = 10_000;

const mariadb = await sharedMariadb(t);
const site = await startSite(t, mariadb);

const nameOf = (issueNo: number): string => `holder-${issueNo}`;

async function insertRows(couponId: number): Promise<void> {
  const database = await createConnection(mariadb.url);
  for (let first = 1; first <= ROWS; first += ROWS_A_STATEMENT) {
    const count = Math.min(ROWS_A_STATEMENT, ROWS - first + 1);
    const rows = Array.from({ length: count }, (_, place) => [
      ...[couponId, first + place, nameOf(first + place)],
      1_700_000_000_000 + first + place,
    ]);
    await database.query('insert into member_coupon (coupon_id, issue_no, member_id, issued_at) values ?', [
      rows,
    ]);
  }
  await database.end();
}

fault(
  11,
  'Redis is emptied under a coupon with many rows: back in service soon after the lease',
  async (t) => {
    const world = await openWorld(t, site, { quantity: ROWS + 1, members: 2 });
    await insertRows(world.couponId);
    const client = redisClient(world.redis);
    t.teardown(() => client.disconnect());
    const member = async (name: string) => ({ memberId: name, token: await signToken(name, 'member') });
    const [first, last] = [await member(nameOf(1)), await member(nameOf(ROWS))];

    await client.flushall();
    const lostMs = performance.now();
    let request = await world.crowd.requestOnce(world.couponId, last);
    while (!isDefinite(request)) {
      await pause(POLL_MS);
      request = await world.crowd.requestOnce(world.couponId, last);
    }
    const beyondLeaseMs = performance.now() - lostMs - LEASE_MS;
    const figure = `${ROWS} rows: out of service for the lease and ${Math.round(beyondLeaseMs)} ms`;
    if (process.env['CHAOS_ROWS'] === undefined) t.comment(figure);
    else console.error(figure);
    t.match(request, { outcome: 'already_issued', issueNo: ROWS });
    t.match(await world.crowd.requestOnce(world.couponId, first), { outcome: 'already_issued', issueNo: 1 });
    t.equal(await client.hlen(couponKey(world.couponId, 'winners')), ROWS + 1, 'all rows and the marker');
    t.ok(beyondLeaseMs < BEYOND_LEASE_MS_MAX);

    const [next] = world.members;
    if (next === undefined) throw new Error('no member');
    t.match(await world.crowd.requestOnce(world.couponId, next), { outcome: 'issued', issueNo: ROWS + 1 });
    while ((await world.rows()) <= ROWS) await pause(POLL_MS);
  },
);
