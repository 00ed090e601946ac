/** Prints the report to a terminal: one line per variant, then goals beside measured values. */
import { table } from '../../src/cli/table.js';
import { measuredParts } from '../measure/round-result.js';
import type { LatencySummary, VariantResult } from '../measure/variant-result.js';
import type { BenchReport } from './bench-report.js';
import { count, milliseconds, megabytes, microseconds, share } from './numbers.js';

const MEDIAN = 0;
const P99 = 4;

const latency = (summary: LatencySummary | undefined): string =>
  summary === undefined
    ? '–'
    : `${milliseconds(summary.percentilesMs[MEDIAN] ?? 0)} / ${milliseconds(summary.percentilesMs[P99] ?? 0)}`;

export function terminalReport(report: BenchReport): string {
  const { results, goals, brokenPromises } = report;
  const drains = results.filter((result) => result.drainedPerSecond !== undefined);
  const models = results.filter((result) => result.phases !== undefined);
  return [
    ...table(
      [
        'variant',
        'req/s',
        'outcomes',
        'success p50/p99 ms',
        'rejection p50/p99 ms',
        'lag p50/p99 ms',
        'errors',
      ],
      results.map((result) => [
        result.variant.id,
        count(result.perSecond),
        outcomes(result),
        latency(result.success),
        latency(result.rejection),
        latency(result.lag),
        result.errors,
      ]),
    ),
    '',
    ...table(
      ['CPU µs per request', ...measuredParts, 'all but generator', 'resident MB: API / Redis / database'],
      results.map((result) => [
        result.variant.id,
        ...measuredParts.map((part) => microseconds(result.cpuUsPerRequest[part])),
        microseconds(result.serverCpuUsPerRequest),
        (['api', 'redis', 'database'] as const)
          .map((part) => megabytes(result.residentBytes[part]))
          .join(' / '),
      ]),
    ),
    ...(models.length > 0 ? ['', ...phasesTable(models)] : []),
    ...drains.map(
      (result) => `\n${result.variant.id}: ${count(result.drainedPerSecond ?? 0)} rows/s from a full queue`,
    ),
    ...results.flatMap(({ variant, idleCorePercent }) =>
      idleCorePercent === undefined ? [] : `\n${variant.id}: ${idleCorePercent.toFixed(1)} % of a core`,
    ),
    ...results.flatMap(({ variant, holdsBackMs }) =>
      holdsBackMs === undefined
        ? []
        : `\n${variant.id}: back in stock after ${(holdsBackMs / 1_000).toFixed(1)} s`,
    ),
    ...(goals.length > 0
      ? [
          '',
          ...table(
            ['goal', 'bound', 'measured', ''],
            goals.map((goal) => [goal.figure, goal.goal, goal.measured, goal.met ? 'met' : 'MISSED']),
          ),
        ]
      : []),
    '',
    ...(brokenPromises.length === 0
      ? ['I1–I5 hold in every variant and round.']
      : ['BROKEN PROMISES', ...brokenPromises.map((sentence) => `  ${sentence}`)]),
  ].join('\n');
}

function phasesTable(results: readonly VariantResult[]): string[] {
  return table(
    ['variant', 'req/s while stock remains', 'for', 'req/s after'],
    results.map((result) => [
      result.variant.id,
      count(result.phases?.sellingPerSecond ?? 0),
      `${(result.phases?.sellingSeconds ?? 0).toFixed(2)} s`,
      result.phases?.afterPerSecond === undefined ? 'stock left' : count(result.phases.afterPerSecond),
    ]),
  );
}

function outcomes(result: VariantResult): string {
  return Object.entries(result.outcomesPerSecond)
    .map(([name, perSecond]) => `${name} ${share(perSecond / result.perSecond)}`)
    .join(', ');
}
