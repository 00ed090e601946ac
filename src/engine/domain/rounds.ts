/**
 * Runs rounds of work: one is outstanding, and what arrives meanwhile forms the next.
 *
 * The pattern of everything here that shares a trip to a store: a batch grows with the load, and no timer delays a single request.
 */
export interface RoundsOptions {
  isWaiting(): boolean;
  /** Takes from what waits and works on it. Reports its own faults; it must not reject. */
  round(): Promise<void>;
  /** Delays the first round until everything that arrives together has arrived: `queueMicrotask`, `setImmediate`. */
  readonly defer: (start: () => void) => void;
}

export class Rounds {
  readonly #options: RoundsOptions;
  #running = false;

  constructor(options: RoundsOptions) {
    this.#options = options;
  }

  /** To be called after something was added to what waits. */
  begin(): void {
    if (this.#running) return;
    this.#running = true;
    this.#options.defer(() => void this.#run());
  }

  async #run(): Promise<void> {
    while (this.#options.isWaiting()) await this.#options.round();
    this.#running = false;
  }
}
