/** Makes what the routes for administrators ask of the stores. */
import type { CouponId } from '../engine/domain/coupon.js';
import type { CheckOptions, Findings, StoreProbe } from '../http/api/admin.js';
import { checkCoupon, repairAndReport, reportForPrograms } from './check-coupon.js';
import type { CheckedStores } from './check-coupon.js';
import type { Stores } from './stores.js';

export function storeProbes({
  distributed,
  catalogue,
}: Pick<Stores, 'distributed' | 'catalogue'>): readonly StoreProbe[] {
  if (distributed === undefined) {
    return [
      {
        name: 'database',
        probe: async () => {
          await catalogue.list({}, 0, 1);
        },
      },
    ];
  }
  return [
    { name: 'database', probe: () => distributed.pingDatabase() },
    {
      name: 'redis',
      probe: async () => {
        await distributed.bell.pendingMarks(1);
      },
    },
  ];
}

/** @returns `undefined` without such a coupon. */
export async function checkForAdmin(
  stores: CheckedStores,
  couponId: CouponId,
  { repairer, ...hooks }: CheckOptions,
): Promise<Findings | undefined> {
  const [record] = await stores.catalogue.find([couponId]);
  if (record === undefined) return undefined;
  if (repairer === undefined) return reportForPrograms(await checkCoupon(stores, record, hooks));
  const onSetAside = (): Promise<void> =>
    stores.auditLog.append({
      ...{ atMs: Date.now(), actor: repairer, action: 'coupon_set_aside' },
      ...{ target: `coupon ${couponId}`, detail: {} },
    });
  return reportForPrograms(await repairAndReport(stores, record, repairer, { ...hooks, onSetAside }));
}
