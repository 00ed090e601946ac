/** Shares the timers of tasks that have the same interval. */
import type { Scheduler } from './clock.js';

interface SharedTimer {
  readonly tasks: Set<() => void>;
  readonly stop: () => void;
}

/**
 * One timer for all tasks with the same interval, so that they run in the same turn of the event loop: the process wakes
 * once, and questions to a store that are asked in one turn can share a call.
 */
export function sharedTimers(scheduler: Scheduler): Scheduler {
  const timers = new Map<number, SharedTimer>();
  return {
    endOfTurn: (task) => scheduler.endOfTurn(task),
    pause: (ms) => scheduler.pause(ms),
    every(ms, task) {
      let timer = timers.get(ms);
      if (timer === undefined) {
        const tasks = new Set<() => void>();
        const stop = scheduler.every(ms, () => {
          for (const one of [...tasks]) one();
        });
        timer = { tasks, stop };
        timers.set(ms, timer);
      }
      const { tasks, stop } = timer;
      tasks.add(task);
      return () => {
        if (!tasks.delete(task) || tasks.size > 0) return;
        stop();
        timers.delete(ms);
      };
    },
  };
}
