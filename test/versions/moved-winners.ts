/**
 * Moves the keys of many winners from the earlier layout.
 *
 * On the way `seonchak migrate` and Redis are killed again and again. A build of an earlier version makes tables, keys, backlog and claims.
 * Started by run.js (`npm run versions -- --earlier DIR`), never by npm test: test/system/earlier-layout.test.ts moves few winners, whose keys it renames.
 */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { setTimeout as pause } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import type { Cluster, Redis } from 'ioredis';
import { createConnection } from 'mysql2/promise';
import t, { type Test } from 'tap';
import { Crowd, isDefinite, type Member, type Press } from '../../src/demo/crowd.js';
import { chunksOf } from '../../src/engine/domain/chunks.js';
import type { CouponId } from '../../src/engine/domain/coupon.js';
import {
  copyingKey,
  couponKeys,
  earlierCouponKeys,
  INSTALLATION_KEY,
  metaKey,
} from '../../src/persist/redis/keys.js';
import { HttpClient } from '../clients/http-client.js';
import { signToken } from '../clients/tokens.js';
import { startChildServer } from '../servers/child-server.js';
import { redisClientOf } from '../servers/earlier-layout.js';
import { freePort } from '../servers/free-port.js';
import { type MariadbServer, startMariadb } from '../servers/mariadb.js';
import { startRedisCluster } from '../servers/redis-cluster.js';
import { redisClient, type RedisServer, startRedis } from '../servers/redis.js';
import { startSeonchak, TEST_SECRET } from '../servers/seonchak.js';
import { registerCoupon } from '../system/burst.js';

const present = fileURLToPath(new URL('../..', import.meta.url));
const earlier = process.env['EARLIER_VERSION'] ?? '';
const inCluster = process.env['MOVED_IN_CLUSTER'] === '1';
const kills = Number(process.env['MOVED_KILLS'] ?? 40);
const winnersTotal = Number(process.env['MOVED_WINNERS'] ?? 1_000_000);

const SMALL_WINNERS = 1_000;
const smallCoupons = Math.floor((winnersTotal * 0.4) / SMALL_WINNERS);
const largeWinners = winnersTotal - smallCoupons * SMALL_WINNERS;
/** The other winners are in rows. */
const QUEUED_SHARE = 0.1;
/** Units beyond the winners. */
const SPARE = 10;
const BIN = 'dist/cli/seonchak.js';
const ROWS_A_STATEMENT = 5_000;
const REGISTERED_AT_ONCE = 10;
const WARMS_AT_ONCE = 4;
const CONNECTIONS = 100;
const FIELDS_AT_ONCE = 5_000;
const PATIENCE_MS = 600_000;
const POLL_MS = 2;
const AGAIN_MS = 100;
/** The first kills, while the command starts and migrates the tables, or later. */
const EARLY_KILLS = 10;
const EARLY_MS_MAX = 500;
/** Kills of Redis, spread over the others. */
const REDIS_KILLS = 5;
/** A coupon that was being copied is copied anew, so only some kills are aimed there. */
const COPY_KILLS_MAX = 5;
const BEYOND_MS_MAX = 8;
const WITHOUT_REDIS_MS_MAX = 10_000;
const LEASE_MS = '6000';
const DIFFERENCES_SHOWN = 5;
/** One coupon in this many is asked afterwards. */
const ASKED_OF = 50;

type Settings = Readonly<Record<string, string>>;

interface Drop {
  readonly couponId: CouponId;
  readonly winners: number;
  readonly recorded: number;
}

/** Number and instant of each winner by member, `issueNo:issuedAtMs`. */
type Winners = ReadonlyMap<string, string>;

interface Place {
  readonly mariadb: MariadbServer;
  readonly nodes: readonly RedisServer[];
  readonly redis: Redis | Cluster;
  /** Environment of our servers and commands. */
  readonly settings: Settings;
  untilOk(): Promise<void>;
}

const say = (line: string): void => console.error(`${new Date().toISOString().slice(11, 19)} ${line}`);
const seconds = (fromMs: number): string => `${((performance.now() - fromMs) / 1_000).toFixed(1)} s`;
const upTo = (most: number): number => Math.floor(Math.random() * most);
const recordedMember = (issueNo: number): string => `holder-${issueNo}`;
const queuedMember = (place: number): string => `queued-${place}`;
const isLarge = ({ winners }: Drop): boolean => winners > SMALL_WINNERS;

