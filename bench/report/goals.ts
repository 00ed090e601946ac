/** Compares a run with the project's goals. Ratios are against the bare handler of the same run. */
import type { VariantResult } from '../measure/variant-result.js';

export interface GoalRow {
  readonly figure: string;
  readonly goal: string;
  readonly measured: string;
  readonly met: boolean;
}

interface Goal {
  readonly figure: string;
  /** A bound and on which side of it is good. */
  readonly least?: number;
  readonly most?: number;
  readonly unit: '×' | 'ms' | 'bytes' | '% of a core';
  /** `undefined` when this run did not measure it. */
  measure(of: (id: string) => VariantResult | undefined): number | undefined;
}

type Pick = (result: VariantResult) => number | undefined;
const rate: Pick = (result) => result.perSecond;
const apiCpu: Pick = (result) => result.cpuUsPerRequest.api;
const serverCpu: Pick = (result) => result.serverCpuUsPerRequest;

function ratio(id: string, pick: Pick, against = 'bare handler'): Goal['measure'] {
  return (of) => {
    const [one, other] = [of(id), of(against)];
    const above = one && pick(one);
    const below = other && pick(other);
    return above === undefined || below === undefined || below === 0 ? undefined : above / below;
  };
}

const P99 = 4;

/** What one more of `id` costs in everything, against the bare handler or another variant. */
const everything = (figure: string, id: string, most: number, against?: string): Goal => ({
  figure: `${figure}: CPU of everything`,
  most,
  unit: '×',
  measure: ratio(id, serverCpu, against),
});

/** How many times as much CPU the other method takes. */
const cheaperThan = (figure: string, id: string, other: string, least: number): Goal => ({
  figure,
  least,
  unit: '×',
  measure: ratio(other, serverCpu, id),
});

const rowP99 = (figure: string, id: string, most: number): Goal => ({
  figure,
  most,
  unit: 'ms',
  measure: (of) => of(id)?.lag?.percentilesMs[P99],
});

/** Hot at the same time; the variants are named so in scenarios.ts. */
const hotCoupons = ['10 coupons', '200 coupons', '1,000 coupons'] as const;

const goals: readonly Goal[] = [
  { figure: 'sold out: throughput', least: 0.95, unit: '×', measure: ratio('sold out', rate) },
  { figure: 'sold out: API CPU', most: 1.1, unit: '×', measure: ratio('sold out', apiCpu) },
  { figure: 'before opening: throughput', least: 0.95, unit: '×', measure: ratio('before opening', rate) },
  { figure: 'before opening: API CPU', most: 1.1, unit: '×', measure: ratio('before opening', apiCpu) },
  { figure: 'admission, fsync: throughput', least: 0.6, unit: '×', measure: ratio('admission', rate) },
  {
    figure: 'admission, fsync: API CPU against the late handler',
    most: 1.25,
    unit: '×',
    measure: ratio('admission', apiCpu, 'late handler'),
  },
  everything('admission, fsync', 'admission', 2.2),
  ...hotCoupons.map((id) => everything(`${id} against one`, id, 1.25, '1 coupon')),
  ...['1 coupon', ...hotCoupons].map((id) =>
    everything(`${id}, Cluster against a single Redis`, `${id}, Cluster`, 1.2, id),
  ),
  everything('sold out, not eligible, against sold out', 'sold out, not eligible', 1.05, 'sold out'),
  {
    figure: 'admission while holds run out: throughput against without',
    least: 0.9,
    unit: '×',
    measure: ratio('admission, holds run out', rate, 'admission'),
  },
  {
    figure: 'holds that ran out, back in stock beside a drop',
    most: 5_000,
    unit: 'ms',
    measure: (of) => of('admission, holds run out')?.holdsBackMs,
  },
  everything('admission, embedded', 'admission, embedded', 1.8),
  ...['1 coupon', ...hotCoupons].map((id) => everything(`${id}, embedded`, `${id}, embedded`, 1.8)),
  {
    figure: 'first-seen tokens: throughput',
    least: 0.5,
    unit: '×',
    measure: ratio('first-seen tokens', rate),
  },
  { figure: 'first-seen tokens: API CPU', most: 2.2, unit: '×', measure: ratio('first-seen tokens', apiCpu) },
  cheaperThan('one script per request, by CPU', 'admission', 'script per request', 1.8),
  cheaperThan(
    'one script per request, 200 coupons, by CPU',
    '200 coupons',
    '200 coupons, script per request',
    2.5,
  ),
  cheaperThan('a lock per request, by CPU', 'admission', 'lock per download', 30),
  rowP99('admission to row, p99', 'admission', 250),
  rowP99('admission to row, 1,000 coupons, p99', '1,000 coupons', 500),
  {
    figure: 'API CPU with 4 processes against the bare handler with 4',
    most: 1.5,
    unit: '×',
    measure: ratio('admission, 4 processes', apiCpu, 'bare handler × 4'),
  },
  {
    figure: 'idle with 10,000 warm coupons, all processes and stores',
    most: 1,
    unit: '% of a core',
    measure: (of) => of('idle, 10,000 warm coupons')?.idleCorePercent,
  },
  {
    figure: 'Redis memory per winner, queue drained',
    most: 130,
    unit: 'bytes',
    measure: (of) => of('admission')?.redisBytesPerWinner,
  },
];

/** The rows for which this run has figures. */
export function goalRows(results: readonly VariantResult[]): GoalRow[] {
  const byId = new Map(results.map((result) => [result.variant.id, result]));
  return goals.flatMap((goal) => {
    const value = goal.measure((id) => byId.get(id));
    if (value === undefined) return [];
    const unit = goal.unit === '×' ? ' ×' : ` ${goal.unit}`;
    const bound = goal.least === undefined ? `≤ ${goal.most ?? 0}${unit}` : `≥ ${goal.least}${unit}`;
    return {
      figure: goal.figure,
      goal: bound,
      measured: `${value.toFixed(goal.unit === '×' ? 2 : goal.unit === '% of a core' ? 1 : 0)}${unit}`,
      met: value >= (goal.least ?? 0) && value <= (goal.most ?? Number.POSITIVE_INFINITY),
    };
  });
}
