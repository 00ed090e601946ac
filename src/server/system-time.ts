/** Implements the engine's clock and scheduler with the machine's clock and event loop. */
import { setTimeout as pause } from 'node:timers/promises';
import type { Clock, Scheduler } from '../engine/domain/clock.js';
import { sharedTimers } from '../engine/domain/shared-timers.js';

export const systemClock: Clock = {
  nowMs: () => Date.now(),
  monotonicMs: () => performance.now(),
};

export const systemScheduler: Scheduler = sharedTimers({
  endOfTurn: (task) => void setImmediate(task),
  pause: (ms) => pause(ms),
  every: (ms, task) => {
    const timer = setInterval(task, ms);
    timer.unref();
    return () => clearInterval(timer);
  },
});
