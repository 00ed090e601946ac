/** Prints what the bench is doing: one line that moves on a terminal, one line for each measurement elsewhere. */

export class Progress {
  readonly #steps: number;
  readonly #startedMs = performance.now();
  #done = 0;
  #doing = '';

  constructor(steps: number) {
    this.#steps = steps;
  }

  print(text: string): void {
    process.stderr.write(`${text}\n`);
  }

  begin(what: string): void {
    this.#doing = what;
    if (process.stderr.isTTY) process.stderr.write(`\r\u001b[K${this.#place()} ${what} …`);
  }

  end(result: string): void {
    const line = `${this.#place()} ${this.#doing}: ${result}\n`;
    this.#done += 1;
    process.stderr.write(process.stderr.isTTY ? `\r\u001b[K${line}` : line);
  }

  /** Where in the run this is, and how long the remainder may take at the pace so far. */
  #place(): string {
    const place = `[${String(this.#done + 1).padStart(String(this.#steps).length)}/${this.#steps}`;
    if (this.#done < 2) return `${place}]`;
    const leftMs = ((performance.now() - this.#startedMs) / this.#done) * (this.#steps - this.#done);
    return `${place}, ${Math.ceil(leftMs / 1_000)} s left]`;
  }
}
