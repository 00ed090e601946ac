/**
 * Advances virtual time: a heap of events, each run once all promises of earlier events have settled.
 *
 * `process.nextTick` from a microtask runs once no microtask is left, however deeply promises are chained, and costs a
 * tenth of a turn of the event loop (`setImmediate`, 2 µs and more). Rejected: awaiting a fixed number of microtasks,
 * which becomes wrong with the next added `await`.
 */
import type { Clock, Scheduler } from '../../domain/clock.js';

export interface TimedEvent {
  readonly atMs: number;
  /** Breaks ties: first planned, first run. */
  readonly order: number;
  /** Nothing is promised in it, so the next event need not wait for anything. */
  readonly plain: boolean;
  /** Decides whether and when the event happens, if it has an owner. */
  readonly owner: Owner | undefined;
  task: (() => void) | undefined;
}

/** The process to which an event happens; it may be dead or frozen by then. */
export interface Owner {
  happen(task: () => void): void;
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

  at(atMs: number, task: () => void): TimedEvent {
    return this.#plan(atMs, task, undefined, false);
  }

  /**
   * For a task that settles no promise and calls nothing that might: a third of all events are such, and the way through the queue of ticks
   * costs more than most of them.
   */
  plainAt(atMs: number, task: () => void): TimedEvent {
    return this.#plan(atMs, task, undefined, true);
  }

  after(ms: number, task: () => void, owner?: Owner): TimedEvent {
    return this.#plan(this.#nowMs + ms, task, owner, false);
  }

  endOfTurn(task: () => void): void {
    this.at(this.#nowMs, task);
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

  /** Lets everything happen that is due up to `ms` from now. */
  advance(ms: number): Promise<void> {
    return this.runUntil(this.#nowMs + ms);
  }

  /** Runs events in order up to that instant. */
  runUntil(untilMs: number): Promise<void> {
    return new Promise((resolve, reject) => {
      const next = (): void => {
        try {
          if (this.#runNext(untilMs)) afterMicrotasks();
          else resolve();
        } catch (fault) {
          reject(fault instanceof Error ? fault : new Error(String(fault)));
        }
      };
      // From a microtask, so that ticks cannot overtake promises that are ready by then.
      const toTick = (): void => process.nextTick(next);
      const afterMicrotasks = (): void => void READY.then(toTick);
      afterMicrotasks();
    });
  }

  /** Runs events up to the first that may have promised something. `false`: nothing is left to happen until that instant. */
  #runNext(untilMs: number): boolean {
    for (;;) {
      const event = this.#heap[0];
      if (event === undefined || event.atMs > untilMs) {
        this.#nowMs = Math.max(this.#nowMs, untilMs);
        return false;
      }
      this.#sink();
      const { task, owner } = event;
      if (task === undefined) continue;
      this.#nowMs = event.atMs;
      if (owner === undefined) task();
      else owner.happen(task);
      if (!event.plain) return true;
    }
  }

  #plan(atMs: number, task: () => void, owner: Owner | undefined, plain: boolean): TimedEvent {
    const event = { atMs: Math.max(atMs, this.#nowMs), order: this.#planned, plain, owner, task };
    this.#planned += 1;
    this.#rise(event);
    return event;
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

const READY = Promise.resolve();

/** It will not happen, and costs no turn. */
export function cancel(event: TimedEvent): void {
  event.task = undefined;
}
