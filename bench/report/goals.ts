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
  readonly unit: '×' | 'ms' | 'bytes';
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

const goals: readonly Goal[] = [
  { figure: 'sold out: throughput', least: 0.95, unit: '×', measure: ratio('sold out', rate) },
  { figure: 'sold out: API CPU', most: 1.15, unit: '×', measure: ratio('sold out', apiCpu) },
  { figure: 'before opening: throughput', least: 0.95, unit: '×', measure: ratio('before opening', rate) },
  { figure: 'before opening: API CPU', most: 1.15, unit: '×', measure: ratio('before opening', apiCpu) },
  { figure: 'admission, fsync: throughput', least: 0.7, unit: '×', measure: ratio('admission', rate) },
  { figure: 'admission, fsync: API CPU', most: 1.3, unit: '×', measure: ratio('admission', apiCpu) },
  {
    figure: 'admission, fsync: CPU of everything',
    most: 2.2,
    unit: '×',
    measure: ratio('admission', serverCpu),
  },
  {
    figure: 'admission, embedded: throughput',
    least: 0.75,
    unit: '×',
    measure: ratio('admission, embedded', rate),
  },
  {
    figure: 'admission, embedded: CPU of everything',
    most: 1.6,
    unit: '×',
    measure: ratio('admission, embedded', serverCpu),
  },
  {
    figure: 'first-seen tokens: throughput',
    least: 0.5,
    unit: '×',
    measure: ratio('first-seen tokens', rate),
  },
  { figure: 'first-seen tokens: API CPU', most: 2.5, unit: '×', measure: ratio('first-seen tokens', apiCpu) },
  {
    figure: 'admission against one script per request',
    least: 1.8,
    unit: '×',
    measure: ratio('admission', rate, 'script per request'),
  },
  {
    figure: 'admission against a lock per request',
    least: 60,
    unit: '×',
    measure: ratio('admission', rate, 'lock per download'),
  },
  {
    figure: 'admission to row, p99',
    most: 250,
    unit: 'ms',
    measure: (of) => of('admission')?.lag?.percentilesMs[P99],
  },
  {
    figure: 'API CPU per request, 4 processes against 1',
    most: 1.1,
    unit: '×',
    measure: ratio('admission, 4 processes', apiCpu, 'admission'),
  },
  {
    figure: 'Redis memory per winner, queue drained',
    most: 130,
    unit: 'bytes',
    measure: (of) => of('admission')?.redisBytesPerWinner,
  },
];

/** The rows that this run can tell something about. */
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
      measured: `${value.toFixed(goal.unit === '×' ? 2 : 0)}${unit}`,
      met: value >= (goal.least ?? 0) && value <= (goal.most ?? Number.POSITIVE_INFINITY),
    };
  });
}