/** Every coupon has the same members, so their tokens are signed once. */
const tokens = new Map<string, string>();
async function memberNamed(memberId: string): Promise<Member> {
  const token = tokens.get(memberId) ?? (await signToken(memberId, 'member', '12h'));
  tokens.set(memberId, token);
  return { memberId, token };
}

async function startPlace(t: Test): Promise<Place> {
  const mariadb = await startMariadb(['--innodb-buffer-pool-size=512M']);
  t.teardown(() => mariadb.stop());
  const servers = inCluster ? await startRedisCluster({ masters: 3 }) : await oneRedis();
  t.teardown(() => servers.stop());
  const { nodes } = servers;
  const urls = nodes.map(({ url }) => url);
  const redis = redisClientOf(urls).on('error', () => undefined);
  t.teardown(() => redis.disconnect());
  const settings = { REDIS_URL: urls.join(','), MYSQL_URL: mariadb.url, LEASE_MS };
  return { mariadb, nodes, redis, settings, untilOk: () => servers.untilOk() };
}

async function oneRedis() {
  const server = await startRedis();
  return { nodes: [server], stop: () => server.stop(), untilOk: () => Promise.resolve() };
}

async function startEarlier(t: Test, settings: Settings) {
  const port = await freePort();
  const env = {
    ...process.env,
    ...{ JWT_SECRET: TEST_SECRET, SELLER_SIGNUP: 'open', SHUTDOWN_DELAY_MS: '0', LOG_LEVEL: 'warn' },
    ...{ PORT: String(port), ...settings },
  };
  const options = { env, cwd: earlier };
  const child = await startChildServer(process.execPath, [join(earlier, BIN), 'serve'], /ready/i, options);
  t.teardown(() => (child.isAlive() ? child.kill('SIGKILL') : undefined));
  return { origin: `http://127.0.0.1:${port}`, kill: (signal: NodeJS.Signals) => child.kill(signal) };
}

/** Without the time limit that commands of other tests have. */
function startCommand(folder: string, words: readonly string[], settings: Settings) {
  const child = spawn(process.execPath, [join(folder, BIN), ...words], {
    env: { PATH: process.env['PATH'], JWT_SECRET: TEST_SECRET, ...settings },
    cwd: folder,
    stdio: ['ignore', 'pipe', 'ignore'],
  });
  const output = text(child.stdout);
  return { child, ended: once(child, 'exit'), output };
}

async function command(t: Test, folder: string, words: readonly string[], settings: Settings) {
  const { child, ended, output } = startCommand(folder, words, settings);
  await ended;
  t.equal(child.exitCode, 0, words.join(' '));
  return output;
}

/** Coupons of the earlier version, with rows for the recorded part of their winners. */
async function makeCoupons(t: Test, { settings, redis, mariadb }: Place): Promise<Drop[]> {
  const api = await startEarlier(t, { ...settings, ROLES: 'api' });
  const client = new HttpClient(api.origin, REGISTERED_AT_ONCE);
  const drops: Drop[] = [];
  const register = async (winners: number): Promise<void> => {
    const couponId = (await registerCoupon(client, winners + SPARE)) as CouponId;
    drops.push({ couponId, winners, recorded: winners - Math.round(winners * QUEUED_SHARE) });
  };
  const smallOnes = async (count: number): Promise<void> => {
    for (const some of chunksOf(Array.from({ length: count }), REGISTERED_AT_ONCE))
      await Promise.all(some.map(() => register(SMALL_WINNERS)));
  };
  // The large one in their middle.
  await smallOnes(Math.floor(smallCoupons / 2));
  await register(largeWinners);
  await smallOnes(Math.ceil(smallCoupons / 2));
  client.close();
  await api.kill('SIGKILL');
  drops.sort((one, other) => one.couponId - other.couponId);

  const database = await createConnection(mariadb.url);
  for (const { couponId, recorded } of drops) {
    for (let first = 1; first <= recorded; first += ROWS_A_STATEMENT) {
      const count = Math.min(ROWS_A_STATEMENT, recorded - first + 1);
      const rows = Array.from({ length: count }, (_, place) => [
        ...[couponId, first + place, recordedMember(first + place), 1_700_000_000_000 + first + place],
      ]);
      await database.query('insert into member_coupon (coupon_id, issue_no, member_id, issued_at) values ?', [
        rows,
      ]);
    }
  }
  await database.end();
  for (const { couponId } of drops) await redis.del(...earlierCouponKeys(couponId));
  const ids = drops.map(({ couponId }) => String(couponId));
  // Each coupon waits for the lease.
  const shares = [...chunksOf(ids, Math.ceil(ids.length / WARMS_AT_ONCE))];
  await Promise.all(shares.map((some) => command(t, earlier, ['warm', ...some], settings)));
  say(`${drops.length} coupons have their rows, and are warm`);
  return drops;
}

