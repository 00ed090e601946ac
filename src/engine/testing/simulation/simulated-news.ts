/** Simulates messages between processes: late, lost, or received at once by their sender. */
import type { Versions } from '../../ports/versions.js';
import type { CouponId } from '../../domain/coupon.js';
import type { NewsChannel } from './link.js';
import type { Random } from './random.js';
import type { SimulatedProcess } from './simulated-process.js';
import type { SimulatedSubscription } from './simulated-subscription.js';

interface Listener<News> {
  readonly process: SimulatedProcess;
  readonly subscription: SimulatedSubscription | undefined;
  readonly onNews: (news: News) => void;
}

export class SimulatedNews<News> {
  readonly #random: Random;
  readonly #listeners = new Set<Listener<News>>();
  lost = 0;
  delayMaxMs = 2;

  constructor(random: Random) {
    this.#random = random;
  }

  /**
   * The channel as one process has it.
   *
   * @param subscription what is published while it is broken is lost for this process.
   */
  of(process: SimulatedProcess, subscription?: SimulatedSubscription): NewsChannel<News> {
    return {
      publish: (news) => this.#publish(process, news),
      listen: (onNews) => {
        const listener = { process, subscription, onNews };
        this.#listeners.add(listener);
        const stop = (): void => void this.#listeners.delete(listener);
        process.onCrash(stop);
        return stop;
      },
    };
  }

  #publish(from: SimulatedProcess, news: News): void {
    for (const { process, subscription, onNews } of this.#listeners) {
      if (process === from) onNews(news);
      else if (!this.#random.chance(this.lost) && subscription?.receives !== false) {
        process.after(this.#random.next() * this.delayMaxMs, () => onNews(news));
      }
    }
  }
}

export interface VersionNews {
  readonly couponId: CouponId;
  readonly version: number;
}

export class SimulatedVersions implements Versions {
  readonly reception: SimulatedSubscription;
  readonly #channel: NewsChannel<VersionNews>;

  constructor(channel: NewsChannel<VersionNews>, subscription: SimulatedSubscription) {
    this.#channel = channel;
    this.reception = subscription;
  }

  publish(couponId: CouponId, version: number): void {
    this.#channel.publish({ couponId, version });
  }

  listen(
    onVersion: (couponId: CouponId, version: number) => void,
    onGap: () => void = () => undefined,
  ): Promise<() => Promise<void>> {
    const stop = this.#channel.listen(({ couponId, version }) => onVersion(couponId, version));
    const stopGaps = this.reception.listen(onGap);
    return Promise.resolve(() => {
      stop();
      stopGaps();
      return Promise.resolve();
    });
  }
}
