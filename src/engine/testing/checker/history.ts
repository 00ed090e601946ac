/**
 * Defines the history of one coupon: answers to clients, actions of sellers, final content of the stores.
 *
 * All times are on one axis of true milliseconds; the store's own instants (`issuedAtMs`, bounds of the window) differ
 * from it by `storeOffsetMs`. Histories come from the simulator or from logs of real processes.
 */
import type { CouponTerms, Issuance, HolderId, MemberId } from '../../domain/coupon.js';
import type { OrderId } from '../../domain/redemption.js';
import type { ConfirmResult, EndedHold } from '../../ports/hold-ledger.js';
import type { DownloadOutcome } from '../../domain/download.js';
import type { TermsChange } from '../../ports/terms-change.js';

export interface DownloadCall {
  readonly holder: HolderId;
  readonly invokedMs: number;
  /** `undefined` with `outcome`: the connection was lost or the server died. */
  answeredMs: number | undefined;
  outcome: DownloadOutcome | undefined;
  /**
   * What its process answers from memory was read from the store at this instant or later, by the news that it receives. Absent: up to a
   * second before the call.
   */
  memorySinceMs?: number | undefined;
  /** Grade in the member's token, where rules name grades. */
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
  /** Time of a definite answer only. */
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

/** A change of one member's place on the list of a coupon. */
export interface ListChange {
  /** Whether the member is on the list afterwards. */
  readonly isListed: boolean;
  readonly invokedMs: number;
  /** `undefined`: it may take effect at any later instant, or never. */
  doneMs: number | undefined;
}

/** The list of members that a coupon is for. */
export interface ListedMembers {
  /** On the list before any download. */
  readonly first: ReadonlySet<MemberId>;
  /** A member changes once at most, so that a change which arrives late undoes no other. */
  readonly changes: ReadonlyMap<MemberId, ListChange>;
  /** Spans in which a process may have been unable to read the list. It keeps what it knows until it reads again. */
  readonly unreadable: readonly TimeSpan[];
}

export interface TimeSpan {
  readonly fromMs: number;
  readonly toMs: number;
}

/** The admission store came back without what it had taken in after `sinceMs`; what it alone knew of that may be missing. */
export interface Loss {
  readonly sinceMs: number;
  readonly atMs: number;
}

/** A confirmation that an order asked for. */
export interface ConfirmCall {
  /** That it names, or that it was answered with. */
  issueNo: number;
  readonly orderId: OrderId;
  /** Otherwise by member and unit, whose number may be another one by then. */
  readonly byNumber: boolean;
  readonly invokedMs: number;
  /** `undefined`: lost. */
  answer: ConfirmResult['status'] | undefined;
}

/** An issuance that was taken back: its hold ran out or was released, or its coupon was recalled. */
export interface TakenBackIssuance extends EndedHold {
  /** By the clock of the store that decided. */
  readonly issuedAtMs: number;
  /** When the ledger took it back, on the axis of the history. */
  readonly endedMs: number;
  /** When its unit came back to stock; `undefined`: a rebuild returned it, or nothing has. */
  readonly returnedMs: number | undefined;
  /** Its member or seller has asked for it. */
  readonly wasReleased: boolean;
}

/** What became of held issuances. */
export interface HoldHistory {
  readonly holdMs: number;
  readonly calls: readonly ConfirmCall[];
  /** In the end: number → order. */
  readonly confirmed: ReadonlyMap<number, OrderId>;
  /** `confirmed` has the orders of revoked rows too; the tables of the database have those of rows alone. */
  readonly ordersOutliveRows: boolean;
  /** At the end every hold had the time to run out and come back. */
  readonly allOver: boolean;
}

/** A request to take back what is not used. */
export interface RecallCall extends TimeSpan {
  /** It was answered that no number is left, and none is on its way to its row. */
  readonly isLast: boolean;
}

export interface RecallHistory {
  /** A request without an answer ends with the time in which it may be carried out. */
  readonly calls: readonly RecallCall[];
  /** Numbers that are used or confirmed in the end. */
  readonly used: ReadonlySet<number>;
  /** Numbers whose redemption was acknowledged and never cancelled. */
  readonly redeemed: ReadonlySet<number>;
  /** The seller has begun, and was never answered that it is done. */
  readonly isPending: boolean;
  /** Numbers taken back, by the audit log. */
  readonly audited: number;
}

/** Holders of another coupon, which is closed: they may not have this one. */
export interface ExcludedHolders {
  readonly rows: readonly Issuance[];
  readonly ended: readonly TakenBackIssuance[];
  /** By a row or a revocation. */
  readonly everHeldBy: ReadonlySet<MemberId>;
}

export interface History {
  readonly terms: CouponTerms;
  readonly downloads: readonly DownloadCall[];
  readonly sellerCalls: readonly SellerCall[];
  /** Ascending; absent or empty where the coupon never has a rule. */
  readonly rules?: readonly RuleSpan[];
  /** Absent where the coupon has no list. */
  readonly listed?: ListedMembers | undefined;
  /** Absent where no other coupon excludes its holders from this one. */
  readonly excludes?: ExcludedHolders | undefined;
  /** Terms read during the run; empty where none were read. */
  readonly observed: readonly ObservedTerms[];
  readonly losses: readonly Loss[];
  /** How many units a member may have, ascending by instant. Absent: one. */
  readonly limits?: readonly UnitLimit[];
  /** From here on every fault is over; calls sent later must have definite answers. */
  readonly healedMs: number;
  readonly takenBack?: readonly TakenBackIssuance[];
  /** Absent where the coupon was not recalled. */
  readonly recall?: RecallHistory | undefined;
  /** Absent where the coupon has no holds. */
  readonly holds?: HoldHistory | undefined;
  /** When the final state was taken. */
  readonly endMs: number;
  readonly storeOffsetMs: number;
  /** How far off an instant of the store may come out on the axis: 1, a whole millisecond, where the offset is exact. */
  readonly instantMs: number;
  /** A seller's command without an answer takes effect within this, or never. */
  readonly lateMs: number;
  /** A download without an answer is decided within this, or never: the store refuses later commands. */
  readonly admitLateMs: number;
  /** Issuances that a test itself wrote into the stores: they take units, and no member asked for them. Absent: none. */
  readonly planted?: readonly Issuance[];
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

export type PromiseName = 'I1' | 'I2' | 'I3' | 'I4' | 'I5' | 'I6' | 'I7' | 'I8' | 'I10' | 'I12';

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
