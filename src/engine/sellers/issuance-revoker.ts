/** Takes an issuance back: first in the ledger, then in the admission store. */
import type { Admission } from '../ports/admission.js';
import type { AuditActor } from '../ports/audit-log.js';
import type { Clock } from '../domain/clock.js';
import type { CouponId, CouponSnapshot, HolderId } from '../domain/coupon.js';
import { StoreOutcomeUnknownError, StoreUnavailableError } from '../domain/errors.js';
import { holderFields } from '../domain/holder.js';
import type { CouponCatalogue } from '../ports/coupon-catalogue.js';
import type { IssuanceLedger } from '../ports/issuance-ledger.js';
import type { RecorderBell } from '../ports/issuance-queue.js';
import type { Versions } from '../ports/versions.js';
import type { CouponWarmer } from '../recovery/coupon-warmer.js';
import { entryAbout } from './coupon-audit-entry.js';

export type RevokeResult =
  | {
      readonly status: 'revoked';
      readonly issueNo: number;
      readonly holder: HolderId;
      readonly remaining: number;
    }
  | { readonly status: 'not_issued' | 'already_used' | 'unknown_coupon' | 'not_ready' };

export interface RevokerPorts {
  readonly admission: Admission;
  /** None where an issuance is recorded in the step that decides it. */
  readonly bell: Pick<RecorderBell, 'markPending'> | undefined;
  readonly catalogue: CouponCatalogue;
  readonly ledger: IssuanceLedger;
  readonly versions: Versions;
  readonly warmer: CouponWarmer;
  readonly clock: Clock;
}

/** A coupon that is verified or rebuilt this often during one step of a revocation is not ready for it. */
const TRIES_MAX = 3;

export class IssuanceRevoker {
  readonly #ports: RevokerPorts;

  constructor(ports: RevokerPorts) {
    this.#ports = ports;
  }

  /**
   * Takes an issuance back. The ledger comes first: once the admission store has removed the member, the member may win
   * anew, and then a row under the old number must neither exist nor appear later. Revoking the same number again is
   * `revoked` too, so that a seller whose answer was lost can simply repeat the request. Before the ledger the coupon
   * is marked pending: if this process dies between the two steps, the reconciler finds the coupon and finishes.
   */
  async revoke(couponId: CouponId, issueNo: number, by?: AuditActor): Promise<RevokeResult> {
    for (let tries = 0; tries < TRIES_MAX; tries += 1) {
      const result = await this.#revokeOnce(couponId, issueNo, by);
      if (result !== 'stale') return result;
    }
    return { status: 'not_ready' };
  }

  /** `stale`: the epoch has grown since the holder was read, so another member may hold the number by now. */
  async #revokeOnce(
    couponId: CouponId,
    issueNo: number,
    by: AuditActor | undefined,
  ): Promise<RevokeResult | 'stale'> {
    const [record] = await this.#ports.catalogue.find([couponId]);
    if (record === undefined) return { status: 'unknown_coupon' };
    const holder = await this.#holder(couponId, issueNo);
    if (holder === undefined) return { status: 'not_issued' };

    const nowMs = this.#ports.clock.nowMs();
    const detail = { issueNo, ...holderFields(holder) };
    const entry = by && entryAbout(couponId, { by, action: 'issuance_revoked', detail, atMs: nowMs });
    await this.#ports.bell?.markPending([couponId]);
    const revoked = await this.#ports.ledger.revoke(couponId, record.epoch, issueNo, holder, nowMs, entry);
    if (revoked === 'used') return { status: 'already_used' };
    if (revoked === 'stale') return revoked;
    const { quantity, issued } = await unknownOnFault(this.#letStoreFollow(couponId, issueNo, holder));
    return { status: 'revoked', issueNo, holder, remaining: quantity - issued };
  }

  async #holder(couponId: CouponId, issueNo: number): Promise<HolderId | undefined> {
    const { ledger, admission } = this.#ports;
    const recorded = await ledger.rowAt(couponId, issueNo);
    if (recorded !== undefined) return recorded.holder;
    const unrecorded = await admission.unrecordedHolder(couponId, issueNo);
    if (unrecorded !== undefined) return unrecorded.holder;
    // It may have been recorded between the two reads.
    const recordedSince = await ledger.rowAt(couponId, issueNo);
    return recordedSince?.holder ?? (await ledger.revokedHolder(couponId, issueNo));
  }

  /** The second step of a revoke, once the ledger has the first. Ends when no verification can pass a copy that lacks the step. */
  async #letStoreFollow(couponId: CouponId, issueNo: number, holder: HolderId): Promise<CouponSnapshot> {
    const { admission, versions, warmer } = this.#ports;
    for (let tries = 0; tries < TRIES_MAX; tries += 1) {
      const reply = await admission.revoke(couponId, issueNo, holder);
      if (reply.status === 'not_ready') {
        await warmer.prepare(couponId);
        continue;
      }
      const { snapshot } = reply;
      versions.publish(couponId, snapshot.version);
      if (await warmer.saveTerms(couponId, snapshot)) return snapshot;
    }
    // A recovery takes longer than a seller waits. It reads the revocation.
    throw new StoreUnavailableError('The coupon is being verified or rebuilt. Try again in a moment.');
  }
}

/** The step before has taken effect: no fault after it may be taken for "nothing was attempted". */
export async function unknownOnFault<T>(step: Promise<T>): Promise<T> {
  try {
    return await step;
  } catch (fault) {
    if (!(fault instanceof StoreUnavailableError)) throw fault;
    const text = 'The command was carried out at least in part. Send the same request again.';
    throw new StoreOutcomeUnknownError(text, { cause: fault });
  }
}
