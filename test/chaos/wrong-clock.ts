/** Sets the clock of one of our own processes wrong, also while it runs. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Test } from 'tap';

export const HOUR_MS = 3_600_000;

export const HOUR_SLOW_MS = -HOUR_MS;
/** Not quite an hour: the tokens of the tests live for one, and their expiry follows the local clock. */
export const NEARLY_HOUR_FAST_MS = HOUR_MS - 300_000;

/** How often a process reads its offset. */
const READ_EVERY_MS = 50;

export interface WrongClock {
  /** Environment of the process whose clock it is. */
  readonly settings: Readonly<Record<string, string>>;
  /** From then on, in all threads of the process; the clock that never goes back stays right, as on a real machine. */
  set(offsetMs: number): void;
}

export function wrongClock(t: Test, offsetMs = 0): WrongClock {
  const folder = mkdtempSync(join(tmpdir(), 'seonchak-clock-'));
  t.teardown(() => rmSync(folder, { recursive: true, force: true }));
  const file = join(folder, 'offset');
  const set = (offsetMs: number): void => writeFileSync(file, String(offsetMs));
  set(offsetMs);
  return {
    set,
    settings: { NODE_OPTIONS: `--import=data:text/javascript,${encodeURIComponent(module(file))}` },
  };
}

/** Runs before ours. A file that is being written reads as empty, and the offset stays. */
function module(file: string): string {
  return `
    import { readFileSync } from 'node:fs';
    const { now } = Date;
    let offsetMs = 0;
    const read = () => {
      const text = readFileSync(${JSON.stringify(file)}, { encoding: 'utf8' });
      if (text !== '') offsetMs = Number(text);
    };
    read();
    setInterval(() => { try { read(); } catch {} }, ${READ_EVERY_MS}).unref();
    Date.now = () => now() + offsetMs;
  `;
}
