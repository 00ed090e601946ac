/** Has the earlier version make coupons with winners, a backlog and claims for moved-winners.ts. */
import type { Cluster, Redis } from 'ioredis';
import { createConnection } from 'mysql2/promise';
import type { Test } from 'tap';
import { Crowd, type Member, type CrowdRequest } from '../../src/demo/crowd.js';
import { chunksOf } from '../../src/engine/domain/chunks.js';
import type { CouponId } from '../../src/engine/domain/coupon.js';
import { earlierCouponKeys } from '../../src/persist/redis/keys.js';
import { HttpClient } from '../clients/http-client.js';
import { signToken } from '../clients/tokens.js';
import { registerCoupon } from '../system/burst.js';
import { command, countRows, earlier, type Place, say, startEarlier } from './moved-place.js';

export const winnersTotal = Number(process.env['MOVED_WINNERS'] ?? 1_000_000);

const SMALL_WINNERS = 1_000;
const smallCoupons = Math.floor((winnersTotal * 0.4) / SMALL_WINNERS);
export const largeWinners = winnersTotal - smallCoupons * SMALL_WINNERS;
/** The other winners are in rows. */
const QUEUED_SHARE = 0.1;
/** Units beyond the winners. */
const SPARE = 10;
const ROWS_A_STATEMENT = 5_000;
const REGISTERED_AT_ONCE = 10;
const WARMS_AT_ONCE = 4;
const CONNECTIONS = 100;
const PATIENCE_MS = 600_000;

export interface Drop {
  readonly couponId: CouponId;
  readonly winners: number;
  readonly recorded: number;
}

export const recordedMember = (issueNo: number): string => `holder-${issueNo}`;
export const queuedMember = (place: number): string => `queued-${place}`;
export const isLarge = ({ winners }: Drop): boolean => winners > SMALL_WINNERS;

/** Every coupon has the same members, so their tokens are signed once. */
const tokens = new Map<string, string>();
export async function memberNamed(memberId: string): Promise<Member> {
  const token = tokens.get(memberId) ?? (await signToken(memberId, 'member', '12h'));
  tokens.set(memberId, token);
  return { memberId, token };
}

/** Coupons of the earlier version, with rows for the recorded part of their winners. */
export async function makeCoupons(t: Test, { settings, redis, mariadb }: Place): Promise<Drop[]> {
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
export async function makeBacklog(
  t: Test,
  { settings, redis, mariadb }: Place,
  drops: readonly Drop[],
): Promise<Map<CouponId, readonly CrowdRequest[]>> {
  const api = await startEarlier(t, { ...settings, ROLES: 'api' });
  const recorder = await startEarlier(t, { ...settings, ROLES: 'recorder' });
  const client = new HttpClient(api.origin, CONNECTIONS);
  const answers = new Map<CouponId, readonly CrowdRequest[]>();
  const request = async (from: number, to: (drop: Drop) => number): Promise<void> => {
    for (const some of chunksOf(drops, REGISTERED_AT_ONCE)) {
      await Promise.all(
        some.map(async (drop) => {
          const places = Array.from({ length: to(drop) - from }, (_, at) => queuedMember(from + at));
          const members = await Promise.all(places.map(memberNamed));
          const crowd = new Crowd([client.download]);
          const insisting = { lanes: Math.min(CONNECTIONS, members.length), patienceMs: PATIENCE_MS };
          await crowd.request(drop.couponId, members, insisting);
          answers.set(drop.couponId, [...(answers.get(drop.couponId) ?? []), ...crowd.requests]);
        }),
      );
    }
  };
  // The process reads every coupon once, while the database answers.
  await request(0, () => 1);
  await mariadb.kill('SIGSTOP');
  await request(1, ({ winners, recorded }) => winners - recorded);
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
