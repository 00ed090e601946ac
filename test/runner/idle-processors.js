/** Reports how idle the processors of this machine are, whatever keeps them busy. */
import { cpus } from 'node:os';

/** @returns {() => number} the share of all processors' time that was idle since the last call, 0 to 1 */
export function watchIdleProcessors() {
  let before = readTimes();
  return () => {
    const now = readTimes();
    const share = (now.idle - before.idle) / Math.max(1, now.total - before.total);
    before = now;
    return share;
  };
}

function readTimes() {
  const sum = { idle: 0, total: 0 };
  for (const { times } of cpus()) {
    sum.idle += times.idle;
    sum.total += times.user + times.nice + times.sys + times.irq + times.idle;
  }
  return sum;
}
