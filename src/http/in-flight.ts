/** The requests taken and not yet answered, so that a drain knows when the last one is. */

export class InFlight {
  #count = 0;
  #draining = false;
  #onIdle: (() => void) | undefined;

  get count(): number {
    return this.#count;
  }

  /** From here on new requests are turned away and answers close their connection. */
  get draining(): boolean {
    return this.#draining;
  }

  enter(): void {
    this.#count++;
  }

  leave(): void {
    if (--this.#count === 0) this.#onIdle?.();
  }

  /** Resolves when nothing is in flight any more, after `graceMs` at the latest. */
  async drain(graceMs: number): Promise<void> {
    this.#draining = true;
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