/** Downloads that the earlier version queues and claims, and records few of: its database freezes. Returns the answers by coupon. */
async function makeBacklog(
  t: Test,
  { settings, redis, mariadb }: Place,
  drops: readonly Drop[],
): Promise<Map<CouponId, readonly Press[]>> {
  const api = await startEarlier(t, { ...settings, ROLES: 'api' });
  const recorder = await startEarlier(t, { ...settings, ROLES: 'recorder' });
  const client = new HttpClient(api.origin, CONNECTIONS);
  const answers = new Map<CouponId, readonly Press[]>();
  const press = async (from: number, to: (drop: Drop) => number): Promise<void> => {
    for (const some of chunksOf(drops, REGISTERED_AT_ONCE)) {
      await Promise.all(
        some.map(async (drop) => {
          const places = Array.from({ length: to(drop) - from }, (_, at) => queuedMember(from + at));
          const members = await Promise.all(places.map(memberNamed));
          const crowd = new Crowd([client.download]);
          const insisting = { lanes: Math.min(CONNECTIONS, members.length), patienceMs: PATIENCE_MS };
          await crowd.press(drop.couponId, members, insisting);
          answers.set(drop.couponId, [...(answers.get(drop.couponId) ?? []), ...crowd.presses]);
        }),
      );
    }
  };
  // The process reads every coupon once, while the database answers.
  await press(0, () => 1);
  await mariadb.kill('SIGSTOP');
  await press(1, ({ winners, recorded }) => winners - recorded);
  let claims = 0;
  while (claims === 0) {
    for (const { couponId } of drops) claims += await countWithoutMarker(redis, couponId, 3);
  }
  await recorder.kill('SIGKILL');
  await api.kill('SIGKILL');
  client.close();
  await mariadb.kill('SIGCONT');
  let queued = 0;
  for (const { couponId } of drops) queued += await countWithoutMarker(redis, couponId, 2);
  say(
    `before: ${winnersTotal} winners of ${drops.length} coupons, ${await countRows(mariadb)} rows, ${queued} queued, ${claims} claims`,
  );
  return answers;
}

async function countWithoutMarker(
  redis: Redis | Cluster,
  couponId: CouponId,
  place: number,
): Promise<number> {
  return Math.max(0, (await redis.zcard(earlierCouponKeys(couponId)[place] ?? '')) - 1);
}

/** Starts the command, kills it at some moment, and repeats; then lets it end. */
async function moveWithKills(t: Test, place: Place, drops: readonly Drop[]): Promise<void> {
  const { settings, nodes } = place;
  const happened = { early: 0, moving: 0, copying: 0, redis: 0, afterItsEnd: 0 };
  const fromMs = performance.now();
  let moved = 0;
  for (let kill = 0; kill < kills; kill += 1) {
    const { child, ended } = startCommand(present, ['migrate'], settings);
    if (kill < EARLY_KILLS) {
      await Promise.race([pause(upTo(EARLY_MS_MAX)), ended]);
      happened.early += 1;
    } else {
      // So that the last kills have coupons left.
      const step = 1 + upTo(Math.max(1, (2 * (drops.length - moved)) / (kills - kill) - 2));
      const aimsAtCopy = inCluster && happened.copying < COPY_KILLS_MAX;
      const where = await struck(place, ended, drops[moved + step - 1] ?? drops.at(-1), {
        ...{ large: drops.find(isLarge), copied: aimsAtCopy ? upTo(largeWinners) : Infinity },
      });
      happened[where] += 1;
      const every = Math.floor((kills - EARLY_KILLS) / REDIS_KILLS);
      if ((kill - EARLY_KILLS) % every === every - 1) {
        for (const node of nodes) await node.kill('SIGKILL');
        happened.redis += 1;
        // The command reports it, and ends.
        await Promise.race([ended, pause(WITHOUT_REDIS_MS_MAX)]);
      }
    }
    child.kill('SIGKILL');
    await ended;
    for (const node of nodes) if (!node.isAlive()) await node.restart();
    await place.untilOk();
    moved = await countMoved(place, drops);
    say(`kill ${kill + 1}: ${moved} of ${drops.length} coupons moved`);
  }
  say(`kills: ${JSON.stringify(happened)}, ${seconds(fromMs)}`);
  const lastMs = performance.now();
  await command(t, present, ['migrate'], settings);
  say(`last run of migrate: ${seconds(lastMs)} with its start, ${drops.length - moved} coupons`);
}

