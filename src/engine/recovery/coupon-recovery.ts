/**
 * Decides whether a coupon may serve, and starts its recovery after Redis has lost data.
 *
 * A coupon of which a part is missing or was swapped is taken out of service at once and rebuilt (docs/adr/0050).
 *
 * A missing coupon was never warmed (its epoch in the catalogue is 0) or was lost. If the coupon was last verified on a
 * different Redis run, its data may be stale. Then every process reports the highest number it has received, and the
 * coupon is compared with catalogue and ledger. A consistent coupon serves. Any other is taken out of service and
 * rebuilt by one process, under a lock that is stored beside the coupon: a store that loses the lock loses the recovery
 * with it, and the last step checks both at once.
 *
 * The ledger refuses batches claimed under an epoch below the catalogue's. A process that raises the epoch and then
 * dies, or finds that another process was faster, leaves the catalogue ahead of a coupon that serves. Then the coupon
 * is moved to the catalogue's epoch.
 */
import type { Versions } from '../ports/versions.js';
import type { CouponRecord } from '../ports/coupon-catalogue.js';
import type { CouponId } from '../domain/coupon.js';
import { StoresMixedUpError } from '../domain/errors.js';
import { INSPECT_MS, RETRY_PAUSE_MS } from '../domain/limits.js';
import { rebuildCoupon } from './rebuild-coupon.js';
import type { RebuildPorts, RebuildReport } from './rebuild-coupon.js';
import type { Inspection, SuspendReply } from '../ports/recovery-store.js';

export interface CouponRecoveryPorts extends RebuildPorts {
  readonly versions: Versions;
  /** A token that no process has used before. */
  newToken(): string;
  onRecovering(couponId: CouponId): void;
  onRecovered(couponId: CouponId, report: RebuildReport): void;
  onFault(fault: unknown, couponId: CouponId): void;
  /** The store's coupon of this id is not the catalogue's. */
  onMixedUp?(couponId: CouponId): void;
}

export interface CouponRecoveryLimits {
  /** Lease of the recorders. Claims from before a loss have ended after it. */
  readonly leaseMs: number;
  /** A recovering process silent for this long is taken for dead. */
  readonly lockMs: number;
}

export type ServiceState = 'serving' | 'recovering' | 'never_warmed';

export class CouponRecovery {
  readonly #ports: CouponRecoveryPorts;
  readonly #limits: CouponRecoveryLimits;
  /** What this process is rebuilding, so that it does not even ask. */
  readonly #running = new Map<CouponId, Promise<void>>();

  constructor(ports: CouponRecoveryPorts, limits: CouponRecoveryLimits) {
    this.#ports = ports;
    this.#limits = limits;
  }

  /**
   * Checks whether a coupon may serve, and begins what is needed so that it may soon.
   *
   * @param seenIssueNo the highest number the caller has received.
   * @throws StoreUnavailableError, StoreOutcomeUnknownError: repeat the call.
   */
  async check(known: CouponRecord, seenIssueNo: number): Promise<ServiceState> {
    const { couponId } = known;
    if (this.#running.has(couponId)) return 'recovering';
    const { found, record } = await this.#inspected(known, seenIssueNo);
    if (found === 'absent') {
      return record.epoch === 0 && seenIssueNo === 0
        ? 'never_warmed'
        : this.suspend(record, undefined, seenIssueNo);
    }
    if (found.status === 'earlier_life' || found.status === 'foreign') {
      this.#ports.onMixedUp?.(couponId);
      throw notOurs(couponId, found.status);
    }
    const seen = Math.max(found.seenIssueNo, seenIssueNo);
    if (found.status === 'damaged' || found.lastIssueNo < seen)
      return this.suspend(record, found.epoch, seen);
    if (found.status === 'unverified') return this.#verify(record, found, seen);
    if (found.epoch < record.epoch) await this.#serveUnder(couponId, found, record.epoch);
    if (found.epoch > record.epoch) await this.#catchUp(couponId, found);
    return 'serving';
  }

  /** A restored database lacks the latest epochs. What was claimed under them must stay refused after the next rebuild. */
  async #catchUp(couponId: CouponId, found: Inspection): Promise<void> {
    const { catalogue } = this.#ports;
    const [now] = await catalogue.find([couponId]);
    if (now === undefined || now.epoch >= found.epoch) return;
    await this.#serveUnder(couponId, found, await catalogue.nextEpoch(couponId, found.epoch));
  }

