/** Polls a store twice a second, never concurrently, and when a caller needs fresh data. */
import type { Scheduler } from '../engine/domain/clock.js';

/** Changes of another process are known here within a second, the read itself included. */
const POLL_EVERY_MS = 500;

export interface RepeatedPollPorts {
  readonly scheduler: Pick<Scheduler, 'every'>;
  /** Called when a read fails for which no caller waited. */
  onFault(fault: unknown): void;
}

export class RepeatedPoll {
  readonly #poll: () => Promise<void>;
  readonly #ports: RepeatedPollPorts;
  #running: Promise<void> | undefined;
  #next: Promise<void> | undefined;
  #stop: (() => void) | undefined;

  constructor(poll: () => Promise<void>, ports: RepeatedPollPorts) {
    this.#poll = poll;
    this.#ports = ports;
  }

  /** @throws what the first read throws. */
  async start(): Promise<void> {
    await this.#run();
    this.#stop = this.#ports.scheduler.every(POLL_EVERY_MS, () => {
      if (this.#running === undefined && this.#next === undefined)
        this.#run().catch((fault: unknown) => this.#ports.onFault(fault));
    });
  }

  stop(): void {
    this.#stop?.();
  }

  /**
   * A read that begins after this call. All callers who ask while one is running share the one after it.
   *
   * @throws what the read throws.
   */
  fresh(): Promise<void> {
    if (this.#next !== undefined) return this.#next;
    if (this.#running === undefined) return this.#run();
    this.#next = this.#running
      .catch(() => undefined)
      .then(() => {
        this.#next = undefined;
        return this.#run();
      });
    return this.#next;
  }

  #run(): Promise<void> {
    this.#running = this.#poll().finally(() => {
      this.#running = undefined;
    });
    return this.#running;
  }
}
