/**
 * Registers CPU, memory and event-loop delay of each process, labelled by role and pid.
 *
 * Rejected: their sum over the processes of a port, which would hide an overloaded process.
 */
import { type IntervalHistogram, monitorEventLoopDelay } from 'node:perf_hooks';
import { Counter, Gauge } from 'prom-client';
import type { Registry } from 'prom-client';

/**
 * The delay is sampled this often. Each sample wakes the process: with 150 in a second, those of the metrics library included, a process
 * without a request used 2.2 per cent of a core, with 10 it uses 1.7.
 */
const SAMPLE_EVERY_MS = 100;
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
  // What is sampled is the whole interval, the part that was asked for included.
  const lateSeconds = (nanoseconds: number): number =>
    delay.count === 0 ? 0 : Math.max(0, nanoseconds / NANOSECONDS - SAMPLE_EVERY_MS / 1_000);
  new Gauge({
    name: 'seonchak_event_loop_delay_seconds',
    help: 'Event-loop delay of each process since the last scrape, 99th percentile.',
    labelNames,
    registers: [registry],
    collect() {
      this.set(labels, lateSeconds(delay.percentile(PERCENTILE)));
      for (const { gauge, read } of lags) gauge.set(read(delay, lateSeconds));
      delay.reset();
    },
  });
  // Behind the gauge that reads for them: metrics are collected in the order of their registration.
  const lags = lagGauges(registry);
}

type Late = (nanoseconds: number) => number;

const lagReadings: Readonly<Record<string, (delay: IntervalHistogram, late: Late) => number>> = {
  min: (delay, late) => late(delay.min),
  max: (delay, late) => late(delay.max),
  mean: (delay, late) => late(delay.mean),
  stddev: (delay) => (delay.count === 0 ? 0 : delay.stddev / NANOSECONDS),
  p50: (delay, late) => late(delay.percentile(50)),
  p90: (delay, late) => late(delay.percentile(90)),
  p99: (delay, late) => late(delay.percentile(99)),
};

/** Takes over those gauges of the metrics library that sample the event loop, so that one sampler serves all. None where it has none. */
function lagGauges(registry: Registry) {
  return Object.entries(lagReadings).flatMap(([what, read]) => {
    const name = `nodejs_eventloop_lag_${what}_seconds`;
    if (registry.getSingleMetric(name) === undefined) return [];
    registry.removeSingleMetric(name);
    const help = `Event-loop delay since the last scrape, ${what}.`;
    return [{ gauge: new Gauge({ name, help, registers: [registry] }), read }];
  });
}
