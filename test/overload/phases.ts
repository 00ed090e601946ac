/** Drives the process of the open-loop generator over its pipes. */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';

export type Phase = { readonly seconds: number; readonly resetShare: number } & (
  { readonly rate: number; readonly lanes?: undefined } | { readonly lanes: number }
);

export interface PhaseResult {
  /** Definite answers that came while the phase lasted. */
  readonly good: number;
  /** How often each answer came; `lost` for connections that broke. */
  readonly outcomes: Readonly<Record<string, number>>;
  /** Requests for which the generator had no connection free. */
  readonly unsent: number;
  /** Requests whose connection stayed open and silent long after the phase. */
  readonly unanswered: number;
  readonly seconds: number;
  /** From the end of the phase until the last of its requests was answered. */
  readonly settledForMs: number;
  /** From the beginning of the phase until the last answer that was not definite. */
  readonly indefiniteForMs: number;
}

const file = fileURLToPath(new URL('open-loop.ts', import.meta.url));

export class OpenLoop {
  readonly #child: ChildProcess;
  readonly #lines: AsyncIterator<string>;

  /** @param tokenFile one token a line, of members 1, 2, … */
  constructor(port: number, couponId: number, requestFile: string, tokenFile: string) {
    const words = [...process.execArgv, file, String(port), String(couponId), requestFile, tokenFile];
    this.#child = spawn(process.execPath, words, { stdio: ['pipe', 'pipe', 'inherit'] });
    if (this.#child.stdout === null) throw new Error('the generator has no output');
    this.#lines = createInterface({ input: this.#child.stdout })[Symbol.asyncIterator]();
  }

  async run(phase: Phase): Promise<PhaseResult> {
    this.#child.stdin?.write(`${JSON.stringify(phase)}\n`);
    const line = await this.#lines.next();
    if (line.done === true) throw new Error('the generator ended');
    return JSON.parse(line.value) as PhaseResult;
  }

  /** Ends it when all requests are in the file. */
  async finish(): Promise<void> {
    this.#child.stdin?.end();
    if (this.#child.exitCode === null) await once(this.#child, 'exit');
  }

  stop(): void {
    this.#child.kill('SIGKILL');
  }
}
