/**
 * Stores a set of issue numbers, one bit each where they are dense.
 *
 * A million numbers take 130 KB instead of 40 MB.
 */

const BLOCK_NUMBERS = 65_536;

export class NumberSet {
  readonly #blocks = new Map<number, Uint8Array>();
  #size = 0;

  get size(): number {
    return this.#size;
  }

  /** @param value a whole number from 0. */
  add(value: number): void {
    if (this.has(value)) return;
    const blockNo = Math.floor(value / BLOCK_NUMBERS);
    let block = this.#blocks.get(blockNo);
    if (block === undefined) {
      block = new Uint8Array(BLOCK_NUMBERS / 8);
      this.#blocks.set(blockNo, block);
    }
    const place = value % BLOCK_NUMBERS;
    block[place >> 3] = (block[place >> 3] ?? 0) | (1 << (place & 7));
    this.#size += 1;
  }

  has(value: number): boolean {
    const place = value % BLOCK_NUMBERS;
    const byte = this.#blocks.get(Math.floor(value / BLOCK_NUMBERS))?.[place >> 3] ?? 0;
    return (byte & (1 << (place & 7))) !== 0;
  }
}
