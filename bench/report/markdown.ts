/** Writes the report as tables for docs/performance.md. */
import { measuredParts } from '../measure/round-result.js';
import type { LatencySummary, VariantResult } from '../measure/variant-result.js';
import type { BenchReport } from './bench-report.js';
import { count, microseconds, milliseconds } from './numbers.js';

const MEDIAN = 0;
const P99 = 4;

function row(cells: readonly string[]): string {
  return `| ${cells.join(' | ')} |`;
}

function markdownTable(head: readonly string[], rows: readonly (readonly string[])[]): string {
  const rule = head.map((_, place) => (place === 0 ? '---' : '--:'));
  return [row(head), row(rule), ...rows.map(row)].join('\n');
}

const latency = (summary: LatencySummary | undefined): string =>
  summary === undefined
    ? '–'
    : `${milliseconds(summary.percentilesMs[MEDIAN] ?? 0)} / ${milliseconds(summary.percentilesMs[P99] ?? 0)}`;

export function markdownReport(report: BenchReport): string {
  const { machine, goals, results } = report;
  const models = results.filter((result) => result.phases !== undefined);
  return [
    `\`${report.command}\`, ${report.startedAt.slice(0, 16).replace('T', ' ')} UTC, ${machine.cores} cores (${machine.processor}), Node ${machine.node}, ` +
      `Redis ${machine.redis}, ${machine.database}, load average before ${machine.loadBefore.toFixed(1)}.`,
    goals.length === 0
      ? undefined
      : markdownTable(
          ['figure', 'goal', 'measured', ''],
          goals.map((goal) => [goal.figure, goal.goal, goal.measured, goal.met ? 'met' : 'missed']),
        ),
    markdownTable(
      ['variant', 'req/s', 'success p50 / p99 ms', 'refusal p50 / p99 ms', 'lag p50 / p99 ms'],
      results.map((result) => [
        result.variant.id,
        count(result.perSecond),
        latency(result.success),
        latency(result.rejection),
        latency(result.lag),
      ]),
    ),
    markdownTable(
      ['CPU µs per request', ...measuredParts, 'all but generator'],
      results.map((result) => [
        result.variant.id,
        ...measuredParts.map((part) => microseconds(result.cpuUsPerRequest[part])),
        microseconds(result.serverCpuUsPerRequest),
      ]),
    ),
    models.length === 0 ? undefined : phases(models),
  ]
    .filter((part) => part !== undefined)
    .join('\n\n')
    .concat('\n');
}

function phases(models: readonly VariantResult[]): string {
  return markdownTable(
    ['variant', 'req/s while stock remains', 'for s', 'req/s after'],
    models.map(({ variant, phases: seen }) => [
      variant.id,
      count(seen?.sellingPerSecond ?? 0),
      (seen?.sellingSeconds ?? 0).toFixed(2),
      seen?.afterPerSecond === undefined ? 'stock left' : count(seen.afterPerSecond),
    ]),
  );
}
