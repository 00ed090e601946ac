/** Compares the admitted issuances of a coupon with its rows, and repairs what needs no manual decision. */
import type { AuditActor } from '../engine/ports/audit-log.js';
import type { CouponRecord } from '../engine/ports/coupon-catalogue.js';
import { reconcileCoupon } from '../engine/reconcile/compare-coupon.js';
import type { CouponReconciliation, Findings } from '../engine/reconcile/comparison.js';
import { isClean } from '../engine/reconcile/comparison.js';
import type { CouponRepair } from '../engine/reconcile/repair-coupon.js';
import {
  LostRevocations,
  repairCoupon,
  UnfinishedRevokes,
  UnrecordedIssuances,
} from '../engine/reconcile/repair-coupon.js';
import { holderFields, parseHolder } from '../engine/domain/holder.js';
import type { DistributedStores, Stores } from './stores.js';

export type CheckedStores = Pick<
  Stores,
  'admission' | 'ledger' | 'audit' | 'auditLog' | 'catalogue' | 'versions' | 'warmer' | 'distributed'
>;

/** One coupon as reported; `repair` only where something was to be repaired. */
export type CouponReport = CouponReconciliation & {
  readonly clean: boolean;
  readonly repair?: CouponRepair;
};

export interface CheckHooks {
  onProgress?(issuances: number): void;
  /** Whether Redis has a later state than the database, which was restored. Absent: no. */
  readonly storeIsLater?: boolean;
  /** Called when Redis held another coupon under this id, which now has another place. */
  onSetAside?(): Promise<void>;
}

/** Only reads, apart from bringing a coupon into service whose store was restarted. @throws StoreUnavailableError */
export async function checkCoupon(
  stores: CheckedStores,
  record: CouponRecord,
  hooks: CheckHooks = {},
): Promise<CouponReport> {
  if (isForgettable(stores, record)) await stores.warmer.prepare(record.couponId);
  const found = await reconcileCoupon(reconcilePorts(stores), record, progressOf(hooks));
  return { ...found, clean: isClean(found) };
}

/**
 * The same with a repair. Safe during downloads, and safe to repeat.
 *
 * @throws StoreUnavailableError, StoreOutcomeUnknownError: repeat it.
 */
export async function repairAndReport(
  stores: CheckedStores,
  record: CouponRecord,
  actor: AuditActor,
  hooks: CheckHooks = {},
): Promise<CouponReport> {
  const { distributed } = stores;
  // The row is the decision there: nothing can be repaired.
  if (distributed === undefined) return checkCoupon(stores, record, hooks);
  await setAsideEarlier(stores, distributed, record, hooks);
  if (hooks.storeIsLater === true) await distributed.belonging.catchUpChanges(record.couponId);
  if (isForgettable(stores, record)) await stores.warmer.warm(record.couponId);
  const unrecorded = new UnrecordedIssuances(distributed, record);
  const unfinished = new UnfinishedRevokes(stores, record);
  const lost = new LostRevocations(stores, record);
  const found = await reconcileCoupon(reconcilePorts(stores), record, {
    ...progressOf(hooks),
    onUnrecorded: (issuances) => unrecorded.requeue(issuances),
    onUnfinishedRevocations: (issuances) => unfinished.finish(issuances),
    ...(hooks.storeIsLater === true ? { onOrphanedRows: (rows) => lost.finish(rows) } : {}),
  });
  if (isClean(found) && lost.finished === 0) return { ...found, clean: true };
  const repair = await repairCoupon({ ...stores, ...distributed }, record, found, {
    requeued: unrecorded.requeued,
    revokesFinished: unfinished.finished + lost.finished,
  });
  await stores.auditLog.append({
    ...{ atMs: Date.now(), actor, action: 'coupon_repaired' },
    target: `coupon ${record.couponId}`,
    detail: repairForPrograms(repair),
  });
  return { ...found, clean: false, repair };
}

/** Programs outside rely on these names of the findings; inside they have plainer ones (docs/glossary.md). */
export function reportForPrograms(report: CouponReport): Record<string, unknown> {
  const { unrecorded, orphanedRows, duplicateNumbers, unfinishedRevocations, ...others } = report;
  const { storeBehindLedger, catalogueBehindStore, repair, deadLetters, ...unchanged } = others;
  return {
    ...unchanged,
    ...(repair === undefined ? {} : { repair: repairForPrograms(repair) }),
    missing: withSubjects(unrecorded),
    strays: withSubjects(orphanedRows),
    doubled: duplicateNumbers,
    halfRevoked: withSubjects(unfinishedRevocations),
    deadLetters: withSubjects(deadLetters),
    numbersBehind: storeBehindLedger,
    catalogueBehind: catalogueBehindStore,
  };
}

/** After a restart of Redis a coupon without requests is not in service yet; one request is enough. */
function isForgettable({ distributed }: CheckedStores, { epoch }: CouponRecord): boolean {
  return distributed !== undefined && epoch > 0;
}

function reconcilePorts({ admission, ledger, audit, distributed }: CheckedStores) {
  return {
    ...{ admission, ledger, audit, nowMs: () => Date.now() },
    ...(distributed === undefined ? {} : { distributed }),
  };
}

function progressOf(hooks: CheckHooks) {
  return { onProgress: (issuances: number) => hooks.onProgress?.(issuances) };
}

/** The catalogue's coupon has had its id given again: what another one left in Redis under it makes room. */
async function setAsideEarlier(
  { catalogue }: CheckedStores,
  { belonging }: DistributedStores,
  { couponId, birth }: CouponRecord,
  hooks: CheckHooks,
): Promise<void> {
  const epoch = await belonging.setAside(couponId, birth);
  if (epoch === 0) return;
  // What was claimed or is remembered of the other coupon is refused by its epoch.
  await catalogue.nextEpoch(couponId, epoch);
  await hooks.onSetAside?.();
}

function repairForPrograms({ markedPending, ...done }: CouponRepair): Record<string, unknown> {
  return { ...done, announced: markedPending };
}

function withSubjects<Item extends { readonly holder: string }>({ count, first }: Findings<Item>) {
  return {
    count,
    first: first.map(({ holder, ...item }) => {
      const parsed = parseHolder(holder);
      return { ...item, ...(parsed === undefined ? { memberId: holder } : holderFields(parsed)) };
    }),
  };
}