/** Resolves soon after the coupon was moved, when that many winners of the large one are copied, or when the command has ended. */
async function struck(
  { redis }: Place,
  ended: Promise<unknown>,
  aim: Drop | undefined,
  copy: { readonly large: Drop | undefined; readonly copied: number },
): Promise<'moving' | 'copying' | 'afterItsEnd'> {
  const state = { over: false };
  void ended.then(() => (state.over = true));
  // Redis may be down.
  const count = (asked: Promise<number>): Promise<number> => asked.catch(() => 0);
  while (!state.over && aim !== undefined && (await count(redis.exists(metaKey(aim.couponId)))) === 0) {
    if (copy.large !== undefined && copy.copied < Infinity) {
      if ((await count(redis.hlen(copyingKey(copy.large.couponId, 1)))) > copy.copied) return 'copying';
    }
    await pause(POLL_MS);
  }
  await Promise.race([pause(upTo(BEYOND_MS_MAX)), ended]);
  return state.over ? 'afterItsEnd' : 'moving';
}

async function countMoved({ redis }: Place, drops: readonly Drop[]): Promise<number> {
  const moved = await Promise.all(drops.map(({ couponId }) => redis.exists(metaKey(couponId))));
  return moved.reduce((sum, one) => sum + one, 0);
}

async function winnersInRedis(redis: Redis | Cluster, key: string): Promise<Winners> {
  const found = new Map<string, string>();
  let cursor = '0';
  do {
    const [next, fields] = await redis.hscan(key, cursor, 'COUNT', FIELDS_AT_ONCE);
    for (let at = 0; at < fields.length; at += 2) {
      // The marker has no name.
      if (fields[at] !== '') found.set(fields[at] ?? '', fields[at + 1] ?? '');
    }
    cursor = next;
  } while (cursor !== '0');
  return found;
}

/** @throws Error when a member has two rows. */
async function winnersInRows({ mariadb }: Place, couponId: CouponId): Promise<Winners> {
  const database = await createConnection(mariadb.url);
  const sql = 'select member_id, issue_no, issued_at from member_coupon where coupon_id = ?';
  const [rows] = (await database.query(sql, [couponId])) as unknown as [Record<string, unknown>[]];
  await database.end();
  const found = new Map(
    rows.map((row) => [String(row['member_id']), `${Number(row['issue_no'])}:${Number(row['issued_at'])}`]),
  );
  if (found.size !== rows.length) throw new Error(`coupon ${couponId}: a member has two rows`);
  return found;
}

async function countRows(mariadb: MariadbServer): Promise<number> {
  const database = await createConnection(mariadb.url);
  const [rows] = await database.query('select count(*) as count from member_coupon');
  await database.end();
  return Number((rows as { count: number }[])[0]?.count);
}

/** The first of them, in words. */
function differences(expected: Winners = new Map(), found: Winners): string[] {
  const all = [...new Set([...expected.keys(), ...found.keys()])];
  return all
    .filter((member) => expected.get(member) !== found.get(member))
    .slice(0, DIFFERENCES_SHOWN)
    .map((member) => `${member}: ${expected.get(member) ?? 'none'}, now ${found.get(member) ?? 'none'}`);
}

