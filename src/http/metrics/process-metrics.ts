/**
 * Registers CPU, memory and event-loop delay of each process, labelled by role and pid.
 *
 * Rejected: their sum over the processes of a port, which would hide an overloaded process.
 */
import { monitorEventLoopDelay } from 'node:perf_hooks';
import { Counter, Gauge } from 'prom-client';
import type { Registry } from 'prom-client';

/** The delay is sampled this often; a tick is 10 µs of work. */
const SAMPLE_EVERY_MS = 20;
const MICROSECONDS = 1_000_000;
const NANOSECONDS = 1_000_000_000;
const PERCENTILE = 99;

export function registerProcessMetrics(registry: Registry, role: 'api' | 'recorder' | 'parent'): void {
  const labels = { role, pid: String(process.pid) };
  const labelNames = ['role', 'pid'] as const;
  new Counter({
    name: 'seonchak_process_cpu_seconds_total',
    help: 'CPU time of each process, including its threads.',
    labelNames,
    registers: [registry],
    collect() {
      const { user, system } = process.cpuUsage();
      this.reset();
      this.inc(labels, (user + system) / MICROSECONDS);
    },
  });
  new Gauge({
    name: 'seonchak_process_resident_bytes',
    help: 'Resident memory of each process.',
    labelNames,
    registers: [registry],
    collect() {
      this.set(labels, process.memoryUsage.rss());
    },
  });
  const delay = monitorEventLoopDelay({ resolution: SAMPLE_EVERY_MS });
  delay.enable();
  new Gauge({
    name: 'seonchak_event_loop_delay_seconds',
    help: 'Event-loop delay of each process since the last scrape, 99th percentile.',
    labelNames,
    registers: [registry],
    collect() {
      // What is sampled is the whole interval, the 20 ms that were asked for included.
      const lateSeconds =
        delay.count === 0 ? 0 : delay.percentile(PERCENTILE) / NANOSECONDS - SAMPLE_EVERY_MS / 1_000;
      this.set(labels, Math.max(0, lateSeconds));
      delay.reset();
    },
  });
}
