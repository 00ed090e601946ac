/**
 * Simulates one life of a process with its own clocks and timers, and a sudden end.
 *
 * Everything that happens in a process passes through {@link SimulatedProcess.happen}: after a crash nothing happens,
 * and what is due while the process is frozen happens at the thaw. A crash may be set for the n-th step (a command
 * sent, a reply received), which is every `await` of the engine that leaves the process.
 */
import type { Clock, Scheduler } from '../../domain/clock.js';
import type { Random } from './random.js';
import type { Owner, TimedEvent, VirtualTime } from './virtual-time.js';

/** Wall clocks of processes differ from each other and from the store's by up to this much, either way. */
const WALL_SKEW_MS = 3_600_000;
/** A second of one monotonic clock is a second of another, give or take this. */
const DRIFT = 0.005;

export class SimulatedProcess implements Clock, Scheduler, Owner {
  readonly name: string;
  readonly #time: VirtualTime;
  readonly #skewMs: number;
  readonly #rate: number;
  #frozenUntilMs = 0;
  #stepsLeft = Number.POSITIVE_INFINITY;
  #ends: (() => void)[] = [];
  alive = true;

  constructor(name: string, time: VirtualTime, random: Random) {
    this.name = name;
    this.#time = time;
    this.#skewMs = random.between(-WALL_SKEW_MS, WALL_SKEW_MS);
    this.#rate = 1 + (random.next() * 2 - 1) * DRIFT;
  }

  nowMs(): number {
    return this.#skewMs + this.#time.nowMs();
  }

  monotonicMs(): number {
    return this.#time.nowMs() * this.#rate;
  }

  /** Does it now, at the thaw, or never. */
  happen(task: () => void): void {
    if (!this.alive) return;
    if (this.#time.nowMs() < this.#frozenUntilMs) this.#time.at(this.#frozenUntilMs, () => this.happen(task));
    else task();
  }

  after(ms: number, task: () => void): TimedEvent {
    return this.#time.after(ms, task, this);
  }

  endOfTurn(task: () => void): void {
    this.after(0, task);
  }

  pause(ms: number): Promise<void> {
    return new Promise((resolve) => void this.after(ms, resolve));
  }

  every(ms: number, task: () => void): () => void {
    let stopped = false;
    const again = (): void => {
      if (stopped) return;
      task();
      this.after(ms, again);
    };
    this.after(ms, again);
    return () => {
      stopped = true;
    };
  }

  /** A command leaves or a reply arrives. `false`: the process died right there. */
  step(): boolean {
    this.#stepsLeft -= 1;
    if (this.#stepsLeft <= 0) this.crash();
    return this.alive;
  }

  crashAtStep(steps: number): void {
    this.#stepsLeft = steps;
  }

  onCrash(then: () => void): void {
    this.#ends.push(then);
  }

  crash(): void {
    if (!this.alive) return;
    this.alive = false;
    for (const then of this.#ends.splice(0)) then();
  }

  freeze(ms: number): void {
    this.#frozenUntilMs = this.#time.nowMs() + ms;
  }

  thaw(): void {
    this.#frozenUntilMs = 0;
  }
}
