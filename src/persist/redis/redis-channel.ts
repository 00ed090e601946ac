/** Shares one pub/sub subscription among the listeners of this process. Best effort, as pub/sub is. */
import { setTimeout as pause } from 'node:timers/promises';
import { StoreUnavailableError } from '../../engine/domain/errors.js';
import { commandsRefused, isCommandRefused } from './required-commands.js';
import type { RedisNodes } from './redis-nodes.js';

/**
 * A process that starts while Redis becomes unreachable must not wait for it for ever: it would not react to a request
 * to end.
 */
const SUBSCRIBE_WITHIN_MS = 10_000;
const SUBSCRIBE_AGAIN_MS = 100;

export class RedisChannel {
  readonly #nodes: RedisNodes;
  readonly #channel: string;
  readonly #onInterrupted: () => void;
  readonly #listeners = new Set<(message: string) => void>();
  #subscribed: Promise<unknown> | undefined;

  /** @param onInterrupted the connection broke, and messages are lost until it is made again. */
  constructor(nodes: RedisNodes, channel: string, onInterrupted: () => void = () => undefined) {
    this.#nodes = nodes;
    this.#channel = nodes.channelPrefix + channel;
    this.#onInterrupted = onInterrupted;
  }

  /**
   * Resolves when messages arrive. The subscription stays once made: it is renewed after each reconnect.
   *
   * @throws StoreUnavailableError when Redis did not take the first subscription in time.
   */
  async listen(onMessage: (message: string) => void): Promise<() => Promise<void>> {
    this.#subscribed ??= this.#subscribe();
    const listener = (message: string): void => {
      onMessage(message);
    };
    this.#listeners.add(listener);
    await this.#subscribed;
    return () => {
      this.#listeners.delete(listener);
      return Promise.resolve();
    };
  }

  /** Subscribes again: ioredis drops a subscription when the connection breaks a second time before it is made. */
  renew(): void {
    const subscriber = this.#nodes.subscriber();
    if (subscriber.status !== 'ready') return;
    void subscriber.subscribe(this.#channel).catch(() => undefined);
  }

  async #subscribe(): Promise<void> {
    const subscriber = this.#nodes.subscriber();
    subscriber.on('message', (channel: string, message: string) => {
      if (channel !== this.#channel) return;
      for (const listener of this.#listeners) listener(message);
    });
    subscriber.on('close', () => this.#onInterrupted());
    subscriber.on('ready', () => this.renew());
    const deadline = new AbortController();
    const overdue = pause(SUBSCRIBE_WITHIN_MS, undefined, { signal: deadline.signal }).then(() => {
      throw new StoreUnavailableError('Redis cannot be reached. Check REDIS_URL and that Redis is running.');
    });
    await Promise.race([this.#subscribeUntil(deadline.signal), overdue]).finally(() => deadline.abort());
  }

  /** The node that a Cluster has chosen may have ended meanwhile; another one is chosen within a quarter of a second. */
  async #subscribeUntil(signal: AbortSignal): Promise<void> {
    while (!signal.aborted) {
      try {
        await this.#nodes.subscriber().subscribe(this.#channel);
        return;
      } catch (error) {
        if (isCommandRefused(error)) throw commandsRefused(['SUBSCRIBE']);
        await pause(SUBSCRIBE_AGAIN_MS);
      }
    }
  }
}
