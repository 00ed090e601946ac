/**
 * Warm: put a coupon into the admission store, from the catalogue and the ledger.
 *
 * Needed once after registration, and again whenever the store no longer has the coupon. Then the epoch grows, so that a batch
 * formed before the loss is refused instead of being decided on other ground.
 */
import type { Admission } from './admission.js';
import type { CouponCatalogue, CouponRecord } from './coupon-catalogue.js';
import type { CouponId, CouponSnapshot, Issuance } from './coupon.js';
import type { IssuanceLedger } from './issuance-ledger.js';

/** Rows read from the ledger at a time: large enough to amortise the round trip, small enough for one HSET. */
const LEDGER_CHUNK_ROWS = 1_000;

export type WarmResult = 'warmed' | 'present' | 'unknown_coupon';

export interface CouponWarmerPorts {
  readonly admission: Admission;
  readonly catalogue: CouponCatalogue;
  readonly ledger: IssuanceLedger;
}

export class CouponWarmer {
  readonly #ports: CouponWarmerPorts;
  /** One run per coupon at a time: a crowd on a cold coupon must not read the ledger a thousand times. */
  readonly #running = new Map<CouponId, Promise<WarmResult>>();

  constructor(ports: CouponWarmerPorts) {
    this.#ports = ports;
  }

  /**
   * Idempotent, and safe while the coupon is being downloaded: with the coupon present nothing is written to the store.
   *
   * @throws StoreUnavailableError, StoreOutcomeUnknownError: repeat it.
   */
  warm(couponId: CouponId): Promise<WarmResult> {
    const running = this.#running.get(couponId);
    if (running !== undefined) return running;
    const run = this.#warm(couponId).finally(() => this.#running.delete(couponId));
    this.#running.set(couponId, run);
    return run;
  }

  async #warm(couponId: CouponId): Promise<WarmResult> {
    const { admission, catalogue } = this.#ports;
    const [record] = await catalogue.find([couponId]);
    if (record === undefined) return 'unknown_coupon';
    const [snapshot] = await admission.snapshots([couponId]);
    if (snapshot !== undefined) {
      await this.#catchUp(record, snapshot);
      return 'present';
    }
    return this.#putIn(record);
  }

  /** A process that died between amending the store and saving the terms leaves the catalogue behind. */
  async #catchUp(record: CouponRecord, snapshot: CouponSnapshot): Promise<void> {
    if (snapshot.version > record.version) {
      await this.#ports.catalogue.saveTerms(record.couponId, snapshot.version, snapshot);
    }
  }

  async #putIn(record: CouponRecord): Promise<WarmResult> {
    const { admission, catalogue, ledger } = this.#ports;
    const epoch = await catalogue.nextEpoch(record.couponId);
    const lastIssueNo = await ledger.highestIssueNo(record.couponId);
    return admission.warm({ ...record, epoch, lastIssueNo }, this.#issuedChunks(record.couponId));
  }

  async *#issuedChunks(couponId: CouponId): AsyncGenerator<readonly Issuance[]> {
    let after = 0;
    for (;;) {
      const rows = await this.#ports.ledger.rows(couponId, after, LEDGER_CHUNK_ROWS);
      const last = rows.at(-1);
      if (last === undefined) return;
      yield rows;
      after = last.issueNo;
    }
  }
}
