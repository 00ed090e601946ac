/**
 * Moves issuances from the queue into the ledger: claim → record → ack, as long as another whole batch waits.
 *
 * It does not come back for less: a claim and its ack cost two scripts, an INSERT its transaction, each an fsync,
 * whether for one row or for a thousand. The remainder gathers during the coupon's cooldown in the recorder.
 *
 * A claim is a lease, so a flusher may die or freeze at any point:
 * - before the record: the lease ends and another flusher records;
 * - after the record, before the ack: another flusher records again, and the ledger finds a replay;
 * - frozen past its lease: its ack names a stale token and is refused; what it records late is a replay;
 * - frozen past a rebuild of the coupon: the ledger refuses its rows by their epoch, and issuances still held are
 *   queued.
 */
import type { CouponId } from '../domain/coupon.js';
import type { IssuanceLedger, RecordResult } from '../ports/issuance-ledger.js';
import type { Backlog, Claim, IssuanceQueue } from '../ports/issuance-queue.js';
import { DRAIN_CLAIMS_MAX } from '../domain/limits.js';

export interface FlusherPorts {
  readonly queue: Pick<IssuanceQueue, 'claim' | 'ack' | 'release'>;
  readonly ledger: Pick<IssuanceLedger, 'record'>;
  /** A token that no process has used before. */
  newToken(): string;
}

export interface FlusherLimits {
  readonly recordBatchMax: number;
  /** Must outlast one transaction of the ledger. */
  readonly leaseMs: number;
}

/** What one drain did, by issuances. */
export interface DrainResult {
  readonly inserted: number;
  readonly replayed: number;
  readonly revoked: number;
  readonly deadLettered: number;
  /** Claimed before a rebuild and refused. */
  readonly stale: number;
  /** The coupon was out of service, or the store has lost a part of it. */
  readonly notReady: boolean;
  /** What was still queued when the last claim was taken. */
  readonly backlog: Backlog;
}

export class Flusher {
  readonly #ports: FlusherPorts;
  readonly #limits: FlusherLimits;

  constructor(ports: FlusherPorts, limits: FlusherLimits) {
    this.#ports = ports;
    this.#limits = limits;
  }

  /**
   * Records the queue of a coupon, until less than a batch is left or its share of claims is used up: coupons take
   * turns, and a recorder that is asked to stop can do so soon.
   *
   * @throws StoreUnavailableError, StoreOutcomeUnknownError when a store did not answer. The claim at hand was
   *   released, or
   *   its lease will end; drain again later.
   */
  async drain(couponId: CouponId): Promise<DrainResult> {
    const { queue } = this.#ports;
    const { recordBatchMax, leaseMs } = this.#limits;
    const done = { inserted: 0, replayed: 0, revoked: 0, deadLettered: 0, stale: 0 };
    let backlog: Backlog = 'full';
    for (let claims = 0; claims < DRAIN_CLAIMS_MAX && backlog === 'full'; claims += 1) {
      const claim = await queue.claim(couponId, this.#ports.newToken(), recordBatchMax, leaseMs);
      if (claim === undefined || claim === 'not_ready') {
        return { ...done, notReady: claim !== undefined, backlog: 'empty' };
      }
      backlog = claim.backlog;
      const recorded = await this.#recordOrGiveBack(claim);
      done.inserted += recorded.inserted;
      done.replayed += recorded.replayed;
      done.revoked += recorded.revoked;
      done.deadLettered += recorded.deadLettered;
      done.stale += recorded.stale;
      if (recorded.stale > 0) {
        // The rebuild has read this claim, if the store still knew it: what its members hold goes back into the queue.
        await queue.release(couponId, claim.token);
        return { ...done, notReady: false, backlog: 'empty' };
      }
      await queue.ack(couponId, claim.token);
    }
    return { ...done, notReady: false, backlog };
  }

  async #recordOrGiveBack({ couponId, epoch, token, issuances, quantity }: Claim): Promise<RecordResult> {
    const { queue, ledger } = this.#ports;
    try {
      return await ledger.record(couponId, epoch, issuances, quantity);
    } catch (fault) {
      // Waiting for the lease to end would only delay the rows. A transaction that went through after all makes them a replay.
      await queue.release(couponId, token).catch(() => undefined);
      throw fault;
    }
  }
}
