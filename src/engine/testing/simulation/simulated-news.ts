/** Simulates messages between processes: late, lost, or received at once by their sender. */
import { HEARS_ALWAYS, type Versions } from '../../ports/versions.js';
import type { CouponId } from '../../domain/coupon.js';
import type { NewsChannel } from './link.js';
import type { Random } from './random.js';
import type { SimulatedProcess } from './simulated-process.js';

interface Listener<News> {
  readonly process: SimulatedProcess;
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

  /** The channel as one process has it. */
  of(process: SimulatedProcess): NewsChannel<News> {
    return {
      publish: (news) => this.#publish(process, news),
      listen: (onNews) => {
        const listener = { process, onNews };
        this.#listeners.add(listener);
        const stop = (): void => void this.#listeners.delete(listener);
        process.onCrash(stop);
        return stop;
      },
    };
  }

  #publish(from: SimulatedProcess, news: News): void {
    for (const { process, onNews } of this.#listeners) {
      if (process === from) onNews(news);
      else if (!this.#random.chance(this.lost)) {
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
  readonly hearing = HEARS_ALWAYS;
  readonly #channel: NewsChannel<VersionNews>;

  constructor(channel: NewsChannel<VersionNews>) {
    this.#channel = channel;
  }

  publish(couponId: CouponId, version: number): void {
    this.#channel.publish({ couponId, version });
  }

  listen(onVersion: (couponId: CouponId, version: number) => void): Promise<() => Promise<void>> {
    const stop = this.#channel.listen(({ couponId, version }) => onVersion(couponId, version));
    return Promise.resolve(() => {
      stop();
      return Promise.resolve();
    });
  }
}
