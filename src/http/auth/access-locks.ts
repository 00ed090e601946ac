/** Subjects whose tokens are refused, whoever signed them: the port, and the copy that every API process keeps in memory. */
import type { AuditEntry } from '../../engine/audit-log.js';
import type { Scheduler } from '../../engine/clock.js';
import type { MemberId } from '../../engine/coupon.js';

/** Locked at the same time; every API process holds them all, some 100 bytes each. */
export const LOCKED_SUBJECTS_MAX = 100_000;

/** How often a process looks for locks that were set elsewhere. */
const LOOK_EVERY_MS = 500;
const CHANGES_PAGE = 1_000;

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
  /** Ascending by revision, those above `revision`, up to `limit`. */
  changesAfter(revision: number, limit: number): Promise<LockChange[]>;
}

export interface AccessLocksPorts {
  readonly locks: Pick<AccessLockStore, 'changesAfter'>;
  readonly scheduler: Pick<Scheduler, 'every'>;
  /** Told of a look that failed; what is known stays in force. */
  onFault(fault: unknown): void;
}

/** Asked only for tokens that are not in the cache; so a new lock also has to take the subject's tokens out of it. */
export class AccessLocks {
  readonly #ports: AccessLocksPorts;
  readonly #locked = new Set<string>();
  #revision = 0;
  #looking = false;
  #stop: (() => void) | undefined;

  constructor(ports: AccessLocksPorts) {
    this.#ports = ports;
  }

  /**
   * Learns every lock, then goes on looking.
   *
   * @param onLocked told of subjects that were locked since.
   * @throws StoreUnavailableError when the first look fails: without it locked members would come in.
   */
  async start(onLocked: (subjects: ReadonlySet<string>) => void): Promise<void> {
    await this.#look(onLocked);
    this.#stop = this.#ports.scheduler.every(LOOK_EVERY_MS, () => {
      if (this.#looking) return;
      this.#looking = true;
      this.#look(onLocked)
        .catch((fault: unknown) => this.#ports.onFault(fault))
        .finally(() => {
          this.#looking = false;
        });
    });
  }

  stop(): void {
    this.#stop?.();
  }

  has(subject: string): boolean {
    return this.#locked.has(subject);
  }

  /** Every page is told of by itself: what comes after it may fail, and it is not read again. */
  async #look(onLocked: (subjects: ReadonlySet<string>) => void): Promise<void> {
    for (;;) {
      const news = new Set<string>();
      const changes = await this.#ports.locks.changesAfter(this.#revision, CHANGES_PAGE);
      for (const { subject, locked, revision } of changes) {
        this.#revision = revision;
        if (locked) {
          this.#locked.add(subject);
          news.add(subject);
        } else {
          this.#locked.delete(subject);
          news.delete(subject);
        }
      }
      if (news.size > 0) onLocked(news);
      if (changes.length < CHANGES_PAGE) return;
    }
  }
}
