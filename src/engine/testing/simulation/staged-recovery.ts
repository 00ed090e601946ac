/** Adds recovery to a staged world: a store that may come back older, and processes that verify and rebuild its coupons. */
import { CouponRecovery } from '../../recovery/coupon-recovery.js';
import { CouponWarmer } from '../../recovery/coupon-warmer.js';
import { SimulatedAdmitted, SimulatedAudit } from './simulated-audit.js';
import { SimulatedRecoveryStore, StoreRecovery } from './simulated-recovery-store.js';
import type { StagedWorld } from './staged-world.js';

/** One process of several: each has a recovery and a warmer of its own. */
export function recoveryOf(world: StagedWorld) {
  const { admission, bell, catalogue, changes, ledger, scheduler, versions } = world;
  let tokens = 0;
  const coupons = new CouponRecovery(
    {
      ...{ bell, catalogue, changes, ledger, scheduler, versions },
      store: new SimulatedRecoveryStore(world.storeLink, new StoreRecovery(world.store)),
      admitted: new SimulatedAdmitted(world.storeLink, world.store),
      audit: new SimulatedAudit(world.databaseLink, world.database),
      newToken: () => `recovery ${(tokens += 1)}`,
      onRecovering: () => undefined,
      onRecovered: () => undefined,
      onFault: world.onFault,
    },
    { leaseMs: 100, lockMs: 1_000 },
  );
  const warmer = new CouponWarmer({
    admission,
    catalogue,
    changes,
    ledger,
    recovery: { coupons, scheduler },
  });
  return { coupons, warmer };
}
