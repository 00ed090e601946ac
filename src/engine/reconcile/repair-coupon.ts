/** Repairs the findings that need no manual decision. Safe during the event, and safe to repeat. */
import type { Admission } from '../ports/admission.js';
import type { AdmittedIssuances } from '../ports/admitted-issuances.js';
import type { Versions } from '../ports/versions.js';
import type { CouponCatalogue, CouponRecord } from '../ports/coupon-catalogue.js';
import type { CouponRecovery } from '../recovery/coupon-recovery.js';
import type { CouponWarmer } from '../recovery/coupon-warmer.js';
import type { CouponId, Issuance } from '../domain/coupon.js';
import { finishRevokes } from './unfinished-revocations.js';
import type { IssuanceLedger } from '../ports/issuance-ledger.js';
import type { RecorderBell } from '../ports/issuance-queue.js';
import type { CouponReconciliation } from './comparison.js';
import { needsRebuild } from './comparison.js';

export interface RepairPorts {
  readonly admission: Admission;
  readonly catalogue: CouponCatalogue;
  readonly versions: Versions;
  readonly warmer: CouponWarmer;
  readonly admitted: AdmittedIssuances;
  readonly bell: RecorderBell;
  readonly coupons: CouponRecovery;
}

/** What was done, by issuances. */
export interface CouponRepair {
  readonly requeued: number;
  readonly revokesFinished: number;
  readonly termsSaved: boolean;
  /** Taken out of service and rebuilt, by this process or another. */
  readonly rebuilt: boolean;
  /** The coupon was marked for the recorders. */
  readonly markedPending: boolean;
}

/** Queues unrecorded issuances again and counts them; for {@link ReconcileHooks.onUnrecorded}. */
export class UnrecordedIssuances {
  requeued = 0;
  readonly #ports: Pick<RepairPorts, 'admitted'>;
  readonly #record: CouponRecord;

  constructor(ports: Pick<RepairPorts, 'admitted'>, record: CouponRecord) {
    this.#ports = ports;
    this.#record = record;
  }

  async requeue(missing: readonly Issuance[]): Promise<void> {
    this.requeued += await this.#ports.admitted.requeue(this.#record.couponId, missing);
  }
}

/** Applies unfinished revokes to the store; for {@link ReconcileHooks.onUnfinishedRevocations}. */
export class UnfinishedRevokes {
  finished = 0;
  readonly #ports: Pick<RepairPorts, 'admission' | 'versions'>;
  readonly #record: CouponRecord;

  constructor(ports: Pick<RepairPorts, 'admission' | 'versions'>, record: CouponRecord) {
    this.#ports = ports;
    this.#record = record;
  }

  async finish(unfinished: readonly Issuance[]): Promise<void> {
    this.finished += await finishRevokes(this.#ports, this.#record.couponId, unfinished);
  }
}

/**
 * Revokes again the issuances whose revocations a restored database has lost; for {@link ReconcileHooks.onOrphanedRows}.
 *
 * Only where the store is known to be the later one: then a number that it has issued and that no member holds was taken back. A rebuild would
 * give such a unit back to its former member, and revoke one that was issued since.
 */
export class LostRevocations {
  finished = 0;
  readonly #ports: Pick<RepairPorts, 'admission' | 'catalogue'> & { readonly ledger: IssuanceLedger };
  readonly #couponId: CouponId;

  constructor(
    ports: Pick<RepairPorts, 'admission' | 'catalogue'> & { readonly ledger: IssuanceLedger },
    { couponId }: CouponRecord,
  ) {
    this.#ports = ports;
    this.#couponId = couponId;
  }

  /** @returns the rows that stay: above the numbers that the store has issued, or used. */
  async finish(rows: readonly Issuance[]): Promise<Issuance[]> {
    const { admission, catalogue, ledger } = this.#ports;
    const [snapshot] = await admission.snapshots([this.#couponId]);
    const [record] = await catalogue.find([this.#couponId]);
    const staying: Issuance[] = [];
    for (const row of rows) {
      const wasIssued = row.issueNo <= (snapshot?.lastIssueNo ?? 0);
      const reply =
        wasIssued && record !== undefined && snapshot !== undefined
          ? await ledger.revoke(this.#couponId, record.epoch, row.issueNo, row.holder, snapshot.storeNowMs)
          : 'stale';
      if (reply === 'revoked' || reply === 'again') this.finished += 1;
      else staying.push(row);
    }
    return staying;
  }
}

/**
 * Repairs what a whole comparison had to be known for.
 *
 * @param during what was done while it ran.
 * @throws StoreUnavailableError, StoreOutcomeUnknownError: repeat it.
 */
export async function repairCoupon(
  ports: RepairPorts,
  record: CouponRecord,
  found: CouponReconciliation,
  during: Pick<CouponRepair, 'requeued' | 'revokesFinished'>,
): Promise<CouponRepair> {
  const { couponId } = record;
  const rebuilt = needsRebuild(found) && (await rebuild(ports, record));
  const [snapshot] = await ports.admission.snapshots([couponId]);
  const termsSaved = snapshot !== undefined && snapshot.version > record.version;
  if (termsSaved) await ports.catalogue.saveTerms(couponId, snapshot);

  const markedPending = during.requeued > 0 || found.queued > 0 || found.claimed > 0 || rebuilt;
  if (markedPending) {
    await ports.bell.markPending([couponId]);
    ports.bell.ring(couponId);
  }
  return { ...during, termsSaved, rebuilt, markedPending };
}

async function rebuild(ports: RepairPorts, record: CouponRecord): Promise<boolean> {
  const [snapshot] = await ports.admission.snapshots([record.couponId]);
  if (snapshot === undefined) return false;
  await ports.coupons.suspend(record, snapshot.epoch, snapshot.lastIssueNo);
  return (await ports.warmer.warm(record.couponId)) !== 'unknown_coupon';
}
