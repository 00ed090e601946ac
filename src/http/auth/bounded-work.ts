/** Bounds expensive work: N concurrent, M waiting, everything beyond refused at once. */

export class BoundedWork {
  readonly #runningMax: number;
  readonly #waitingMax: number;
  #running = 0;
  readonly #waiting: (() => void)[] = [];

  constructor(runningMax: number, waitingMax: number) {
    this.#runningMax = runningMax;
    this.#waitingMax = waitingMax;
  }

  /** `undefined`: too many are waiting, and nothing was done. What `work` throws goes through. */
  async run<Result>(work: () => Promise<Result>): Promise<Result | undefined> {
    if (this.#running >= this.#runningMax) {
      if (this.#waiting.length >= this.#waitingMax) return undefined;
      await new Promise<void>((resolve) => this.#waiting.push(resolve));
    } else {
      this.#running++;
    }
    try {
      return await work();
    } finally {
      // The place goes to the longest waiting as it is, so that a newcomer cannot slip in between.
      const next = this.#waiting.shift();
      if (next === undefined) this.#running--;
      else next();
    }
  }
}
