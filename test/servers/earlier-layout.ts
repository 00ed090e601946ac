/** Gives the keys of a Redis or a Cluster the names of the earlier layout. */
import { Cluster, Redis } from 'ioredis';
import type { CouponId } from '../../src/engine/domain/coupon.js';
import { couponKeys, earlierCouponKeys, INSTALLATION_KEY } from '../../src/persist/redis/keys.js';

export function redisClientOf(urls: readonly string[]): Redis | Cluster {
  const nodes = urls.map((url) => ({ host: '127.0.0.1', port: Number(new URL(url).port) }));
  return nodes.length === 1 ? new Redis(nodes[0] ?? {}) : new Cluster(nodes);
}

/** Every process has been stopped. */
export async function toEarlierLayout(client: Redis | Cluster, couponIds: readonly number[]): Promise<void> {
  for (const couponId of couponIds) {
    const earlier = earlierCouponKeys(couponId);
    for (const [place, key] of couponKeys(couponId as CouponId).entries()) {
      const content = (await client.dumpBuffer(key)) as Buffer | null;
      if (content === null) continue;
      await client.restore(earlier[place] ?? '', 0, content);
      await client.del(key);
    }
  }
  const [installation = '', highest = '0'] = await client.zrange(INSTALLATION_KEY, 0, '0', 'WITHSCORES');
  await client.zrem(INSTALLATION_KEY, installation);
  // Layout and installation; earlier versions named the installation alone.
  await client.zadd(INSTALLATION_KEY, highest, installation.split(' ').at(-1) ?? '');
}
