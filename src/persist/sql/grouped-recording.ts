/**
 * Records batches of many coupons in one transaction.
 *
 * When a thousand coupons are downloaded at once, each batch has a handful of rows, and a transaction per batch costs
 * twenty times as much as its rows (docs/adr/0044).
 *
 * A group is written completely or not at all. If it conflicts with a replay, a row that the schema refuses, a
 * revocation, another epoch or a lock, nothing of the group is written, and each batch is recorded separately by
 * `record-batch.ts`.
 */
import type { Kysely, Transaction } from 'kysely';
import type { CouponId, Issuance } from '../../engine/domain/coupon.js';
import { Rounds } from '../../engine/domain/rounds.js';
import type { IssuanceLedger, RecordResult } from '../../engine/ports/issuance-ledger.js';
import { faultOf } from './error-classes.js';
import { insertIssuances } from './insert-issuances.js';
import {
  type ClaimedBatch,
  lockEpochAndRevocations,
  lockEpochsAndRevocations,
} from './lock-epoch-and-revocations.js';
import { hasWholeNumbers, recordBatch } from './record-batch.js';
import type { Database } from './schema.js';
import type { SqlFlavour } from './sql-flavour.js';
import { inTransaction, RolledBack } from './transaction.js';

/** Concurrent batches recorded alone: one that waits for a lock does not delay the others. */
const ALONE_MAX = 2;

/** One for the groups, so that they never wait for batches recorded alone. */
export const RECORDING_CONNECTIONS = 1 + ALONE_MAX;

/** Rows of a group. A batch that is larger goes alone. */
const GROUP_ROWS_MAX = 2_000;

/**
 * Faults that one batch may cause for the others. A lost connection, or an unreachable database, is the same for all of
 * them.
 */
const inTheWay: ReadonlySet<unknown> = new Set(['duplicate', 'poison', 'too_large', 'retry', 'other']);

interface Waiting extends ClaimedBatch {
  readonly resolve: (result: RecordResult) => void;
  readonly reject: (fault: unknown) => void;
}

export class GroupedRecording implements Pick<IssuanceLedger, 'record'> {
  readonly #db: Kysely<Database>;
  readonly #flavour: SqlFlavour;
  #waiting: Waiting[] = [];
  readonly #rounds: Rounds;
  readonly #alone: Waiting[] = [];
  #alonesRunning = 0;

  constructor(db: Kysely<Database>, flavour: SqlFlavour) {
    this.#db = db;
    this.#flavour = flavour;
    this.#rounds = new Rounds({
      isWaiting: () => this.#waiting.length > 0,
      round: () => this.#record(this.#nextGroup()),
      // What else arrives in this turn of the event loop goes along.
      defer: setImmediate,
    });
  }

  /** See {@link IssuanceLedger.record}. At most one group is under way; batches that arrive meanwhile form the next. */
  record(
    couponId: CouponId,
    epoch: number,
    issuances: readonly Issuance[],
    quantity?: number,
  ): Promise<RecordResult> {
    return new Promise((resolve, reject) => {
      this.#waiting.push({ couponId, epoch, issuances, quantity, resolve, reject });
      this.#rounds.begin();
    });
  }

  #nextGroup(): Waiting[] {
    let rows = 0;
    const surplus = this.#waiting.findIndex(
      ({ issuances }, place) => (rows += issuances.length) > GROUP_ROWS_MAX && place > 0,
    );
    return this.#waiting.splice(0, surplus === -1 ? this.#waiting.length : surplus);
  }

  /** Records batches alone, until none that needs this is left. */
  async #runAlone(): Promise<void> {
    this.#alonesRunning += 1;
    for (let batch = this.#alone.shift(); batch !== undefined; batch = this.#alone.shift()) {
      await recordBatch(this.#db, this.#flavour, batch).then(batch.resolve, batch.reject);
    }
    this.#alonesRunning -= 1;
  }

  async #record(group: readonly Waiting[]): Promise<void> {
    try {
      if (!(await this.#inOneTransaction(group))) {
        // Not waited for: one of them may wait for a lock for long.
        this.#alone.push(...group);
        while (this.#alonesRunning < ALONE_MAX && this.#alone.length > 0) void this.#runAlone();
        return;
      }
      for (const { issuances, resolve } of group) {
        resolve({ inserted: issuances.length, replayed: 0, revoked: 0, deadLettered: 0, stale: 0 });
      }
    } catch (fault) {
      for (const { reject } of group) reject(fault);
    }
  }

  /** @returns false when something was in the way and nothing was written. @throws like {@link IssuanceLedger.record}. */
  async #inOneTransaction(group: readonly Waiting[]): Promise<boolean> {
    if (!group.every(({ issuances }) => issuances.every(hasWholeNumbers))) return false;
    try {
      await inTransaction(this.#db, async (transaction) => {
        if (!(await this.#plainly(transaction, group)))
          throw new RolledBack('conflicting row, revocation or epoch');
      });
      return true;
    } catch (fault) {
      if (fault instanceof RolledBack) return false;
      throw fault;
    }
  }

  /** The INSERT first, as in `record-batch.ts` and for its reason. */
  async #plainly(transaction: Transaction<Database>, group: readonly Waiting[]): Promise<boolean> {
    try {
      await insertIssuances(transaction, this.#flavour, group);
      const [only] = group;
      if (group.length > 1 || only === undefined)
        return await lockEpochsAndRevocations(transaction, this.#flavour, group);
      const { couponId, epoch, issuances, quantity = 0 } = only;
      const ground = await lockEpochAndRevocations(transaction, this.#flavour, couponId, epoch, issuances);
      const most = ground.quantity === undefined ? Infinity : Math.max(ground.quantity, quantity);
      return ground.revokedNumbers.size === 0 && ground.highest <= most;
    } catch (error) {
      // Not tried again as a whole: a batch that waits for one coupon's lock should not make the others wait again and
      // again.
      if (inTheWay.has(faultOf(error))) return false;
      throw error;
    }
  }
}
