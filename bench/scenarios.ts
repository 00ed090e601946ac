/** Lists the scenarios of `--scenario`: each a list of variants, measured in turns. */
import type { SystemName, Variant } from './variants.js';

/** First in every scenario: what everything is compared with must come from the same minutes. */
const bare: Variant = { id: 'bare handler', system: 'bare-1', load: 'constant' };

/** The limit of any durable answer. */
const late: Variant = { id: 'late handler', system: 'late-1', load: 'constant' };

const idle = (name: string, system: SystemName): Variant => ({
  id: `idle, 10,000 warm coupons${name}`,
  system,
  load: 'idle',
  coupons: 10_000,
});

/** The hot coupons of a load together, for each of the set-ups. */
const manyCoupons = (name: string, system: SystemName, counts: readonly number[]): Variant[] =>
  counts.map((coupons) => ({
    id: `${coupons.toLocaleString('en')} ${coupons === 1 ? 'coupon' : 'coupons'}${name}`,
    system,
    load: 'many-coupons',
    coupons,
  }));

const methodNames: Readonly<Record<string, string>> = {
  seonchak: 'Seonchak',
  script: 'script per request',
  lock: 'lock per download',
};

const rampConnections = [8, 32, 128, 320, 640, 1_280, 2_560] as const;

/** Every lock run of the reference service's test must see its 5,000 coupons go, which takes about six seconds here. */
const MODEL_SECONDS = 12;

/** One of ten members is eligible. */
const LISTED_SHARE = 0.1;

