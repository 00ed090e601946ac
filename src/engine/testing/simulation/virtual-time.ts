/**
 * Time that passes only when told to: a heap of events, and a turn of the real event loop after each so that everything promised
 * by one event has happened before the next.
 *
 * A real turn (`setImmediate`) costs about 2 µs and needs no assumption about how deep promises are chained; awaiting a fixed
 * number of microtasks instead would be cheaper and wrong as soon as somebody adds an `await`.
 */
import type { Clock, Scheduler } from '../../clock.js';

interface TimedEvent {
  readonly atMs: number;
  /** Breaks ties: first planned, first run. */
  readonly order: number;
  readonly task: () => void;
}

export class VirtualTime implements Clock, Scheduler {
  /** Ordered as a binary heap by time, then order. */
  readonly #heap: TimedEvent[] = [];
  #nowMs = 0;
  #planned = 0;

  /** In unit tests one clock serves as wall clock, monotonic clock and store clock. */
  nowMs(): number {
    return this.#nowMs;
  }

  monotonicMs(): number {
    return this.#nowMs;
  }

  at(atMs: number, task: () => void): void {
    const event = { atMs: Math.max(atMs, this.#nowMs), order: this.#planned, task };
    this.#planned += 1;
    this.#rise(event);
  }

  after(ms: number, task: () => void): void {
    this.at(this.#nowMs + ms, task);
  }

  endOfTurn(task: () => void): void {
    this.at(this.#nowMs, task);
  }

  pause(ms: number): Promise<void> {
    return new Promise((resolve) => this.after(ms, resolve));
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

  /** Lets everything happen that is due up to `ms` from now. */
  advance(ms: number): Promise<void> {
    return this.runUntil(this.#nowMs + ms);
  }

  /** Runs events in order up to that instant, or until `done` says that enough has happened. */
  async runUntil(untilMs: number, done: () => boolean = () => false): Promise<void> {
    await turn();
    while (!done()) {
      const next = this.#heap[0];
      if (next === undefined || next.atMs > untilMs) {
        this.#nowMs = Math.max(this.#nowMs, untilMs);
        return;
      }
      this.#sink();
      this.#nowMs = next.atMs;
      next.task();
      await turn();
    }
  }

  #rise(event: TimedEvent): void {
    const heap = this.#heap;
    let place = heap.push(event) - 1;
    while (place > 0) {
      const above = (place - 1) >> 1;
      const parent = heap[above];
      if (parent === undefined || isBefore(parent, event)) break;
      heap[place] = parent;
      place = above;
    }
    heap[place] = event;
  }

  #sink(): void {
    const heap = this.#heap;
    const last = heap.pop();
    if (last === undefined || heap.length === 0) return;
    let place = 0;
    for (;;) {
      let below = 2 * place + 1;
      let child = heap[below];
      if (child === undefined) break;
      const sibling = heap[below + 1];
      if (sibling !== undefined && isBefore(sibling, child)) {
        below += 1;
        child = sibling;
      }
      if (isBefore(last, child)) break;
      heap[place] = child;
      place = below;
    }
    heap[place] = last;
  }
}

function isBefore(one: TimedEvent, other: TimedEvent): boolean {
  return one.atMs === other.atMs ? one.order < other.order : one.atMs < other.atMs;
}

/** Everything that is ready now, however long its chain of promises, has run when this resolves. */
function turn(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}
