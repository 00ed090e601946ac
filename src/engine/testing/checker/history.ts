/**
 * Defines the history of one coupon: answers to clients, actions of sellers, final content of the stores.
 *
 * All times are on one axis of true milliseconds; the store's own instants (`issuedAtMs`, bounds of the window) differ
 * from it by `storeOffsetMs`. Histories come from the simulator or from logs of real processes.
 */
import type { CouponTerms, Issuance, HolderId } from '../../domain/coupon.js';
import type { DownloadOutcome } from '../../domain/download.js';
import type { TermsChange } from '../../ports/terms-change.js';

export interface DownloadCall {
  readonly holder: HolderId;
  readonly invokedMs: number;
  /** `undefined` with `outcome`: the connection was lost or the server died. */
  answeredMs: number | undefined;
  outcome: DownloadOutcome | undefined;
  /** What the member's token said, where rules name grades. */
  readonly grade?: string | undefined;
  /** The client gave up or lost its server; without that a call must have been answered. */
  cutOff: boolean;
}

/** What a seller asks for. Pause, resume and close are amendments. */
export type SellerAct =
  | { readonly kind: 'amend'; readonly change: TermsChange }
  /** Calls with the same key add their units once. */
  | { readonly kind: 'top_up'; readonly by: number; readonly key: string }
  | { readonly kind: 'revoke'; readonly issueNo: number };

export interface SellerCall {
  readonly act: SellerAct;
  readonly invokedMs: number;
  /** Of a definite answer only. */
  answeredMs: number | undefined;
  /**
   * `refused`: for a reason in the coupon. `unattempted`: the seller was answered that nothing was changed. Neither is ever in force.
   * `unknown`, or no answer: carried out or not, at any instant up to `lateMs` after it was asked for.
   */
  result: 'done' | 'refused' | 'unattempted' | 'unknown';
  /** Why it was refused. */
  code?: string;
}

/** Terms that the store had, as they were read between two instants of the history's axis. */
export interface ObservedTerms {
  readonly fromMs: number;
  readonly toMs: number;
  readonly terms: CouponTerms;
}

/** In force from this instant of the history's axis until the next one. */
export interface UnitLimit {
  readonly fromMs: number;
  readonly perMember: number;
}

/** The rule of the coupon from an instant on, up to the next. */
export interface RuleSpan {
  readonly fromMs: number;
  /** Members of these grades may have it; `undefined`: every member. */
  readonly grades: readonly string[] | undefined;
}

/** The admission store came back without what it had taken in after `sinceMs`; what it alone knew of that may be missing. */
export interface Loss {
  readonly sinceMs: number;
  readonly atMs: number;
}

export interface History {
  readonly terms: CouponTerms;
  readonly downloads: readonly DownloadCall[];
  readonly sellerCalls: readonly SellerCall[];
  /** Ascending; absent or empty where the coupon never has a rule. */
  readonly rules?: readonly RuleSpan[];
  /** Terms read during the run; empty where none were read. */
  readonly observed: readonly ObservedTerms[];
  readonly losses: readonly Loss[];
  /** How many units a member may have, ascending by instant. Absent: one. */
  readonly limits?: readonly UnitLimit[];
  /** From here on every fault is over; calls sent later must have definite answers. */
  readonly healedMs: number;
  /** When the final state was taken. */
  readonly endMs: number;
  readonly storeOffsetMs: number;
  /** How far off an instant of the store may come out on the axis: 1, a whole millisecond, where the offset is exact. */
  readonly instantMs: number;
  /** A seller's command without an answer takes effect within this, or never. */
  readonly lateMs: number;
  /** A download without an answer is decided within this, or never: the store refuses later commands. */
  readonly admitLateMs: number;
  /** Whether a download's command may be carried out a second time after its answer has come: no connection does that. */
  readonly repeats: boolean;
  readonly final: FinalState;
}

export interface FinalState {
  readonly rows: readonly Issuance[];
  readonly revoked: ReadonlyMap<number, HolderId>;
  readonly deadLetters: readonly Issuance[];
  /** What the database has of the coupon itself: a rebuild would put these terms into force. */
  readonly catalogue: { readonly terms: CouponTerms; readonly unsettledChanges: number };
  /** The sellers' entries of the audit log about this coupon. */
  readonly audit: readonly AuditedAct[];
  /** `undefined`: the store does not have the coupon. */
  readonly store:
    | {
        readonly terms: CouponTerms;
        readonly lastIssueNo: number;
        readonly winners: readonly Issuance[];
        readonly queued: readonly Issuance[];
        readonly claimed: readonly Issuance[];
      }
    | undefined;
}

/** By the details of an entry of the audit log. */
export type AuditedAct =
  | { readonly kind: 'amend'; readonly change: TermsChange }
  | { readonly kind: 'top_up'; readonly by: number }
  | { readonly kind: 'revoke'; readonly issueNo: number };

export type PromiseName = 'I1' | 'I2' | 'I3' | 'I4' | 'I5' | 'I6' | 'I7' | 'I8' | 'I10';

export interface Violation {
  readonly promise: PromiseName;
  readonly what: string;
}

export interface Verdict {
  readonly violations: readonly Violation[];
  /** Issuances acknowledged to members and lost with the store, each in a loss that the history names. */
  readonly lost: number;
  /** Members answered first, then issued to by the same command; see `wonByLateCommand`. */
  readonly wonByLateCommand: number;
}
