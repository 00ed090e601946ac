/**
 * Runs the engine's holds in the processes of a simulated world: take-backs, sweeps of recorders, and confirmations at API processes.
 *
 * Histories last seconds, a sweep waits for seconds, and the grace is half a minute. So the database's clock is ahead of the store's by almost
 * the grace, as clocks may be, and sweepers live faster than their processes.
 */
import type { Clock, Scheduler } from '../../domain/clock.js';
import { HOLD_GRACE_MS } from '../../domain/limits.js';
import { SettledRows, type SettledRowsPorts } from '../../feed/settled-rows.js';
import { HoldCounters } from '../../holds/hold-counters.js';
import { HoldSweeper } from '../../holds/hold-sweeper.js';
import { Holds } from '../../holds/holds.js';
import { TakeBack, type TakeBackPorts } from '../../holds/take-back.js';
import type { HoldLedger } from '../../ports/hold-ledger.js';
import type { IssuanceQueue } from '../../ports/issuance-queue.js';
import type { CouponWarmer } from '../../recovery/coupon-warmer.js';
import type { Planting } from './planting.js';
import { STORE_OFFSET_MS } from './scenario.js';
import type { SimulatedStore } from './simulated-store.js';
import type { SimulatedDatabase } from './simulated-database.js';

/** What is left of the grace. */
const GRACE_LEFT_MS = 20;
const HASTE = 20;
/** Few, so that a recall takes several requests. */
const RECALL_MAX = 2;
/** Added to an instant of the history's axis, it is one of the database's clock. */
export const DATABASE_OFFSET_MS = STORE_OFFSET_MS + HOLD_GRACE_MS - GRACE_LEFT_MS;
/** After its end a hold is taken back within this, if no fault is left: the grace, two sweeps, and a coupon that is checked seldom. */
export const SWEPT_WITHIN_MS = 3_500;

export interface HeldCouponsPorts extends SettledRowsPorts, Omit<TakeBackPorts, 'holds'> {
  readonly admission: SettledRowsPorts['admission'] & TakeBackPorts['admission'];
  readonly warmer: CouponWarmer;
  readonly clock: Clock;
  readonly scheduler: Scheduler;
  readonly holdLedger: HoldLedger;
  readonly queue: Pick<IssuanceQueue, 'depths'>;
  onFault(fault: unknown): void;
}

/** For an API process. */
export function holdsOf(ports: HeldCouponsPorts, planting: Planting): Holds {
  return new Holds({ ...ports, holds: ports.holdLedger, takeBack: takeBackOf(ports, planting) }, RECALL_MAX);
}

/** For a recorder. */
export function startSweeper(
  ports: HeldCouponsPorts,
  planting: Planting,
  database: SimulatedDatabase,
): HoldSweeper {
  const { clock, scheduler } = ports;
  const sweeper = new HoldSweeper({
    ...{ holds: ports.holdLedger, takeBack: takeBackOf(ports, planting), counters: new HoldCounters() },
    settledRows: planting.settled(new SettledRows(ports), database),
    clock: { nowMs: () => clock.nowMs(), monotonicMs: () => clock.monotonicMs() * HASTE },
    scheduler: {
      endOfTurn: (task) => scheduler.endOfTurn(task),
      every: (ms, task) => scheduler.every(ms / HASTE, task),
      pause: (ms) => scheduler.pause(ms / HASTE),
    },
    onExpired: () => undefined,
    onFault: (fault) => ports.onFault(fault),
  });
  sweeper.start();
  return sweeper;
}

/** However many units come back in one step, the version grows by one: each version makes every process read all winners again. */
export function watchVersions(store: SimulatedStore, onFault: (fault: Error) => void): void {
  const revokeMany = store.revokeMany.bind(store);
  store.revokeMany = (couponId, issuances) => {
    const before = store.coupons.get(couponId)?.version ?? 0;
    const reply = revokeMany(couponId, issuances);
    const grown = (store.coupons.get(couponId)?.version ?? 0) - before;
    const count = reply.status === 'revoked' ? reply.count : 0;
    if (grown !== Math.min(count, 1)) onFault(new Error(`${count} units came back in ${grown} versions.`));
    return reply;
  };
}

function takeBackOf(
  { admission, bell, holdLedger, versions, warmer }: HeldCouponsPorts,
  planting: Planting,
): TakeBack {
  return new TakeBack(planting.takeBack({ admission, bell, holds: holdLedger, versions, warmer }));
}
