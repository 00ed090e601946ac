/** Combines the rounds of a variant: medians of rates and CPU, all latencies merged. */
import { mergeOutcome } from '../load/generators.js';
import { Latencies } from '../load/latencies.js';
import { type OutcomeReport, SERIES_STEP_MS } from '../load/load-report.js';
import type { Variant } from '../variants.js';
import { type MeasuredPart, measuredParts, type RoundResult } from './round-result.js';

/** Which part of an answer's distribution is reported. */
export const percentiles = [50, 75, 90, 95, 99, 99.9] as const;

export interface LatencySummary {
  readonly count: number;
  /** Milliseconds, in the order of `percentiles`. */
  readonly percentilesMs: readonly number[];
}

/** The phases of a run in which the stock goes. */
export interface Phases {
  readonly sellingSeconds: number;
  readonly sellingPerSecond: number;
  readonly afterPerSecond: number | undefined;
}

export interface VariantResult {
  readonly variant: Variant;
  readonly rounds: number;
  readonly requests: number;
  readonly perSecond: number;
  /** Rates of the slowest and of the fastest round. */
  readonly perSecondRange: readonly [number, number];
  /** Median rate of each outcome, highest first. */
  readonly outcomesPerSecond: Readonly<Record<string, number>>;
  readonly errors: number;
  readonly success: LatencySummary | undefined;
  readonly rejection: LatencySummary | undefined;
  readonly lag: LatencySummary | undefined;
  readonly cpuUsPerRequest: Readonly<Record<MeasuredPart, number>>;
  /** CPU time of everything but the generator. */
  readonly serverCpuUsPerRequest: number;
  readonly residentBytes: Readonly<Record<MeasuredPart, number>>;
  readonly redisBytesPerWinner: number | undefined;
  readonly drainedPerSecond: number | undefined;
  readonly idleCorePercent: number | undefined;
  readonly holdsBackMs: number | undefined;
  readonly phases: Phases | undefined;
  /** Answers in steps of SERIES_STEP_MS, by outcome, of the median round. */
  readonly series: Readonly<Record<string, readonly number[]>>;
  readonly brokenPromises: readonly string[];
}

/** Answers that give the member a coupon or remind of it. */
const SUCCESSES: readonly string[] = ['issued', 'already_issued'];

export function summarise(variant: Variant, rounds: readonly RoundResult[]): VariantResult {
  const rates = rounds.map((round) => round.requests / round.seconds);
  const names = [...new Set(rounds.flatMap((round) => [...round.outcomes.keys()]))];
  const rateOf = (name: string): number =>
    median(rounds.map((round) => countOf(round.outcomes.get(name)) / round.seconds));
  const perPart = (pick: (round: RoundResult, part: MeasuredPart) => number): Record<MeasuredPart, number> =>
    Object.fromEntries(
      measuredParts.map((part) => [part, median(rounds.map((round) => pick(round, part)))]),
    ) as Record<MeasuredPart, number>;
  const latencies = (wanted: (name: string) => boolean): LatencySummary | undefined =>
    summaryOf(
      rounds.flatMap((round) => [...round.outcomes].filter(([name]) => wanted(name)).map(([, seen]) => seen)),
    );
  const middle = [...rounds].sort((a, b) => a.requests / a.seconds - b.requests / b.seconds)[
    Math.floor((rounds.length - 1) / 2)
  ];
  return {
    variant,
    rounds: rounds.length,
    requests: rounds.reduce((sum, round) => sum + round.requests, 0),
    perSecond: median(rates),
    perSecondRange: [Math.min(...rates), Math.max(...rates)],
    outcomesPerSecond: Object.fromEntries(
      names.map((name) => [name, rateOf(name)] as const).sort(([, a], [, b]) => b - a),
    ),
    errors: rounds.reduce((sum, round) => sum + round.errors, 0),
    success: latencies((name) => SUCCESSES.includes(name)),
    rejection: latencies((name) => !SUCCESSES.includes(name)),
    lag: histogramSummary(rounds.flatMap((round) => round.lags ?? [])),
    cpuUsPerRequest: perPart((round, part) => round.cpuUsPerRequest[part]),
    serverCpuUsPerRequest: median(rounds.map(serverCpu)),
    residentBytes: perPart((round, part) => round.residentBytes[part]),
    redisBytesPerWinner: medianOfKnown(rounds.map((round) => round.redisBytesPerWinner)),
    drainedPerSecond: medianOfKnown(rounds.map((round) => round.drainedPerSecond)),
    idleCorePercent: medianOfKnown(rounds.map((round) => round.idleCorePercent)),
    holdsBackMs: medianOfKnown(rounds.map((round) => round.holdsBackMs)),
    phases: variant.load === 'model' ? phasesOf(rounds) : undefined,
    series: Object.fromEntries([...(middle?.outcomes ?? [])].map(([name, seen]) => [name, seen.series])),
    brokenPromises: rounds.flatMap((round) => round.brokenPromises),
  };
}

export function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  const half = Math.floor(sorted.length / 2);
  const upper = sorted[half] ?? 0;
  return sorted.length % 2 === 1 ? upper : ((sorted[half - 1] ?? upper) + upper) / 2;
}

function medianOfKnown(values: readonly (number | undefined)[]): number | undefined {
  const known = values.filter((value) => value !== undefined);
  return known.length === 0 ? undefined : median(known);
}

function serverCpu(round: RoundResult): number {
  return measuredParts
    .filter((part) => part !== 'generator')
    .reduce((sum, part) => sum + round.cpuUsPerRequest[part], 0);
}

function countOf(outcome: OutcomeReport | undefined): number {
  return outcome === undefined ? 0 : Latencies.decode(outcome.latencies).size;
}

function summaryOf(outcomes: readonly OutcomeReport[]): LatencySummary | undefined {
  const [first, ...others] = outcomes;
  if (first === undefined) return undefined;
  return histogramSummary([Latencies.decode(others.reduce(mergeOutcome, first).latencies)]);
}

function histogramSummary(histograms: readonly Latencies[]): LatencySummary | undefined {
  const all = Latencies.empty();
  for (const histogram of histograms) all.add(histogram);
  if (all.size === 0) return undefined;
  return {
    count: all.size,
    percentilesMs: percentiles.map((percent) => all.percentileUs(percent) / 1_000),
  };
}

/** Selling ends with the step in which the last unit went. */
function phasesOf(rounds: readonly RoundResult[]): Phases {
  const phases = rounds.map((round) => {
    const issued = round.outcomes.get('issued')?.series ?? [];
    const sellingSteps = issued.length;
    let selling = 0;
    let after = 0;
    for (const { series } of round.outcomes.values()) {
      series.forEach((count, step) => {
        if (step < sellingSteps) selling += count;
        else after += count;
      });
    }
    const sellingSeconds = (sellingSteps * SERIES_STEP_MS) / 1_000;
    return { sellingSeconds, selling, after, afterSeconds: round.seconds - sellingSeconds };
  });
  const afterRates = phases
    .filter((phase) => phase.after > 0)
    .map((phase) => phase.after / phase.afterSeconds);
  return {
    sellingSeconds: median(phases.map((phase) => phase.sellingSeconds)),
    sellingPerSecond: median(phases.map((phase) => phase.selling / Math.max(phase.sellingSeconds, 0.001))),
    afterPerSecond: afterRates.length === 0 ? undefined : median(afterRates),
  };
}