export const scenarios = {
  quick: [
    bare,
    late,
    { id: 'bare handler × 4', system: 'bare-4', load: 'constant' },
    { id: 'late handler × 4', system: 'late-4', load: 'constant' },
    { id: 'sold out', system: 'seonchak-1', load: 'sold-out' },
    { id: 'before opening', system: 'seonchak-1', load: 'pre-opening' },
    { id: 'first-seen tokens', system: 'seonchak-1', load: 'first-seen' },
    { id: 'admission', system: 'seonchak-1', load: 'admission' },
    ...manyCoupons('', 'seonchak-1', [1, 10, 200, 1_000]),
    ...manyCoupons(', Cluster', 'cluster-1', [1, 10, 200, 1_000]),
    ...manyCoupons(', embedded', 'embedded', [1, 10, 200, 1_000]),
    ...manyCoupons(', script per request', 'script-1', [200]),
    { id: 'admission, 4 processes', system: 'seonchak-4', load: 'admission' },
    { id: 'admission, embedded', system: 'embedded', load: 'admission' },
    { id: 'script per request', system: 'script-1', load: 'admission' },
    { id: 'lock per download', system: 'lock-1', load: 'admission' },
    idle('', 'seonchak-1'),
  ],
  'sold-out': [
    bare,
    { id: 'sold out', system: 'seonchak-1', load: 'sold-out' },
    { id: 'sold out, embedded', system: 'embedded', load: 'sold-out' },
    { id: 'sold out, script per request', system: 'script-1', load: 'sold-out' },
    { id: 'sold out, lock per download', system: 'lock-1', load: 'sold-out' },
  ],
  'pre-opening': [
    bare,
    { id: 'before opening', system: 'seonchak-1', load: 'pre-opening' },
    { id: 'before opening, embedded', system: 'embedded', load: 'pre-opening' },
    { id: 'before opening, script per request', system: 'script-1', load: 'pre-opening' },
    { id: 'before opening, lock per download', system: 'lock-1', load: 'pre-opening' },
  ],
  admission: [
    bare,
    { id: 'admission', system: 'seonchak-1', load: 'admission' },
    { id: 'admission, embedded', system: 'embedded', load: 'admission' },
    { id: 'script per request', system: 'script-1', load: 'admission' },
    { id: 'lock per download', system: 'lock-1', load: 'admission' },
  ],
  'first-seen': [
    bare,
    { id: 'sold out', system: 'seonchak-1', load: 'sold-out' },
    { id: 'first-seen tokens', system: 'seonchak-1', load: 'first-seen' },
  ],
  'many-coupons': [
    bare,
    late,
    ...manyCoupons('', 'seonchak-1', [1, 10, 200, 1_000]),
    ...manyCoupons(', script per request', 'script-1', [200]),
    ...manyCoupons(', Cluster', 'cluster-1', [1, 10, 200, 1_000]),
    ...manyCoupons(', embedded', 'embedded', [1, 10, 200, 1_000]),
  ],
  '10,000-coupons': [
    bare,
    ...manyCoupons('', 'seonchak-1', [1, 10_000]),
    ...manyCoupons(', Cluster', 'cluster-1', [10_000]),
    ...manyCoupons(', embedded', 'embedded', [10_000]),
  ],
  cluster: [
    bare,
    { id: 'admission', system: 'seonchak-1', load: 'admission' },
    { id: 'admission, Cluster', system: 'cluster-1', load: 'admission' },
  ],
  idle: [idle('', 'seonchak-1'), idle(', Cluster', 'cluster-1'), idle(', embedded', 'embedded')],
  watchers: [
    bare,
    { id: 'admission', system: 'seonchak-1', load: 'admission' },
    { id: 'admission, 2,000 watch', system: 'seonchak-1', load: 'admission', watchers: 2_000 },
    { id: 'sold out', system: 'seonchak-1', load: 'sold-out' },
    { id: 'sold out, 2,000 watch', system: 'seonchak-1', load: 'sold-out', watchers: 2_000 },
  ],
  limits: [
    bare,
    { id: 'sold out', system: 'seonchak-1', load: 'sold-out' },
    { id: 'sold out, limits', system: 'limited-1', load: 'sold-out' },
    { id: 'sold out, tickets', system: 'guarded-1', load: 'sold-out', tickets: true },
    { id: 'sold out, not eligible', system: 'seonchak-1', load: 'sold-out', listedShare: LISTED_SHARE },
    { id: 'admission', system: 'seonchak-1', load: 'admission' },
    { id: 'admission, limits', system: 'limited-1', load: 'admission' },
    { id: 'admission, tickets', system: 'guarded-1', load: 'admission', tickets: true },
    { id: 'admission, not eligible', system: 'seonchak-1', load: 'admission', listedShare: LISTED_SHARE },
  ],
  holds: [
    bare,
    { id: 'admission', system: 'seonchak-1', load: 'admission' },
    { id: 'admission, holds run out', system: 'seonchak-1', load: 'admission', holdsRunOut: true },
  ],
  drain: [
    { id: 'drain', system: 'seonchak-1', load: 'drain' },
    { id: 'drain, script per request', system: 'script-1', load: 'drain' },
  ],
  processes: [
    bare,
    // What several processes cost that do nothing else: the machine's share of the price.
    { id: 'bare handler × 2', system: 'bare-2', load: 'constant' },
    { id: 'bare handler × 4', system: 'bare-4', load: 'constant' },
    { id: 'late handler × 4', system: 'late-4', load: 'constant' },
    ...([1, 2, 4] as const).flatMap((count): Variant[] => [
      { id: `admission, API × ${count}`, system: `seonchak-${count}`, load: 'admission' },
      { id: `sold out, API × ${count}`, system: `seonchak-${count}`, load: 'sold-out' },
    ]),
  ],
  ramp: rampConnections.flatMap((connections): Variant[] => [
    { id: `bare handler, ${connections}`, system: 'bare-1', load: 'constant', connections },
    { id: `admission, ${connections}`, system: 'seonchak-1', load: 'admission', connections },
    { id: `sold out, ${connections}`, system: 'seonchak-1', load: 'sold-out', connections },
  ]),
  model: ([2, 4] as const).flatMap((count) =>
    ([320, 1_600] as const).flatMap((connections): Variant[] =>
      ([`seonchak-${count}`, `script-${count}`, `lock-${count}`] as SystemName[]).map((system) => ({
        id: `${methodNames[system.split('-')[0] ?? ''] ?? system}, API × ${count}, ${connections} users`,
        system,
        load: 'model',
        connections,
        ...(system.startsWith('lock') ? { seconds: MODEL_SECONDS } : {}),
      })),
    ),
  ),
} satisfies Record<string, readonly Variant[]>;

export type ScenarioName = keyof typeof scenarios;
export const scenarioNames = Object.keys(scenarios) as ScenarioName[];

/**
 * The variants of these scenarios, each once.
 *
 * @param against whether those of our own server are measured a second time, of another checkout, right after.
 */
export function variantsOf(names: readonly ScenarioName[], against: boolean): Variant[] {
  const all = new Map<string, Variant>();
  for (const name of names) for (const variant of scenarios[name]) all.set(variant.id, variant);
  return [...all.values()].flatMap((variant) =>
    against && isOurs(variant.system)
      ? [variant, { ...variant, id: `${variant.id} (against)`, against: true }]
      : [variant],
  );
}

function isOurs(system: SystemName): boolean {
  return !['bare', 'late', 'script', 'lock'].includes(system.split('-')[0] ?? '');
}
