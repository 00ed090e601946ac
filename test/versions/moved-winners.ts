/**
 * Moves the keys of many winners from the earlier layout.
 *
 * On the way `seonchak migrate` and Redis are killed again and again. A build of an earlier version makes tables, keys, backlog and claims.
 * Started by run.js (`npm run versions -- --earlier DIR`), never by npm test: test/system/earlier-layout.test.ts moves few winners, whose keys it renames.
 */
import { setTimeout as pause } from 'node:timers/promises';
import type { Cluster, Redis } from 'ioredis';
import { createConnection } from 'mysql2/promise';
import t, { type Test } from 'tap';
import { Crowd, isDefinite, type CrowdRequest } from '../../src/demo/crowd.js';
import type { CouponId } from '../../src/engine/domain/coupon.js';
import {
  copyingKey,
  couponKeys,
  earlierCouponKeys,
  INSTALLATION_KEY,
  metaKey,
} from '../../src/persist/redis/keys.js';
import { HttpClient } from '../clients/http-client.js';
import { redisClient } from '../servers/redis.js';
import { startSeonchak } from '../servers/seonchak.js';
import {
  type Drop,
  isLarge,
  largeWinners,
  makeBacklog,
  makeCoupons,
  memberNamed,
  queuedMember,
  recordedMember,
  winnersTotal,
} from './earlier-drops.js';
import {
  command,
  countRows,
  inCluster,
  type Place,
  present,
  say,
  seconds,
  startCommand,
  startPlace,
} from './moved-place.js';

const kills = Number(process.env['MOVED_KILLS'] ?? 40);

const FIELDS_AT_ONCE = 5_000;
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
const DIFFERENCES_SHOWN = 5;
/** One coupon in this many is asked afterwards. */
const ASKED_OF = 50;

const upTo = (most: number): number => Math.floor(Math.random() * most);

/** Number and instant of each winner by member, `issueNo:issuedAtMs`. */
type Winners = ReadonlyMap<string, string>;

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
    const ask = async (memberId: string): Promise<CrowdRequest> => {
      const member = await memberNamed(memberId);
      let request = await crowd.requestOnce(couponId, member);
      while (!isDefinite(request)) {
        await pause(AGAIN_MS);
        request = await crowd.requestOnce(couponId, member);
      }
      return request;
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
