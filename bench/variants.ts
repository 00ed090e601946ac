/** What can be measured: a system under a load. */
import { startBareSystem, startLockSystem, startScriptSystem } from './systems/baseline-systems.js';
import { startEmbeddedSystem, startSeonchakSystem } from './systems/seonchak-system.js';
import type { Stores } from './systems/stores.js';
import type { System } from './systems/system.js';

/**
 * - `constant`: nothing is decided
 * - `sold-out`: any member, winners included, presses for a coupon that is gone
 * - `pre-opening`: any member presses for a coupon that opens in some hours
 * - `first-seen`: like `sold-out`, and no token was ever seen before
 * - `admission`: every request wins; one hot coupon after another
 * - `many-coupons`: every request wins, a thousand coupons at the same time
 * - `drain`: like `admission` while nobody records; then the recorder is let go
 * - `model`: the load test of the model: any member presses for one coupon of 5,000
 */
export type LoadName =
  'constant' | 'sold-out' | 'pre-opening' | 'first-seen' | 'admission' | 'many-coupons' | 'drain' | 'model';

export type SystemName = 'embedded' | `${'bare' | 'seonchak' | 'script' | 'lock'}-${1 | 2 | 4}` | 'cluster-1';

export interface Variant {
  /** Names it in tables and JSON. */
  readonly id: string;
  readonly system: SystemName;
  readonly load: LoadName;
  /** Where it differs from what the command line says. */
  readonly connections?: number;
  readonly seconds?: number;
  /** Streams of the live view that are open meanwhile. */
  readonly watchers?: number;
}

/** @param profileFolder for CPU profiles of our own API process. */
export function startSystem(name: SystemName, stores: Stores, profileFolder?: string): Promise<System> {
  if (name === 'embedded') return startEmbeddedSystem(profileFolder);
  const method = name.split('-')[0];
  const apiProcesses = Number(name.split('-')[1]);
  if (method === 'bare') return startBareSystem(apiProcesses, profileFolder);
  if (method === 'lock') return startLockSystem(stores, apiProcesses);
  if (method === 'script') return startScriptSystem(stores, apiProcesses);
  const redis = method === 'cluster' ? 'cluster' : 'single';
  return startSeonchakSystem(stores, { redis, apiProcesses, profileFolder });
}
