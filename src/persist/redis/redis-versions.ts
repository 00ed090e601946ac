/** Implements {@link Versions} over Redis pub/sub, `couponId:version`. */
import type { Versions } from '../../engine/ports/versions.js';
import { type CouponId, parseCouponId } from '../../engine/domain/coupon.js';
import { VERSIONS_CHANNEL } from './keys.js';
import type { RedisCalls } from './redis-calls.js';
import { RedisChannel } from './redis-channel.js';
import type { RedisNodes } from './redis-nodes.js';

export class RedisVersions implements Versions {
  readonly #calls: RedisCalls;
  readonly #channel: RedisChannel;

  constructor(calls: RedisCalls, nodes: RedisNodes) {
    this.#calls = calls;
    this.#channel = new RedisChannel(nodes, VERSIONS_CHANNEL);
  }

  publish(couponId: CouponId, version: number): void {
    this.#calls.publish(VERSIONS_CHANNEL, `${couponId}:${version}`);
  }

  listen(onVersion: (couponId: CouponId, version: number) => void): Promise<() => Promise<void>> {
    return this.#channel.listen((message) => {
      const [id = '', version = ''] = message.split(':');
      const couponId = parseCouponId(id);
      // Any client with the right to publish on this Redis could send any text; a message of another form is ignored.
      if (couponId !== undefined && /^\d{1,15}$/.test(version)) onVersion(couponId, Number(version));
    });
  }
}
