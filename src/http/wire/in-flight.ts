/** Counts the requests in flight, bounds them, and reports to a shutdown when none is left. */

/** Bytes of bodies held, of all concurrent requests together. */
export const BODY_BYTES_HELD_MAX = 64 * 1_024 * 1_024;

export class InFlight {
  /** Bytes of bodies read and not yet let go. */
  bodyBytes = 0;
  readonly #most: number;
  #count = 0;
  #isShuttingDown = false;
  #onIdle: (() => void) | undefined;

  /** @param most unanswered requests before new ones that would have to wait are refused. */
  constructor(most = Number.POSITIVE_INFINITY) {
    this.#most = most;
  }

  get hasRoom(): boolean {
    return this.#count < this.#most;
  }

  /** Answers owed, as a share of those that may be. */
  get share(): number {
    return this.#count / this.#most;
  }

  get count(): number {
    return this.#count;
  }

  /** From here on new requests are turned away and answers close their connection. */
  get isShuttingDown(): boolean {
    return this.#isShuttingDown;
  }

  enter(): void {
    this.#count++;
  }

  leave(): void {
    if (--this.#count === 0) this.#onIdle?.();
  }

  /** Resolves when nothing is in flight any more, after `graceMs` at the latest. */
  async shutDown(graceMs: number): Promise<void> {
    this.#isShuttingDown = true;
    if (this.#count === 0) return;
    await new Promise<void>((resolve) => {
      const overdue = setTimeout(resolve, graceMs);
      this.#onIdle = () => {
        clearTimeout(overdue);
        resolve();
      };
    });
  }
}
