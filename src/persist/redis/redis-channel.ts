/** Shares one pub/sub subscription among the listeners of this process. Best effort, as pub/sub is. */
import { StoreUnavailableError } from '../../engine/domain/errors.js';
import { commandsRefused, isCommandRefused } from './required-commands.js';
import type { RedisNodes } from './redis-nodes.js';

/**
 * A process that starts while Redis becomes unreachable must not wait for it for ever: it would not react to a request
 * to end.
 */
const SUBSCRIBE_WITHIN_MS = 10_000;

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
    let timer: NodeJS.Timeout | undefined;
    const overdue = new Promise<never>((_resolve, reject) => {
      timer = setTimeout(
        () =>
          reject(
            new StoreUnavailableError('Redis cannot be reached. Check REDIS_URL and that Redis is running.'),
          ),
        SUBSCRIBE_WITHIN_MS,
      );
    });
    const subscribed = subscriber.subscribe(this.#channel).catch((error: unknown) => {
      throw isCommandRefused(error) ? commandsRefused(['SUBSCRIBE']) : error;
    });
    await Promise.race([subscribed, overdue]).finally(() => clearTimeout(timer));
  }
}
