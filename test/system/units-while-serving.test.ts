/**
 * Tests the migration to units on a table of many rows while members download and a recorder writes.
 *
 * `UNIT_ROWS=1000000` measures how long it takes there, and what members and rows wait for meanwhile.
 */
import { setTimeout as pause } from 'node:timers/promises';
import { type Kysely, sql } from 'kysely';
import t from 'tap';
import { connectMysql } from '../../src/persist/sql/connect-mysql.js';
import { mysqlFlavour } from '../../src/persist/sql/sql-flavour.js';
import { addUnits } from '../../src/persist/sql/migrations/unit-migration.js';
import { HttpClient } from '../clients/http-client.js';
import { signToken } from '../clients/tokens.js';
import { startMariadb } from '../servers/mariadb.js';
import { startRedis } from '../servers/redis.js';
import { startSeonchak } from '../servers/seonchak.js';

const ROWS = Number(process.env['UNIT_ROWS'] ?? 20_000);
/** Spreads the members of the filled rows over the index, as members of a shop are spread. */
const PRIME = 10_000_019;
const ROWS_OF_A_COUPON = 10_000;
const FIRST_FILLED_COUPON = 1_000;

const MEMBERS_WAITING = 4;
/** Between two downloads of one of them: some 150 a second together, so that this machine is not full. */
const PAUSE_MS = 25;
const POLL_MS = 10;
const QUIET_MS = 3_000;

const [redis, mariadb] = await Promise.all([startRedis(), startMariadb()]);
t.teardown(() => Promise.all([redis.stop(), mariadb.stop()]));
const server = await startSeonchak({ REDIS_URL: redis.url, MYSQL_URL: mariadb.url });
t.teardown(() => server.stop());
const db = connectMysql(mariadb.url, { connections: 3, timeoutMs: 3_600_000 });
t.teardown(() => db.destroy());
const client = new HttpClient(server.origin, MEMBERS_WAITING + 1);
t.teardown(() => client.close());
const seller = await signToken('s', 'seller');

/** As long as it took, in milliseconds. */
async function timed(work: () => Promise<unknown>): Promise<number> {
  const sinceMs = performance.now();
  await work();
  return performance.now() - sinceMs;
}

/** The table of a release without units, with rows of earlier coupons. */
async function tableWithoutUnits(): Promise<void> {
  await sql`alter table member_coupon drop index one_per_unit, drop column unit`.execute(db);
  await sql`
    insert into member_coupon (coupon_id, issue_no, member_id, issued_at)
    select ${FIRST_FILLED_COUPON} + floor((seq - 1) / ${ROWS_OF_A_COUPON}), 1 + mod(seq - 1, ${ROWS_OF_A_COUPON}),
      concat('m', mod(seq * 7919, ${PRIME})), 1
    from ${sql.raw(`seq_1_to_${ROWS}`)}`.execute(db);
  // Added after the rows: to insert them into the index one by one would take longer than the test.
  await sql`alter table member_coupon add unique index one_per_member (member_id, coupon_id)`.execute(db);
}

interface Waits {
  readonly downloadMs: number[];
  /** From the answer to the row, of those that a poll saw first. */
  readonly rowMs: number[];
  readonly statuses: Set<number>;
}

/**
 * Members of their own download one after another, until `end` is called; it resolves when every row is written.
 *
 * @param before rows that the coupon has already.
 */
function crowd(couponId: number, prefix: string, before: number) {
  const waits: Waits = { downloadMs: [], rowMs: [], statuses: new Set() };
  const answeredMs = new Map<number, number>();
  let ended = false;
  let answered = 0;
  const member = async (place: number): Promise<void> => {
    for (let round = 0; !ended; round += 1) {
      const token = await signToken(`${prefix}-${place}-${round}`, 'member');
      const sinceMs = performance.now();
      const { status, body } = await client.call(`/v1/coupons/${couponId}/download`, {
        method: 'POST',
        token,
      });
      const nowMs = performance.now();
      waits.statuses.add(status);
      waits.downloadMs.push(nowMs - sinceMs);
      answeredMs.set(Number(body['issueNo']), nowMs);
      answered += 1;
      await pause(PAUSE_MS);
    }
  };
  const rowsFollow = async (): Promise<number> => {
    let rows = before;
    while (!ended || rows < before + answered) {
      const { rows: found } = await sql<{ count: number }>`
        select count(*) as count from member_coupon where coupon_id = ${couponId}`.execute(db);
      rows = found[0]?.count ?? 0;
      const answeredAtMs = answeredMs.get(rows);
      if (answeredAtMs !== undefined) waits.rowMs.push(performance.now() - answeredAtMs);
      answeredMs.delete(rows);
      await pause(POLL_MS);
    }
    return rows;
  };
  const members = Promise.all(Array.from({ length: MEMBERS_WAITING }, (_, place) => member(place)));
  const following = rowsFollow();
  return {
    async end(): Promise<Waits & { readonly answered: number; readonly rows: number }> {
      ended = true;
      await members;
      return { ...waits, answered, rows: await following };
    },
  };
}

function said(values: readonly number[]): string {
  const sorted = [...values].sort((one, other) => one - other);
  const at = (share: number): string => (sorted[Math.floor((sorted.length - 1) * share)] ?? NaN).toFixed(1);
  return `median ${at(0.5)}, p99 ${at(0.99)}, longest ${at(1)} ms`;
}

t.test('no download fails and every row is written while the key is exchanged', async (t) => {
  const { body } = await client.call('/v1/coupons', {
    ...{ method: 'POST', token: seller, body: { name: 'n', quantity: 10_000_000, perMember: 2 } },
  });
  const couponId = Number(body['id']);
  await tableWithoutUnits();
  const during = crowd(couponId, 'during', 0);
  const tookMs = await timed(() => addUnits(db as unknown as Kysely<unknown>, mysqlFlavour));
  const migrating = await during.end();
  const after = crowd(couponId, 'after', migrating.rows);
  await pause(QUIET_MS);
  const quiet = await after.end();

  t.comment(`${ROWS} rows: ${(tookMs / 1_000).toFixed(2)} s, ${migrating.answered} downloads meanwhile`);
  t.comment(`downloads: ${said(migrating.downloadMs)}; afterwards ${said(quiet.downloadMs)}`);
  t.comment(`rows: ${said(migrating.rowMs)}; afterwards ${said(quiet.rowMs)}`);
  t.same([...migrating.statuses], [201], 'every member was issued one');
  t.equal(quiet.rows, migrating.answered + quiet.answered, 'every answer has its row');
  const { rows: keys } = await sql<{ name: string }>`
    select distinct index_name as name from information_schema.statistics
    where table_schema = database() and table_name = 'member_coupon' order by 1`.execute(db);
  t.same(
    keys.map(({ name }) => name).filter((name) => name.startsWith('one_per')),
    ['one_per_unit'],
  );
  const again = { method: 'POST', token: await signToken('during-0-0', 'member') };
  const second = await client.call(`/v1/coupons/${couponId}/units/2/download`, again);
  t.equal(second.status, 201, 'a member who downloaded meanwhile has a second unit');
});
