/**
 * Time that passes only when told to: a heap of events, each of which runs when all that was promised by those before has happened.
 *
 * `process.nextTick` from a microtask runs once no microtask is left, however deep promises are chained, and costs a
 * tenth of a turn of the event loop (`setImmediate`, 2 µs and more). Awaiting a fixed number of microtasks instead would be
 * wrong as soon as somebody adds an `await`.
 */
import type { Clock, Scheduler } from '../../clock.js';

export interface TimedEvent {
  readonly atMs: number;
  /** Breaks ties: first planned, first run. */
  readonly order: number;
  task: (() => void) | undefined;
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
    const event: TimedEvent = { atMs: Math.max(atMs, this.#nowMs), order: this.#planned, task };
    this.#planned += 1;
    this.#rise(event);
    return event;
  }

  after(ms: number, task: () => void): TimedEvent {
    return this.at(this.#nowMs + ms, task);
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
        while (this.#heap[0] !== undefined && this.#heap[0].task === undefined) this.#sink();
        const event = this.#heap[0];
        if (event === undefined || event.atMs > untilMs) {
          this.#nowMs = Math.max(this.#nowMs, untilMs);
          resolve();
          return;
        }
        this.#sink();
        this.#nowMs = event.atMs;
        try {
          event.task?.();
        } catch (fault) {
          reject(fault instanceof Error ? fault : new Error(String(fault)));
          return;
        }
        afterMicrotasks();
      };
      // From a microtask, so that ticks cannot overtake promises that are ready by then.
      const toTick = (): void => process.nextTick(next);
      const afterMicrotasks = (): void => void READY.then(toTick);
      afterMicrotasks();
    });
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
