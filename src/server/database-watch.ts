/** Checks every three seconds whether the database takes writes, and keeps the answer for `/readyz`. */
import { setTimeout as pause } from 'node:timers/promises';
import type { Scheduler } from '../engine/domain/clock.js';
import { StoreUnavailableError } from '../engine/domain/errors.js';
import { repeatWithoutOverlap } from '../engine/domain/repeat.js';
import type { DistributedStores } from './stores.js';

const CHECK_EVERY_MS = 3_000;
const SILENT = 'The database is not responding.';

type Pingable = Pick<DistributedStores, 'pingDatabase'>;

/** @returns why the database takes no writes, for an operator; `undefined` if it does. */
export function databaseFault(stores: Pingable, withinMs: number): Promise<string | undefined> {
  return Promise.race([pingFault(stores), pause(withinMs, SILENT, { ref: false })]);
}

function pingFault(stores: Pingable): Promise<string | undefined> {
  return stores.pingDatabase().then(
    () => undefined,
    (fault: unknown) => (fault instanceof StoreUnavailableError ? fault.message : SILENT),
  );
}

/** Members win without the database, so its faults are warnings. A check also leaves a server that a failover has demoted. */
export class DatabaseWatch {
  readonly stop: () => void;
  #fault: string | undefined;

  constructor(stores: Pingable, scheduler: Pick<Scheduler, 'every'>) {
    this.stop = repeatWithoutOverlap(scheduler, CHECK_EVERY_MS, async () => {
      this.#fault = await pingFault(stores);
    });
  }

  warnings(): readonly string[] {
    return this.#fault === undefined ? [] : [`${this.#fault} Issuances wait in Redis to be recorded.`];
  }
}
