/**
 * Defines the changes that sellers make to coupons: stored in the catalogue before they are sent to the admission store.
 *
 * 1. `begin` stores the change, in one transaction with its number, its idempotency key and the check of the caller's revision.
 *    Until it is settled no other change of that coupon begins, so changes are carried out in the order of their numbers.
 * 2. The admission store is asked. It knows the number: a command that comes late, or a second time, does nothing.
 * 3. `complete` makes the change part of the catalogue, with its audit entry; `discard` removes one that is not in
 *   force.
 *
 * A process that dies or loses a store in between leaves the change unsettled, and another one takes it over. Only who
 * took it over last can settle it, so a change is never discarded by one process while another puts it into force.
 */
import type { TermsChange } from './terms-change.js';
import type { CouponId, CouponTerms } from '../domain/coupon.js';
import type { DisplayChange } from '../domain/coupon-display.js';
import type { Discount } from '../domain/discount.js';
import type { DoorChange } from '../domain/door-rule.js';
import type { RulesChange } from '../domain/redemption.js';
import type { AuditEntry } from './audit-log.js';
import type { CouponRecord } from './coupon-catalogue.js';
import type { KeyedRequest } from './idempotency.js';

/** What a seller asks for; what is absent stays. */
export interface WantedChange {
  readonly terms: TermsChange;
  /** Units to add to the quantity as it is when the change begins; `terms` then names no quantity. */
  readonly addUnits?: number;
  readonly name?: string;
  readonly door?: DoorChange;
  readonly rules?: RulesChange;
  readonly display?: DisplayChange;
  /** `null` removes it. */
  readonly discount?: Discount | null;
}

export interface ChangeRequest extends WantedChange {
  readonly couponId: CouponId;
  /** Begin only while the coupon has one of these revisions. */
  readonly ifRevisions?: readonly number[];
  readonly keyed?: KeyedRequest;
  readonly audit?: AuditEntry;
  readonly atMs: number;
}

/** A change that has begun and is not settled. */
export interface BegunChange {
  readonly couponId: CouponId;
  /** 1, 2, … per coupon. */
  readonly changeNo: number;
  /** How often it was taken over: names who may settle it. */
  readonly taken: number;
  readonly terms: TermsChange;
}

export type BeginReply =
  | { readonly status: 'begun'; readonly change: BegunChange }
  /** Nothing for the admission store in it: the change is made, and settled. */
  | { readonly status: 'made'; readonly record: CouponRecord }
  /** Another change of this coupon is not settled yet; nothing was written. */
  | { readonly status: 'unsettled'; readonly change: BegunChange }
  /** The key's first request has taken effect before. */
  | { readonly status: 'repeated' }
  | { readonly status: 'key_reused' | 'changed_meanwhile' | 'quantity_too_large' | 'unknown_coupon' };

/** A coupon's record with the change of it that is not settled, read in one step and taken over by the caller. */
export interface CouponWithChange {
  readonly record: CouponRecord;
  readonly unsettled: BegunChange | undefined;
}

/** @throws StoreUnavailableError: nothing was written. StoreOutcomeUnknownError: it may have been. */
export interface CouponChanges {
  begin(request: ChangeRequest): Promise<BeginReply>;
  /** `undefined` when it is settled by now. */
  takeOver(change: BegunChange): Promise<BegunChange | undefined>;
  /**
   * The store has made the change: terms, version (where higher), name, discount, door rule, rules, audit entry and
   * revision are saved.
   *
   * @returns the record as it is now; `undefined` when another process has taken the change over or settled it.
   */
  complete(change: BegunChange, version: number, terms: CouponTerms): Promise<CouponRecord | undefined>;
  /** The change is not in force and will not be. False when another process has taken it over or settled it. */
  discard(change: BegunChange): Promise<boolean>;
  /** Oldest first. */
  unsettled(limit: number): Promise<BegunChange[]>;
  /** `undefined` where there is no such coupon. */
  withUnsettledChange(couponId: CouponId): Promise<CouponWithChange | undefined>;
  /** Removes idempotency keys that are not recognised any more. */
  removeExpiredKeys(nowMs: number): Promise<void>;
}
