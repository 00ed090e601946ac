/** Defines the member's command and all of its outcomes. */
import type { CouponId, HolderId } from './coupon.js';

/**
 * Why the door of a coupon lets a member win nothing, whatever the stock. In order of precedence, before every refusal of
 * admission. The front end makes one object of each and shares it: the hot path allocates none.
 */
export type DoorRefusal =
  | { readonly outcome: 'limit_reached' }
  /** The member's presence ticket has expired. */
  | { readonly outcome: 'presence_expired' }
  | { readonly outcome: 'not_eligible'; readonly rule: EligibilityRule };

/** The part of a rule that a member does not meet. */
export const eligibilityRules = ['claims', 'audience', 'not_issued'] as const;
export type EligibilityRule = (typeof eligibilityRules)[number];

/**
 * Every outcome of a download, in order of precedence (docs/errors.md has the same table). The last three are not
 * outcomes of admission: `busy` means that nothing was attempted, `not_ready` that the store has no such coupon at the
 * moment, `outcome_unknown` that the answer was lost and a retry returns the definite result.
 */
export type DownloadOutcome =
  | { readonly outcome: 'unknown_coupon' }
  | { readonly outcome: 'already_issued' | 'issued'; readonly issueNo: number; readonly issuedAtMs: number }
  | DoorRefusal
  | { readonly outcome: 'not_open'; readonly opensAtMs: number; readonly storeNowMs: number }
  | { readonly outcome: 'paused' | 'closed' | 'sold_out' }
  | { readonly outcome: 'busy' | 'not_ready' | 'outcome_unknown' };

/**
 * One request for a download, waiting for its answer. The front end implements it; the engine settles it exactly once, in the same
 * turn of the event loop when the answer is known locally. A callback rather than a promise: a promise a
 * request is measurable on this path.
 */
export interface PendingDownload {
  readonly couponId: CouponId;
  readonly holder: HolderId;
  /**
   * Set where the member may not win: it gets its issuance if it holds one, and this otherwise. Always present as a field, so that
   * downloads of both kinds have one shape.
   */
  readonly refusedAs: DoorRefusal | undefined;
  /**
   * True once the member's connection is closed: the engine then drops the download, so that no unit is issued to a
   * member who left.
   */
  readonly abandoned: boolean;
  settle(outcome: DownloadOutcome): void;
}
