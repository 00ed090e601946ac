/**
 * Moves issuances of many coupons from the queue into the ledger: claim → record → ack, each one step for all of them.
 *
 * A claim and its ack cost two scripts, an INSERT its transaction, each an fsync, whether for one row or for a thousand. So a drain takes
 * every coupon that has something to record, and is bounded by rows and not by coupons.
 *
 * Rows without a conflict are recorded together, in one transaction. When one coupon has a conflict, nothing is written,
 * all claims are released, and each coupon is to be drained alone, so that a conflict costs the others one attempt.
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
import type { Backlog, Claim, IssuanceQueue, QueueFault } from '../ports/issuance-queue.js';

export interface FlusherPorts {
  readonly queue: Pick<IssuanceQueue, 'claimRound' | 'ackRound' | 'releaseRound'>;
  readonly ledger: Pick<IssuanceLedger, 'record' | 'recordTogether'>;
  /** A token that no process has used before. */
  newToken(): string;
}

export interface FlusherLimits {
  /** Rows in one transaction. */
  readonly recordBatchMax: number;
  /** Must outlast one transaction of the ledger. */
  readonly leaseMs: number;
}

/** What a drain recorded of one coupon, by issuances. */
export interface DrainResult extends RecordResult {
  readonly status: 'drained';
  /** What was still queued when the claim was taken. */
  readonly backlog: Backlog;
}

/**
 * What a drain did for one coupon.
 * - `empty`: there was nothing to record.
 * - `not_ready`: the coupon is out of service, or the store has lost a part of it.
 * - `later`: the others have used up the rows of the drain.
 * - `slow`: the store takes long to answer for it.
 * - `contested`: one of the coupons it was to be recorded with is in conflict; its claim was released, and it is to be
 *   drained alone.
 */
export type CouponDrain = DrainResult | 'empty' | 'not_ready' | 'later' | 'slow' | 'contested' | QueueFault;

/** A claim, and the place of its coupon in the drain. */
interface PlacedClaim {
  readonly place: number;
  readonly claim: Claim;
}

export class Flusher {
  readonly #ports: FlusherPorts;
  readonly #limits: FlusherLimits;

  constructor(ports: FlusherPorts, limits: FlusherLimits) {
    this.#ports = ports;
    this.#limits = limits;
  }

  /**
   * Records one claim of each coupon. Never rejects: a store that did not answer is the fault of each coupon concerned. Its claim was
   * released, or its lease will end; drain again later.
   *
   * @param alone whether what is contested is settled here, batch by batch, however long it takes.
   * @returns what was done for each coupon, in their order.
   */
  async drain(couponIds: readonly CouponId[], alone = false): Promise<CouponDrain[]> {
    const drained = couponIds.map((): CouponDrain => 'slow');
    const claims = await this.#claim(couponIds, drained);
    for (const group of this.#groupsOf(claims)) {
      if (alone) for (const placed of group) await this.#recordAlone(placed, drained);
      else await this.#recordTogether(group, drained);
    }
    return drained;
  }

  async #claim(couponIds: readonly CouponId[], drained: CouponDrain[]): Promise<PlacedClaim[]> {
    const { queue } = this.#ports;
    const { recordBatchMax: limit, leaseMs } = this.#limits;
    const claims: PlacedClaim[] = [];
    let gathering = true;
    await queue.claimRound({ couponIds, token: this.#ports.newToken(), limit, leaseMs }, (place, reply) => {
      if (typeof reply === 'object' && 'token' in reply) {
        if (gathering) claims.push({ place, claim: reply });
        // The drain continued without this claim.
        else void this.#giveBack([reply]);
      } else if (gathering) drained[place] = reply;
    });
    gathering = false;
    return claims;
  }

  /** A round may be answered by several calls, each with as many rows as a transaction may have. */
  *#groupsOf(claims: readonly PlacedClaim[]): Generator<PlacedClaim[]> {
    let group: PlacedClaim[] = [];
    let rows = 0;
    for (const placed of claims) {
      rows += placed.claim.issuances.length;
      if (group.length > 0 && rows > this.#limits.recordBatchMax) {
        yield group;
        group = [];
        rows = placed.claim.issuances.length;
      }
      group.push(placed);
    }
    if (group.length > 0) yield group;
  }

  async #recordTogether(group: readonly PlacedClaim[], drained: CouponDrain[]): Promise<void> {
    const claims = group.map(({ claim }) => claim);
    const outcome = await this.#ports.ledger.recordTogether(claims).catch(faultOf);
    if (outcome !== 'recorded') {
      for (const [index, { place, claim }] of group.entries()) {
        const conflict = 'fault' in outcome ? outcome : (outcome[index] ?? 'contested');
        drained[place] = conflict === 'stale' ? staleDrain(claim) : conflict;
      }
      // Waiting for the leases to end would only delay the rows. A transaction that went through after all makes them a replay.
      await this.#giveBack(claims);
      return;
    }
    for (const { place, claim } of group) {
      drained[place] = {
        status: 'drained',
        ...{ inserted: claim.issuances.length, replayed: 0, revoked: 0, deadLettered: 0, stale: 0 },
        backlog: claim.backlog,
      };
    }
    await this.#ack(group, drained);
  }

  async #recordAlone(placed: PlacedClaim, drained: CouponDrain[]): Promise<void> {
    const { place, claim } = placed;
    const result = await this.#ports.ledger.record(claim).catch(faultOf);
    if ('fault' in result) {
      drained[place] = result;
      await this.#giveBack([claim]);
      return;
    }
    drained[place] = { status: 'drained', ...result, backlog: claim.backlog };
    // The rebuild has read this claim, if the store still knew it: what its members hold goes back into the queue.
    if (result.stale > 0) await this.#giveBack([claim]);
    else await this.#ack([placed], drained);
  }

  async #ack(group: readonly PlacedClaim[], drained: CouponDrain[]): Promise<void> {
    const claims = group.map(({ claim }) => claim);
    await this.#ports.queue.ackRound(claims, (place, reply) => {
      const placed = group[place];
      if (typeof reply === 'object' && placed !== undefined) drained[placed.place] = reply;
    });
  }

  #giveBack(claims: readonly Claim[]): Promise<void> {
    return this.#ports.queue.releaseRound(claims, () => undefined);
  }
}

/** What a rebuild has replaced. */
function staleDrain({ issuances, backlog }: Claim): DrainResult {
  const nothing = { inserted: 0, replayed: 0, revoked: 0, deadLettered: 0 };
  return { status: 'drained', ...nothing, stale: issuances.length, backlog };
}

const faultOf = (fault: unknown): QueueFault => ({ status: 'fault', fault });