  /** Takes the coupon out of service, if it still has this epoch, and rebuilds it unless another process does. */
  async suspend(
    record: CouponRecord,
    epoch: number | undefined,
    seenIssueNo: number,
  ): Promise<'serving' | 'recovering'> {
    const token = this.#ports.newToken();
    if (epoch !== undefined && epoch > record.epoch) {
      await this.#ports.catalogue.nextEpoch(record.couponId, epoch);
    }
    const request = { token, lockMs: this.#limits.lockMs, epoch, seenIssueNo, birth: record.birth };
    const reply = await this.#ports.store.suspend(record.couponId, request);
    if (reply.status === 'serving') return 'serving';
    if (reply.status === 'begun' && !this.#running.has(record.couponId)) this.#rebuild(record, token, reply);
    return 'recovering';
  }

  /** Waits for the rebuilds that this process has begun. */
  async settle(): Promise<void> {
    await Promise.all(this.#running.values());
  }

  /**
   * In the first moments on another server every process has time to report the highest number it received.
   *
   * @returns `record`: for an unverified coupon it is read after the coupon was found on this server. A process that was frozen since an
   *   earlier reading does not know the epochs under which the coupon has served meanwhile, and would take a copy from before them for the latest.
   */
  async #inspected(
    known: CouponRecord,
    seenIssueNo: number,
  ): Promise<{ readonly found: Inspection | 'absent'; readonly record: CouponRecord }> {
    const { catalogue, scheduler, store } = this.#ports;
    const expected = { birth: known.birth, neverWarmed: known.epoch === 0 };
    let record = known;
    for (let server: string | undefined; ;) {
      const found = await store.inspect(known.couponId, seenIssueNo, expected);
      if (found === 'absent' || found.status !== 'unverified') return { found, record };
      if (found.server !== server) [record = known] = await catalogue.find([known.couponId]);
      server = found.server;
      if (found.storeNowMs - found.sinceMs >= INSPECT_MS) return { found, record };
      await scheduler.pause(RETRY_PAUSE_MS);
    }
  }

  /**
   * Raises the epoch before it compares, as a rebuild does: a recorder that claimed from what is lost has then either recorded it, which is
   * seen here, or is refused. What it claimed from a store that has lost nothing goes back into the queue.
   */
  async #verify(before: CouponRecord, found: Inspection, seen: number): Promise<ServiceState> {
    const { catalogue, changes, ledger, store } = this.#ports;
    const { couponId } = before;
    if (found.epoch < before.epoch) {
      // A copy from before a rebuild, unless another process has just raised the epoch to verify this one: then it serves in a moment.
      await this.#ports.scheduler.pause(INSPECT_MS);
      const now = await store.inspect(couponId, seen);
      if (now === 'absent') return 'recovering';
      if (now.status === 'serving') return 'serving';
      return this.suspend(before, now.epoch, seen);
    }
    const epoch = await catalogue.nextEpoch(couponId, found.epoch);
    // Takes over a change that is not settled: its process may have made it in what is lost, and must not save it as made any more.
    const { record = before } = (await changes.withUnsettledChange(couponId)) ?? {};
    if (found.version < record.version) return this.suspend(record, found.epoch, seen);
    const [highest = 0] = await ledger.highestIssueNos([couponId]);
    // Another process may have verified the coupon meanwhile, and numbers issued since may be recorded already. So the
    // store has lost data only if it is still behind when read after the ledger.
    const later = await store.inspect(couponId, seen);
    if (later === 'absent') return 'recovering';
    if (later.status === 'damaged' || later.lastIssueNo < highest)
      return this.suspend(record, later.epoch, seen);
    // Only on the server that the version was read on. On another one nothing happens, and the next caller compares
    // anew.
    await this.#serveUnder(couponId, { epoch: later.epoch, server: found.server }, epoch);
    return 'serving';
  }

  /** An older copy may have lost the mark by which recorders find what is queued in it. */
  async #serveUnder(
    couponId: CouponId,
    found: Pick<Inspection, 'epoch' | 'server'>,
    raiseTo: number,
  ): Promise<void> {
    await this.#ports.bell.markPending([couponId]);
    await this.#ports.store.markVerified(couponId, found, raiseTo);
  }

  #rebuild(record: CouponRecord, token: string, begun: SuspendReply & { readonly status: 'begun' }): void {
    const { couponId } = record;
    this.#ports.onRecovering(couponId);
    const run = this.#rebuildAndPublish(record, token, begun).finally(() => this.#running.delete(couponId));
    this.#running.set(couponId, run);
  }

  async #rebuildAndPublish(
    record: CouponRecord,
    token: string,
    begun: SuspendReply & { readonly status: 'begun' },
  ): Promise<void> {
    const { couponId } = record;
    try {
      const lock = { token, lockMs: this.#limits.lockMs };
      const report = await rebuildCoupon(this.#ports, record, lock, begun, this.#claimsFor(record, begun));
      if (report === 'taken_over') return;
      this.#ports.versions.publish(couponId, report.version);
      this.#ports.onRecovered(couponId, report);
    } catch (fault) {
      this.#ports.onFault(fault, couponId);
    }
  }

  /** No recorder can hold a claim of a coupon that has never been open. */
  #claimsFor(record: CouponRecord, begun: SuspendReply & { readonly status: 'begun' }): number {
    const { opensAtMs } = begun.terms ?? record;
    const neverOpened = opensAtMs !== undefined && begun.storeNowMs < opensAtMs && begun.lastIssueNo === 0;
    return neverOpened || begun.claimsKnown ? 0 : this.#limits.leaseMs;
  }
}

function notOurs(couponId: CouponId, status: 'earlier_life' | 'foreign'): StoresMixedUpError {
  return new StoresMixedUpError(
    status === 'earlier_life'
      ? `Redis holds another coupon under the id ${couponId}, which the database has lost. ` +
          `Run \`seonchak reconcile --all --repair\`: the keys of the other coupon are renamed and kept.`
      : `The keys of coupon ${couponId} in Redis belong to another installation or application. ` +
          'Set REDIS_PREFIX to a new value, or use another Redis.',
  );
}
