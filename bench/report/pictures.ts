/** Selects the figures of each chart. */
import { SERIES_STEP_MS } from '../load/load-report.js';
import { measuredParts } from '../measure/round-result.js';
import { type LatencySummary, percentiles, type VariantResult } from '../measure/variant-result.js';
import { bars, colour, legend, type Line, lineChart } from './charts.js';
import { count, microseconds } from './numbers.js';

const P99 = 4;
/** The model's quantity: this many first units are followed in every variant that issues. */
const BURN_DOWN_UNITS = 5_000;
const BURN_DOWN_MARKS = 6;

const serverParts = measuredParts.filter((part) => part !== 'generator');

export function throughputPicture(results: readonly VariantResult[]): string {
  const outcomes = [...new Set(results.flatMap((result) => Object.keys(result.outcomesPerSecond)))];
  const rows = results.map((result) => ({
    name: result.variant.id,
    value: count(result.perSecond),
    pieces: Object.entries(result.outcomesPerSecond).map(([name, amount]) => ({
      name: `${name}: ${count(amount)}/s`,
      amount,
      colour: colour(outcomes.indexOf(name)),
    })),
  }));
  return legend(outcomes) + bars(rows);
}

export function cpuPicture(results: readonly VariantResult[]): string {
  const rows = results.map((result) => ({
    name: result.variant.id,
    value: `${microseconds(result.serverCpuUsPerRequest)} µs`,
    pieces: serverParts.map((part, place) => ({
      name: `${part}: ${microseconds(result.cpuUsPerRequest[part])} µs`,
      amount: result.cpuUsPerRequest[part],
      colour: colour(place),
    })),
  }));
  return legend(serverParts) + bars(rows);
}

export function latencyPictures(results: readonly VariantResult[]): string {
  return [
    percentileChart('Latency of answers that give or confirm a coupon', results, (result) => result.success),
    percentileChart('Latency of refusals', results, (result) => result.rejection),
    percentileChart('From admission to row', results, (result) => result.lag),
    burnDownChart(results),
  ].join('\n');
}

/** Throughput and p99 against connections, where the same thing was measured with several numbers of them. */
export function rampPictures(results: readonly VariantResult[]): string {
  const ramps = new Map<string, VariantResult[]>();
  for (const result of results) {
    if (result.variant.connections === undefined || result.variant.load === 'model') continue;
    const name = result.variant.load === 'constant' ? 'bare handler' : result.variant.load;
    ramps.set(name, [...(ramps.get(name) ?? []), result]);
  }
  if (ramps.size === 0) return '';
  const lines = (value: (result: VariantResult) => number): Line[] =>
    [...ramps].map(([name, steps]) => ({
      name,
      points: steps.map((step) => [Math.log2(step.variant.connections ?? 1), value(step)] as const),
    }));
  const xMarks = [...new Set(results.flatMap((result) => result.variant.connections ?? []))].map(
    (connections) => ({ at: Math.log2(connections), text: String(connections) }),
  );
  const shared = { xLabel: 'connections', xMarks };
  const p99 = (result: VariantResult): number =>
    Math.max(result.success?.percentilesMs[P99] ?? 0, result.rejection?.percentilesMs[P99] ?? 0);
  return `<h2>Ramp</h2><div class="charts">${[
    lineChart({
      ...shared,
      title: 'Throughput',
      yLabel: 'req/s',
      yScale: 'linear',
      lines: lines((result) => result.perSecond),
    }),
    lineChart({ ...shared, title: 'p99 latency', yLabel: 'ms', yScale: 'log', lines: lines(p99) }),
  ].join('\n')}</div>`;
}

function percentileChart(
  title: string,
  results: readonly VariantResult[],
  pick: (result: VariantResult) => LatencySummary | undefined,
): string {
  const lines = results.flatMap((result): Line[] => {
    const summary = pick(result);
    if (summary === undefined) return [];
    return [
      { name: result.variant.id, points: summary.percentilesMs.map((ms, place) => [place, ms] as const) },
    ];
  });
  if (lines.length === 0) return '';
  const xMarks = percentiles.map((percent, place) => ({ at: place, text: `p${percent}` }));
  return lineChart({ title, lines, yLabel: 'ms', xLabel: 'share of answers', yScale: 'log', xMarks });
}

function burnDownChart(results: readonly VariantResult[]): string {
  const lines = results.flatMap((result): Line[] => {
    const issued = result.series['issued'];
    const deciding = result.variant.load === 'admission' || result.variant.load === 'model';
    if (issued === undefined || !deciding) return [];
    let left = BURN_DOWN_UNITS;
    const points: (readonly [number, number])[] = [[0, left]];
    for (const [step, amount] of issued.entries()) {
      if (left === 0) break;
      left = Math.max(0, left - amount);
      points.push([((step + 1) * SERIES_STEP_MS) / 1_000, left]);
    }
    return [{ name: result.variant.id, points }];
  });
  if (lines.length === 0) return '';
  const longest = Math.max(...lines.flatMap((line) => line.points.map(([seconds]) => seconds)));
  const step = longest / (BURN_DOWN_MARKS - 1);
  return lineChart({
    title: `The first ${count(BURN_DOWN_UNITS)} units against time`,
    lines,
    yLabel: 'units left',
    xLabel: 'seconds',
    yScale: 'linear',
    xMarks: Array.from({ length: BURN_DOWN_MARKS }, (_, place) => ({
      at: place * step,
      text: (place * step).toFixed(1),
    })),
  });
}
