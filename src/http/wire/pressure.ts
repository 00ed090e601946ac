/**
 * Detects that this process is overloaded, so that `/readyz` diverts new clients before deadlines pass.
 *
 * Two signs are used, both of this process alone: late turns of the event loop, and the number of answers owed over all
 * coupons. A full mailbox of one coupon is not a sign: then the store is the bottleneck, the other processes have the
 * same backlog, and more requests would only move there. Several bad checks in a row make the process unready and more
 * good checks make it ready again, so a single pause does not remove a server, and a server that has just recovered
 * stays.
 */
import type { Clock, Scheduler } from '../../engine/domain/clock.js';

export const CHECK_EVERY_MS = 250;

/** A turn this late is half-way to a version check that misses its time (LOCAL_ANSWER_MS). */
const LATE_MS = 400;
/** Later than this the process still counts as overloaded. */
const STILL_LATE_MS = 100;

/** Shares of the limit of pending answers. */
const CROWDED = 0.8;
const STILL_CROWDED = 0.5;

export const BAD_CHECKS = 4;
export const GOOD_CHECKS = 8;

export class Pressure {
  readonly #owedShare: () => number;
  #checkedAtMs: number;
  #underPressure = false;
  /** Consecutive readings that contradict the present state. */
  #contrary = 0;

  /** @param owedShare pending answers at this moment, as a share of the limit. */
  constructor(owedShare: () => number, clock: Pick<Clock, 'monotonicMs'>) {
    this.#owedShare = owedShare;
    this.#checkedAtMs = clock.monotonicMs();
  }

  /** @returns how to stop watching. */
  watch(scheduler: Pick<Scheduler, 'every'>, clock: Pick<Clock, 'monotonicMs'>): () => void {
    return scheduler.every(CHECK_EVERY_MS, () => this.check(clock.monotonicMs()));
  }

  /** To be called every {@link CHECK_EVERY_MS}; how late it is called is what the event loop is judged by. */
  check(nowMs: number): void {
    const lateMs = nowMs - this.#checkedAtMs - CHECK_EVERY_MS;
    this.#checkedAtMs = nowMs;
    const share = this.#owedShare();
    const speaksAgainst = this.#underPressure
      ? lateMs < STILL_LATE_MS && share < STILL_CROWDED
      : lateMs >= LATE_MS || share >= CROWDED;
    this.#contrary = speaksAgainst ? this.#contrary + 1 : 0;
    if (this.#contrary < (this.#underPressure ? GOOD_CHECKS : BAD_CHECKS)) return;
    this.#underPressure = !this.#underPressure;
    this.#contrary = 0;
  }

  /** For `/readyz`; empty while all is well. */
  reasons(): readonly string[] {
    return this.#underPressure
      ? [
          'This process is overloaded: its event loop is late, or too many responses are pending. Raise PROCESSES or add machines.',
        ]
      : [];
  }
}
