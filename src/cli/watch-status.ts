/** Implements `seonchak status --watch`: refreshes a table, or prints lines or JSON documents. */
import { setTimeout as pause } from 'node:timers/promises';
import { SeonchakError } from '../engine/domain/errors.js';
import { CommandFailedError } from './exit-codes.js';
import type { CommandContext } from './command-context.js';
import { printLine } from './command-context.js';
import { LiveScreen } from './live-screen.js';
import { statusTable } from './status-table.js';
import type { StatusReport } from './status-table.js';

export interface WatchOptions {
  readonly everyMs: number;
  readonly json: boolean;
}

/** Shows what `read` returns until SIGINT or SIGTERM. An unreachable store is shown as such and read again. */
export async function watchStatus(
  context: CommandContext,
  read: () => Promise<StatusReport>,
  options: WatchOptions,
): Promise<void> {
  const ending = new AbortController();
  const stop = (): void => ending.abort();
  // With a listener the signal ends nothing, so the terminal is restored before the process ends.
  process.on('SIGINT', stop).on('SIGTERM', stop);
  const onTerminal = context.output.isTTY === true && !options.json;
  const screen = onTerminal ? new LiveScreen(context.output) : undefined;
  let last: readonly string[] = [];
  try {
    while (!ending.signal.aborted) {
      const found = await readOnce(read);
      const at = new Date();
      if (screen !== undefined) {
        if (typeof found !== 'string') last = statusTable(found);
        const trouble = typeof found === 'string' ? `   ${found}` : '';
        screen.draw([`${at.toLocaleTimeString()}   Ctrl-C exits${trouble}`, '', ...last]);
      } else if (typeof found === 'string') {
        printLine(context.notes, `seonchak: ${found}`);
      } else {
        for (const line of options.json ? [jsonLine(at, found)] : plainLines(at, found)) {
          printLine(context.output, line);
        }
      }
      await pause(options.everyMs, undefined, { signal: ending.signal }).catch(() => undefined);
    }
  } finally {
    process.off('SIGINT', stop).off('SIGTERM', stop);
    screen?.close();
  }
  // The second screen has disappeared with its content; the last lines stay visible.
  if (screen !== undefined) for (const line of last) printLine(context.output, line);
}

async function readOnce(read: () => Promise<StatusReport>): Promise<StatusReport | string> {
  try {
    return await read();
  } catch (fault) {
    // An unreachable store returns; a coupon that does not exist ends the command.
    if (fault instanceof SeonchakError && !(fault instanceof CommandFailedError)) return fault.message;
    throw fault;
  }
}

function jsonLine(at: Date, { coupons, more }: StatusReport): string {
  return JSON.stringify({ at: at.toISOString(), coupons, more });
}

/** One line each, for logs and for searching in them. */
function plainLines(at: Date, { coupons }: StatusReport): readonly string[] {
  return coupons.map((coupon) => {
    const fields = Object.entries(coupon).map(([name, value]) => {
      return `${name}=${typeof value === 'string' && name === 'name' ? JSON.stringify(value) : String(value)}`;
    });
    return `${at.toISOString()} ${fields.join(' ')}`;
  });
}