async function sayMemory({ nodes }: Place, when: string): Promise<void> {
  const found: string[] = [];
  for (const node of nodes) {
    const client = redisClient(node);
    const info = await client.info('memory');
    client.disconnect();
    const megabytes = (name: string): number =>
      Math.round(Number(new RegExp(`^${name}:(\\d+)`, 'm').exec(info)?.[1]) / 2 ** 20);
    found.push(`${megabytes('used_memory')} MB, at most ${megabytes('used_memory_peak')} MB`);
  }
  say(`memory of Redis ${when}: ${found.join('; ')}`);
}

/** The coupons serve on: winners keep their numbers, and the next member gets the next one. */
async function asked(t: Test, origin: string, drops: readonly Drop[], expected: Map<CouponId, Winners>) {
  const client = new HttpClient(origin, 1);
  for (const { couponId, winners } of drops) {
    const crowd = new Crowd([client.download]);
    const ask = async (memberId: string): Promise<Press> => {
      const member = await memberNamed(memberId);
      let press = await crowd.pressOnce(couponId, member);
      while (!isDefinite(press)) {
        await pause(AGAIN_MS);
        press = await crowd.pressOnce(couponId, member);
      }
      return press;
    };
    t.match(await ask(recordedMember(1)), { outcome: 'already_issued', issueNo: 1 });
    const issueNo = Number(expected.get(couponId)?.get(queuedMember(3))?.split(':')[0]);
    t.match(await ask(queuedMember(3)), { outcome: 'already_issued', issueNo });
    t.match(await ask('another'), { outcome: 'issued', issueNo: winners + 1 });
  }
  client.close();
}

async function winnersComeOver(t: Test): Promise<void> {
  const place = await startPlace(t);
  const { redis, mariadb, settings } = place;
  const drops = await makeCoupons(t, place);
  const answers = await makeBacklog(t, place, drops);
  const expected = new Map<CouponId, Winners>();
  for (const { couponId, winners } of drops) {
    const found = await winnersInRedis(redis, earlierCouponKeys(couponId)[1] ?? '');
    t.equal(found.size, winners, `winners of coupon ${couponId}`);
    expected.set(couponId, found);
    const others = (answers.get(couponId) ?? []).filter(
      ({ memberId, issueNo }) => issueNo !== undefined && !found.get(memberId)?.startsWith(`${issueNo}:`),
    );
    t.same(others, [], 'who was answered a number has it');
  }
  await sayMemory(place, 'before');

  await moveWithKills(t, place, drops);
  await sayMemory(place, 'after');
  for (const { couponId } of drops) {
    const found = await winnersInRedis(redis, couponKeys(couponId)[1] ?? '');
    t.same(differences(expected.get(couponId), found), [], `winners of coupon ${couponId} in Redis`);
    const left = await Promise.all(earlierCouponKeys(couponId).map((key) => redis.exists(key)));
    t.same(left, [0, 0, 0, 0, 0], 'no earlier key is left');
  }
  t.match(await redis.zrange(INSTALLATION_KEY, 0, '-1'), [/^layout-2 /]);
  say('every winner is in Redis with its number and instant');

  const startedMs = performance.now();
  const server = await startSeonchak(settings);
  t.teardown(() => server.stop());
  while ((await countRows(mariadb)) < winnersTotal) await pause(AGAIN_MS);
  say(`backlog recorded ${seconds(startedMs)} after the start of the server`);
  for (const { couponId } of drops) {
    const found = await winnersInRows(place, couponId);
    t.same(differences(expected.get(couponId), found), [], `rows of coupon ${couponId}`);
  }
  say('every winner has its one row with its number and instant');

  const some = drops.filter((drop, at) => isLarge(drop) || at % ASKED_OF === 0);
  await asked(t, server.origin, some, expected);
  while ((await countRows(mariadb)) < winnersTotal + some.length) await pause(AGAIN_MS);
  const reconcileMs = performance.now();
  const lines = (await command(t, present, ['reconcile', '--all'], settings)).trim().split('\n');
  say(`reconcile --all: ${seconds(reconcileMs)}; ${lines.at(-1) ?? ''}`);
}

void t.test('winners, a backlog and claims come over from the earlier version', winnersComeOver);
