/**
 * Defines the lists of members that coupons are limited to, as the database keeps them.
 *
 * `testing/audience-store-contract.ts` tests every back end. API processes keep copies in memory (member-sets.ts).
 */
import type { CouponId, MemberId } from '../engine/domain/coupon.js';
import type { AuditEntry } from '../engine/ports/audit-log.js';
import type { ChangeHead } from './change-history.js';

/** Most members of one list, and of all copies in one process: a set of a million short ids takes 90 MB. */
export const AUDIENCE_MAX = 1_000_000;

/** Added, and removed, in one change. */
export const AUDIENCE_CHANGE_MAX = 1_000;

export interface Audience {
  readonly couponId: CouponId;
  readonly members: number;
  /** Grows by one with every change of this list, in the order in which they were committed. */
  readonly revision: number;
}

export interface AudienceHead extends ChangeHead {
  readonly members: number;
}

export interface AudienceChange {
  readonly memberId: MemberId;
  readonly isMember: boolean;
}

export interface AudienceUpdate {
  /** Up to {@link AUDIENCE_CHANGE_MAX} of each. */
  readonly add: readonly MemberId[];
  readonly remove: readonly MemberId[];
  /** Members who are on the list already count as changed, so that {@link AudienceStore.removeUntouched} spares them. */
  readonly touches?: boolean;
}

export type AudienceReply =
  | {
      readonly status: 'changed';
      readonly audience: Audience;
      readonly added: number;
      readonly removed: number;
    }
  /** More than the limit; nothing was changed. */
  | { readonly status: 'full'; readonly audience: Audience };

export interface AudienceRemoveReply {
  readonly audience: Audience;
  readonly removed: number;
}

/** @throws StoreUnavailableError: nothing was changed. StoreOutcomeUnknownError: it may have been; all may be repeated. */
export interface AudienceStore {
  /**
   * Adds and removes in one transaction, with the audit entry. A member in both is removed.
   *
   * @param membersMax refuses to add beyond. A list that is longer already may become shorter.
   */
  change(
    couponId: CouponId,
    update: AudienceUpdate,
    membersMax: number,
    audit?: (reply: Extract<AudienceReply, { status: 'changed' }>) => AuditEntry,
  ): Promise<AudienceReply>;
  /**
   * Removes up to `limit` members who were last changed at or before this revision, in one transaction, with the audit entry unless there
   * is none of them.
   *
   * @returns the list afterwards, and how many were removed.
   */
  removeUntouched(
    couponId: CouponId,
    revision: number,
    limit: number,
    audit?: (reply: AudienceRemoveReply) => AuditEntry,
  ): Promise<AudienceRemoveReply>;
  /** One for each id asked for, in that order; one without members where there never was a list. */
  audiences(couponIds: readonly CouponId[]): Promise<Audience[]>;
  /** The last change of each of these lists, with fewer tokens than it keeps; a list that never was is left out. */
  heads(couponIds: readonly CouponId[]): Promise<ReadonlyMap<CouponId, AudienceHead>>;
  isListed(couponId: CouponId, memberId: MemberId): Promise<boolean>;
  /** In the order of ids, those after `after`, up to `limit`. */
  members(couponId: CouponId, after: string, limit: number): Promise<MemberId[]>;
  /** Members whose last change has a revision above `after` and up to `upTo`, in no order. */
  changes(couponId: CouponId, after: number, upTo: number): Promise<AudienceChange[]>;
  /** Filters these coupons: those whose window has not ended and opens before this instant. */
  openBefore(couponIds: readonly CouponId[], instantMs: number, nowMs: number): Promise<CouponId[]>;
}
