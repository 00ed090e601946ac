/** Starts a Redis for tests that break it or the network before it, and a back end on it. */
import { setTimeout as delay } from 'node:timers/promises';
import type { Redis } from 'ioredis';
import type { Test } from 'tap';
import { redisClient, type RedisServer, startRedis } from '../../../../test/servers/redis.js';
import { startTcpProxy, type TcpProxy } from '../../../../test/servers/tcp-proxy.js';
import type { AdmitReply } from '../../../engine/ports/admission.js';
import type { CouponId } from '../../../engine/domain/coupon.js';
import { outcomes, warmWith } from '../../../engine/testing/contracts/admission-driver.js';
import { freshCouponId, member } from '../../../engine/testing/contracts/ids.js';
import { openRedisBackEnd, type RedisBackEnd } from '../redis-back-end.js';

export const CALL_DEADLINE_MS = 400;
export const UNAVAILABLE = { code: 'store_unavailable' };
export const FAR_FUTURE_MS = Date.UTC(2100, 0, 1);

export async function backEndAt(
  t: Test,
  port: number,
  more: { replicaAcks?: number; callDeadlineMs?: number; checkServer?: boolean } = {},
): Promise<RedisBackEnd> {
  const backEnd = await openRedisBackEnd({
    redisUrls: [`redis://127.0.0.1:${port}`],
    callDeadlineMs: more.callDeadlineMs ?? CALL_DEADLINE_MS,
    durability: more.replicaAcks === undefined ? undefined : 'replica',
    replicaAcks: more.replicaAcks ?? 1,
    checkServer: more.checkServer ?? false,
  });
  t.teardown(() => {
    backEnd.close();
  });
  return backEnd;
}

export async function single(
  t: Test,
): Promise<{ server: RedisServer; client: Redis; backEnd: RedisBackEnd }> {
  const server = await startRedis();
  t.teardown(() => server.stop());
  const client = redisClient(server);
  t.teardown(() => {
    client.disconnect();
  });
  return { server, client, backEnd: await backEndAt(t, server.port) };
}

/** A back end whose way to Redis leads over a proxy, and another one that goes there directly. */
export async function proxied(
  t: Test,
): Promise<{ proxy: TcpProxy; direct: RedisBackEnd; backEnd: RedisBackEnd }> {
  const { server, backEnd: direct } = await single(t);
  const proxy = await startTcpProxy(server.port);
  t.teardown(() => proxy.stop());
  return { proxy, direct, backEnd: await backEndAt(t, proxy.port) };
}

export async function warmed(backEnd: RedisBackEnd, quantity = 10): Promise<CouponId> {
  const couponId = freshCouponId();
  const terms = { quantity, opensAtMs: undefined, closesAtMs: undefined, paused: false, closed: false };
  await warmWith(backEnd.admission, { couponId, ...terms, version: 1, epoch: 1, lastIssueNo: 0 });
  return couponId;
}

export const admit = (
  backEnd: RedisBackEnd,
  couponId: CouponId,
  names: readonly string[],
  notAfterMs = FAR_FUTURE_MS,
): Promise<AdmitReply> =>
  backEnd.admission.admit({ couponId, epoch: 1, holders: names.map(member), notAfterMs });

export const request = async (
  backEnd: RedisBackEnd,
  couponId: CouponId,
  ...names: string[]
): Promise<string[]> => outcomes(await admit(backEnd, couponId, names), names.length);

/** Repeats refused calls and calls of unknown outcome, as the engine does, until the store answers. */
export async function untilAnswered<T>(attempt: () => Promise<T>): Promise<T> {
  for (;;) {
    try {
      return await attempt();
    } catch {
      await delay(10);
    }
  }
}
