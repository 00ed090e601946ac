/**
 * Follows the subjects whose tokens are refused: the port, and each API process's copy in memory.
 *
 * A lock holds for tokens of every signer.
 */
import type { AuditEntry } from '../engine/ports/audit-log.js';
import type { Scheduler } from '../engine/domain/clock.js';
import type { MemberId } from '../engine/domain/coupon.js';
import type { ChangeHead } from './change-history.js';
import { FollowedMap } from './followed-map.js';
import { RepeatedPoll } from './repeated-poll.js';

/** Locked at the same time; every API process holds them all, some 100 bytes each. */
export const LOCKED_SUBJECTS_MAX = 100_000;

export interface LockChange {
  readonly subject: MemberId;
  readonly locked: boolean;
  /** Grows by one with every change, in the order in which they were committed. */
  readonly revision: number;
}

export interface AccessLockStore {
  /**
   * Sets or lifts the lock and writes the entry, in one transaction.
   *
   * @returns `unchanged` when it was so already, `too_many` beyond {@link LOCKED_SUBJECTS_MAX}; then nothing is written.
   */
  set(subject: MemberId, locked: boolean, entry: AuditEntry): Promise<'changed' | 'unchanged' | 'too_many'>;
  isLocked(subject: MemberId): Promise<boolean>;
  /** The last change of all. */
  head(): Promise<ChangeHead>;
  /** Ascending by revision, those above `revision`, up to `limit`. */
  changesAfter(revision: number, limit: number): Promise<LockChange[]>;
}

export interface AccessLocksPorts {
  readonly locks: Pick<AccessLockStore, 'head' | 'changesAfter'>;
  readonly scheduler: Pick<Scheduler, 'every'>;
  /** Called when a read fails; locks already known stay in force. */
  onFault(fault: unknown): void;
}

/** Asked only for tokens that are not in the cache; so a new lock also has to take the subject's tokens out of it. */
export class AccessLocks {
  readonly #locked: FollowedMap<string, true>;
  readonly #poll: RepeatedPoll;
  #onLocked: (subjects: ReadonlySet<string>) => void = () => undefined;

  constructor(ports: AccessLocksPorts) {
    const { locks } = ports;
    this.#locked = new FollowedMap(async (revision, limit) => {
      const changes = await locks.changesAfter(revision, limit);
      return changes.map((change) => ({
        key: change.subject,
        value: change.locked ? true : undefined,
        revision: change.revision,
      }));
    });
    this.#poll = new RepeatedPoll(
      async () => this.#locked.catchUp(await locks.head(), (subjects) => this.#onLocked(subjects)),
      ports,
    );
  }

  /**
   * Reads every lock, then polls.
   *
   * @param onLocked called with the subjects that were locked since.
   * @throws StoreUnavailableError when the first read fails: without it locked members would be served.
   */
  start(onLocked: (subjects: ReadonlySet<string>) => void): Promise<void> {
    this.#onLocked = onLocked;
    return this.#poll.start();
  }

  stop(): void {
    this.#poll.stop();
  }

  /** Resolves when what was committed before this call is known here. */
  refresh(): Promise<void> {
    return this.#poll.fresh();
  }

  has(subject: string): boolean {
    return this.#locked.has(subject);
  }
}
