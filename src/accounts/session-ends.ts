/**
 * Follows which sessions of accounts have ended before their tokens expire: the port, and each API process's copy in memory.
 *
 * Tokens carry the generation of their session, and a change of password, a change of role and a deletion begin the next
 * generation. A moment instead of a generation was rejected: tokens name whole seconds, so the session that replaces the
 * ended ones could not be distinguished from them.
 */
import type { Clock, Scheduler } from '../engine/domain/clock.js';
import type { ChangeHead } from './change-history.js';
import { FollowedMap } from './followed-map.js';
import { RepeatedPoll } from './repeated-poll.js';

/** Twelve hours: longer than an event and its queue, shorter than a lost phone. */
export const SESSION_SECONDS = 43_200;

/** The generation of a deleted account: every session has ended. */
export const NO_SESSION_VALID = 2_147_483_647;

/** After that no token of an ended session is accepted anyway. The hour is for clocks that differ. */
const REMEMBERED_MS = SESSION_SECONDS * 1_000 + 3_600_000;

export interface SessionEnd {
  /** The `sub` of the tokens. */
  readonly subject: string;
  /** Sessions of a lower one have ended. */
  readonly generation: number;
  readonly endedAtMs: number;
  /** Grows with every change, in the order in which they were committed. */
  readonly revision: number;
}

export interface SessionEndStore {
  /** The last change of all. */
  head(): Promise<ChangeHead>;
  /** Ascending by revision, those above `revision` that ended after `sinceMs`, up to `limit`. */
  endsAfter(revision: number, sinceMs: number, limit: number): Promise<SessionEnd[]>;
}

export interface SessionEndsPorts {
  readonly sessionEnds: SessionEndStore;
  readonly clock: Pick<Clock, 'nowMs'>;
  readonly scheduler: Pick<Scheduler, 'every'>;
  /** Called when a read fails; what is known stays in force. */
  onFault(fault: unknown): void;
}

/** Asked only for tokens that are not in the cache; so an end also has to take the subject's tokens out of it. */
export class SessionEnds {
  readonly #ports: SessionEndsPorts;
  /** In the order of changes, which is that of the moments. */
  readonly #ends: FollowedMap<string, SessionEnd>;
  readonly #poll: RepeatedPoll;
  #onEnded: (subjects: ReadonlySet<string>) => void = () => undefined;

  constructor(ports: SessionEndsPorts) {
    this.#ports = ports;
    this.#ends = new FollowedMap(async (revision, limit) => {
      const ends = await ports.sessionEnds.endsAfter(revision, this.#sinceMs(), limit);
      return ends.map((end) => ({ key: end.subject, value: end, revision: end.revision }));
    });
    this.#poll = new RepeatedPoll(() => this.#catchUp(), ports);
  }

  /**
   * Reads the ends that still matter, then polls.
   *
   * @param onEnded called with the subjects whose sessions ended since.
   * @throws StoreUnavailableError when the first read fails: without it ended sessions would be served.
   */
  start(onEnded: (subjects: ReadonlySet<string>) => void): Promise<void> {
    this.#onEnded = onEnded;
    return this.#poll.start();
  }

  stop(): void {
    this.#poll.stop();
  }

  /** Resolves when what was committed before this call is known here. */
  refresh(): Promise<void> {
    return this.#poll.fresh();
  }

  isOver(subject: string, generation: number): boolean {
    const end = this.#ends.get(subject);
    return end !== undefined && generation < end.generation;
  }

  async #catchUp(): Promise<void> {
    this.#forgetUpTo(this.#sinceMs());
    await this.#ends.catchUp(await this.#ports.sessionEnds.head(), (subjects) => this.#onEnded(subjects));
  }

  #sinceMs(): number {
    return this.#ports.clock.nowMs() - REMEMBERED_MS;
  }

  #forgetUpTo(sinceMs: number): void {
    for (const [subject, { endedAtMs }] of this.#ends.entries()) {
      if (endedAtMs > sinceMs) return;
      this.#ends.forget(subject);
    }
  }
}
