/** Implements {@link Versions} over Redis pub/sub, `couponId:version`. */
import type { NewsReception, Versions } from '../../engine/ports/versions.js';
import { type CouponId, parseCouponId } from '../../engine/domain/coupon.js';
import { VERSIONS_CHANNEL } from './keys.js';
import { NewsPulse } from './news-pulse.js';
import type { RedisCalls } from './redis-calls.js';
import { RedisChannel } from './redis-channel.js';
import type { RedisNodes } from './redis-nodes.js';
import type { RedisRunningProcesses } from './redis-running-processes.js';

export class RedisVersions implements Versions {
  readonly #calls: RedisCalls;
  readonly #channel: RedisChannel;
  readonly #pulse: NewsPulse;

  readonly #processes: RedisRunningProcesses;

  constructor(
    calls: RedisCalls,
    nodes: RedisNodes,
    processes: RedisRunningProcesses,
    onReception?: (received: boolean) => void,
  ) {
    this.#calls = calls;
    this.#processes = processes;
    this.#channel = new RedisChannel(nodes, VERSIONS_CHANNEL);
    this.#pulse = new NewsPulse(calls, nodes, this.#channel, onReception);
  }

  get reception(): Readonly<NewsReception> {
    return this.#pulse.reception;
  }

  publish(couponId: CouponId, version: number): void {
    this.#calls.publish(VERSIONS_CHANNEL, `${couponId}:${version}`);
  }

  async listen(
    onVersion: (couponId: CouponId, version: number) => void,
    onGap: () => void = () => undefined,
  ): Promise<() => Promise<void>> {
    const stopListening = await this.#channel.listen((message) => {
      const [id = '', version = ''] = message.split(':');
      const couponId = parseCouponId(id);
      // Any client with the right to publish on this Redis could send any text; a message of another form is ignored.
      if (couponId !== undefined && /^\d{1,15}$/.test(version)) onVersion(couponId, Number(version));
    });
    // After the subscription to the news: from the first beat on, none is missing.
    const stopPulse = await this.#pulse.start(onGap);
    this.#processes.report(VERSIONS_CHANNEL);
    return async () => {
      stopPulse();
      await stopListening();
    };
  }

  /** Tests the channel no more: its connection ends. */
  stop(): void {
    this.#pulse.stop();
  }
}
