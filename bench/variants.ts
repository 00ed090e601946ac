/** Defines what can be measured: a system under a load. */
import { startBareSystem, startLockSystem, startScriptSystem } from './systems/baseline-systems.js';
import { BENCH_PRESENCE_SECRET } from './load/sign-tickets.js';
import { startEmbeddedSystem, startSeonchakSystem } from './systems/seonchak-system.js';
import type { Stores } from './systems/stores.js';
import type { System } from './systems/system.js';

/**
 * - `constant`: nothing is decided
 * - `sold-out`: any member, winners included, requests a sold-out coupon
 * - `pre-opening`: any member requests a coupon that opens in some hours
 * - `first-seen`: like `sold-out`, and no token was ever seen before
 * - `admission`: every request wins; one hot coupon after another
 * - `many-coupons`: every request wins, as many coupons at the same time as the variant has
 * - `idle`: as many coupons as the variant has are warm and have winners, and there are no requests any more
 * - `drain`: like `admission` without a recorder; then the recorder is started
 * - `model`: the load test of the reference service: any member requests one coupon of 5,000
 */
export type LoadName =
  | 'constant'
  | 'sold-out'
  | 'pre-opening'
  | 'first-seen'
  | 'admission'
  | 'many-coupons'
  | 'idle'
  | 'drain'
  | 'model';

/** `limited`: with limits of callers that no caller reaches. `guarded`: its coupons may demand a presence ticket. */
export type SystemName =
  | 'embedded'
  | `${'bare' | 'late' | 'seonchak' | 'script' | 'lock'}-${1 | 2 | 4}`
  | 'cluster-1'
  | 'limited-1'
  | 'guarded-1';

export interface Variant {
  /** Names it in tables and JSON. */
  readonly id: string;
  readonly system: SystemName;
  readonly load: LoadName;
  /** Hot at the same time; of the load `many-coupons`. */
  readonly coupons?: number;
  /** The same variant of another checkout, measured in the same run. */
  readonly against?: true;
  /** Where it differs from the command line. */
  readonly connections?: number;
  readonly seconds?: number;
  /** The coupons demand a presence ticket, and every request brings one. */
  readonly tickets?: true;
  /** The coupons are limited to a list with this share of the members, who are the first ones. */
  readonly listedShare?: number;
  /** Every member has one unit of another coupon, and all these holds run out when the load begins. */
  readonly holdsRunOut?: true;
  /** Streams of the live view that are open meanwhile. */
  readonly watchers?: number;
}

/** The members share one address here, so that is the bucket that takes every request. */
const UNREACHED_LIMITS = {
  MEMBER_RATE: '100000',
  MEMBER_BURST: '1000000',
  ADDRESS_RATE: '1000000',
  ADDRESS_BURST: '10000000',
};
const PRESENCE = { PRESENCE_SECRET: BENCH_PRESENCE_SECRET };

/** @param profileFolder for CPU profiles of our own API process. */
export function startSystem(name: SystemName, stores: Stores, profileFolder?: string): Promise<System> {
  if (name === 'embedded') return startEmbeddedSystem(stores.serverFile, profileFolder);
  const method = name.split('-')[0];
  const apiProcesses = Number(name.split('-')[1]);
  if (method === 'bare' || method === 'late') return startBareSystem(method, apiProcesses, profileFolder);
  if (method === 'lock') return startLockSystem(stores, apiProcesses);
  if (method === 'script') return startScriptSystem(stores, apiProcesses);
  const redis = method === 'cluster' ? 'cluster' : 'single';
  const settings = method === 'limited' ? UNREACHED_LIMITS : method === 'guarded' ? PRESENCE : {};
  return startSeonchakSystem(stores, { redis, apiProcesses, profileFolder, settings });
}
