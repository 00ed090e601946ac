/**
 * Detects that two databases of one name use one Redis: a copy beside its original (docs/adr/0055).
 *
 * The running processes renew a stamp, `number.random`: in the database first, then in Redis. A Redis whose stamp the database neither has nor has
 * passed was written by another database, or by a later state of this one.
 */
import { setTimeout as pause } from 'node:timers/promises';
import { newToken, STAMP_KEY } from './keys.js';
import { corrupt, integer, list, text } from './replies.js';
import type { ScriptName } from './scripts.js';

/** Less than the time between two comparisons: of all processes one renews it in that time, with one UPDATE of one row. */
const STAMP_RENEWAL_MS = 4_000;
/** Another process may renew the stamp between the two readings, and a replica may show its row late. */
const ATTEMPTS = 5;
const ATTEMPT_DELAY_MS = 200;
/**
 * Comparisons to judge by, a minute of them, and how many may find Redis behind the database. A renewal takes milliseconds from one to the other;
 * a process that dies between them, or a failover of Redis, costs one.
 */
const COMPARISONS_KEPT = 12;
const BEHIND_COMPARISONS_MAX = 2;

/** The part of the tables that is needed here. */
export interface StampedTables {
  read(): Promise<{ readonly stamp: string }>;
  /** @returns whether the tables still had `from`. */
  renewStamp(from: string, to: string): Promise<boolean>;
}

/** The part of `RedisCalls` that is needed here. */
export interface ScriptCalls {
  run(
    name: ScriptName,
    keys: readonly string[],
    args: readonly (string | number)[],
    durable?: boolean,
  ): Promise<unknown>;
}

export class InstallationStamp {
  /** The last one that the database had. */
  #seen = '';
  #seenAt = 0;
  #renewalFault: unknown;
  /** Whether Redis was behind, of the latest comparisons. */
  #behind: boolean[] = [];

  /** Whether the stamp is renewed again and again by processes that do not write it into this Redis. */
  get isBehindOften(): boolean {
    return this.#behind.filter((was) => was).length > BEHIND_COMPARISONS_MAX;
  }

  /** Why the stamp was not renewed. */
  get renewalFault(): unknown {
    return this.#renewalFault;
  }

  /**
   * @param takesOver whether the database takes a Redis that another one has used.
   * @returns whether Redis is the database's. @throws StoreUnavailableError, StoreOutcomeUnknownError: repeat it.
   */
  async compare(calls: ScriptCalls, tables: StampedTables, takesOver: boolean): Promise<boolean> {
    for (let attempt = 1; attempt <= ATTEMPTS; attempt += 1) {
      if (attempt > 1) await pause(ATTEMPT_DELAY_MS);
      const { stamp } = await tables.read();
      const { ahead, wasBehind } = await compareStamp(calls, stamp);
      if (ahead === undefined) {
        this.#behind = [...this.#behind, wasBehind].slice(-COMPARISONS_KEPT);
        this.#note(stamp);
        if (performance.now() - this.#seenAt >= STAMP_RENEWAL_MS) await this.#renew(calls, tables, stamp);
        return true;
      }
      // What the database showed this process is no longer in it: a failover has lost its last writes.
      if (ahead !== '' && (takesOver || ahead === this.#seen)) await tables.renewStamp(stamp, after(ahead));
    }
    return false;
  }

  /** The same without changing either store. @returns whether Redis is the database's. */
  async inspect(calls: ScriptCalls, tables: StampedTables): Promise<boolean> {
    for (let attempt = 1; attempt <= ATTEMPTS; attempt += 1) {
      if (attempt > 1) await pause(ATTEMPT_DELAY_MS);
      const { stamp } = await tables.read();
      if ((await compareStamp(calls, stamp, false)).ahead === undefined) return true;
    }
    return false;
  }

  #note(stamp: string): void {
    if (stamp === this.#seen) return;
    this.#seen = stamp;
    this.#seenAt = performance.now();
    // Another process has renewed it, so this one does not try, and its own failure no longer matters.
    this.#renewalFault = undefined;
  }

  /** The database first: should the process end in between, any process finds Redis behind and brings it up to date. */
  async #renew(calls: ScriptCalls, tables: StampedTables, stamp: string): Promise<void> {
    const next = after(stamp);
    try {
      if (await tables.renewStamp(stamp, next)) this.#note(next);
    } catch (fault) {
      // A database that takes no writes is found by others; without the right to this row a copy is not noticed.
      this.#renewalFault = fault;
      return;
    }
    if (this.#seen === next) await compareStamp(calls, next);
  }
}

/**
 * @param writes whether Redis takes the stamp.
 * @returns the stamp in Redis where it is ahead of the database's, else whether it was behind.
 */
async function compareStamp(
  calls: ScriptCalls,
  stamp: string,
  writes = true,
): Promise<{ readonly ahead: string | undefined; readonly wasBehind: boolean }> {
  const [status, more] = list(await calls.run('stamp', [STAMP_KEY], [stamp, writes ? 1 : 0], true));
  switch (status) {
    case 'ours':
      return { ahead: undefined, wasBehind: integer(more) === 1 };
    case 'ahead':
      return { ahead: text(more), wasBehind: false };
    default:
      throw corrupt('a reply of stamp', status);
  }
}

/** The random part distinguishes the stamps of two databases that have counted equally far. */
function after(stamp: string): string {
  return `${Number.parseInt(stamp, 10) + 1}.${newToken()}`;
}
