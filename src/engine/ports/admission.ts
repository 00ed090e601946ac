/**
 * Defines the port of admission: the atomic decision who gets a coupon.
 *
 * A back end implements {@link Admission}; `testing/contracts/admission-contract.ts` tests every back end.
 */
import type { CouponId, CouponSnapshot, CouponTerms, HolderId, Issuance } from '../domain/coupon.js';
import type { TermsChange, TermsRefusal } from './terms-change.js';

/** Why a coupon gives nothing to a member who holds none. In order of precedence. */
export const refusals = ['not_open', 'paused', 'closed', 'sold_out'] as const;
export type Refusal = (typeof refusals)[number];

/** The refusal for a member without the coupon at that instant; `undefined` while there is stock to give. */
export function refusalOf(terms: CouponTerms, issued: number, storeNowMs: number): Refusal | undefined {
  if (terms.opensAtMs !== undefined && storeNowMs < terms.opensAtMs) return 'not_open';
  if (terms.paused) return 'paused';
  if (terms.closed || (terms.closesAtMs !== undefined && storeNowMs >= terms.closesAtMs)) return 'closed';
  return issued >= terms.quantity ? 'sold_out' : undefined;
}

/** A member of the batch, by its index, who already held the coupon when its turn came. */
export interface AlreadyIssued {
  readonly index: number;
  readonly issueNo: number;
  readonly issuedAtMs: number;
}

/**
 * The decisions about one batch, in the compact form in which they travel.
 *
 * Members are decided in the order of the batch. Those listed in `already` (ascending index) held the coupon before
 * their turn; a member named twice in one batch is listed at its second place with the number of its first. An asker who
 * is not listed holds none. Of the others the first `issuedCount` are issued `firstIssueNo`, `firstIssueNo + 1`, … at
 * `storeNowMs`; the remaining ones get `refusal`. One integer a member would cost a reply as long as the batch; this one is as long as its exceptions.
 */
export interface AdmitDecisions {
  readonly status: 'decided';
  readonly storeNowMs: number;
  /** Version of the terms of the decision. Needed with a refusal; may be absent where every member was issued a unit. */
  readonly version: number | undefined;
  readonly firstIssueNo: number;
  readonly issuedCount: number;
  readonly already: readonly AlreadyIssued[];
  /** Present whenever at least one member got it; askers get none. */
  readonly refusal: Refusal | undefined;
}

/** The batch was not carried out, and nothing was written. */
export interface AdmitRefused {
  /**
   * - `not_ready`: the coupon is not in service (never warmed, lost, being recovered, or not yet verified since the
   *   store's server changed).
   * - `stale_epoch`: the store's epoch is not the caller's, be it higher (rebuilt since the caller read it) or lower
   *   (the store has lost data), or the store has issued fewer numbers than the caller has received; take a new snapshot first.
   * - `expired`: the store's clock has passed `notAfterMs`; a late command must not issue to members who left long ago.
   */
  readonly status: 'not_ready' | 'stale_epoch' | 'expired';
  readonly storeNowMs: number;
}

export type AdmitReply = AdmitDecisions | AdmitRefused;

/** A batch of a round that got no reply, and why: one of the faults that {@link Admission} throws. */
export interface AdmitFault {
  readonly status: 'fault';
  readonly fault: unknown;
}

/** Takes the answer to the batch at `place` of a round. Must not throw. */
export type AnswerBatch = (place: number, reply: AdmitReply | AdmitFault) => void;

export interface AdmitBatch {
  readonly couponId: CouponId;
  readonly epoch: number;
  /** In order of arrival, 1 up to BATCH_MAX; a member may be named more than once. Those who only ask come last. */
  readonly holders: readonly HolderId[];
  /**
   * How many at the end of `memberIds` only ask what they hold: they are issued nothing, take no unit and get no refusal. 0 when absent,
   * `memberIds.length` at most.
   */
  readonly askers?: number;
  /** By the store's clock; the store refuses the batch as `expired` after this instant. */
  readonly notAfterMs: number;
  /** The highest number the caller has received, 0 when absent. Only a store that can lose data compares it. */
  readonly seenIssueNo?: number;
}

/** What a coupon is put into the store with. */
export interface WarmCoupon extends CouponTerms {
  readonly couponId: CouponId;
  readonly version: number;
  readonly epoch: number;
  /** The highest number ever given, revoked ones included. */
  readonly lastIssueNo: number;
  /** None when absent. */
  readonly lastChange?: LastChange;
  /** See {@link CouponRecord.birth}. */
  readonly birth?: string | undefined;
}

/** The change of terms that was decided last, and how: a repeat of it is answered the same. */
export interface LastChange {
  /** 0: none. */
  readonly changeNo: number;
  readonly refused: TermsRefusal | undefined;
}

/** What a warm puts in. */
export interface WarmContent {
  readonly coupon: WarmCoupon;
  /** Its live issuances in chunks of any size; they are taken as recorded. */
  readonly issued: AsyncIterable<readonly Issuance[]>;
}

export type AmendReply =
  | { readonly status: 'amended'; readonly snapshot: CouponSnapshot }
  /** A later change has been made; this one was carried out or refused before it, or never arrived. */
  | { readonly status: 'superseded'; readonly snapshot: CouponSnapshot }
  /** Nothing changed: the refusal comes with the state it is based on. */
  | { readonly status: TermsRefusal; readonly snapshot: CouponSnapshot }
  | { readonly status: 'not_ready' };

export type RevokeReply =
  /** `absent`: no live issuance has that number and member (never given, or revoked before). The version is bumped only by `revoked`. */
  | { readonly status: 'revoked' | 'absent'; readonly snapshot: CouponSnapshot }
  | { readonly status: 'not_ready' };

/** An issuance by its number, and by whose it is. */
export type NumberedHolder = Pick<Issuance, 'issueNo' | 'holder'>;

export type RevokeManyReply =
  /** `count`: how many of them were live until now. The version is bumped by one where that is above 0. */
  | { readonly status: 'revoked'; readonly count: number; readonly snapshot: CouponSnapshot }
  | { readonly status: 'not_ready' };

/** A read-only view of the members who hold a coupon. */
export interface WinnersView {
  readonly size: number;
  get(holder: HolderId): Issuance | undefined;
}

/** Keeps a command of a seller from being carried out twice, or on a coupon that was warmed or rebuilt since. */
export interface NumberedChange {
  /** Number of the change (coupon-changes.ts). Each number is decided once: a repeat gets the first answer, a lower one is `superseded`. */
  readonly changeNo: number;
  /** In which the caller saw the coupon serve. A coupon that was out of service since has a higher one, and is `not_ready` for the command. */
  readonly epoch: number;
}

/**
 * The store that decides. Every method is one atomic step unless stated otherwise.
 *
 * @throws {@link StoreUnavailableError} when nothing was attempted,
 *   {@link StoreOutcomeUnknownError} when the command left and its answer did not come in time. No method waits
 *   longer than the back end's call deadline; none is silently sent twice.
 */
export interface Admission {
  /**
   * Decides a whole batch. Safe to run twice: membership makes the second run answer `already` with the same number.
   * Order of checks: present → epoch → notAfter → membership → window, paused, closed → stock.
   */
  admit(batch: AdmitBatch): Promise<AdmitReply>;

  /**
   * Decides the batches of several coupons of one shard, each as {@link admit} does. Each batch is one atomic step, the round as a whole is
   * none: a refusal or a fault of one coupon is the answer to its batch alone.
   *
   * @param batches at least one, each of another coupon.
   * @param answer called exactly once for each batch, in any order.
   * @returns when the shard can take its next round. A batch in trouble (its slot is moving) may be answered later. Never rejects.
   */
  admitRound(batches: readonly AdmitBatch[], answer: AnswerBatch): Promise<void>;

  /**
   * Which shard decides this coupon: a small whole number from 0. Coupons of one shard share a round, and no shard waits for another.
   * It may change when a coupon moves between the nodes of a store.
   */
  shardOf(couponId: CouponId): number;

  /** One place a coupon asked for, in that order; `undefined` where the coupon is not in the store. Not atomic across coupons. */
  snapshots(couponIds: readonly CouponId[]): Promise<(CouponSnapshot | undefined)[]>;

  /** The live issuance of one member, whether recorded or not; `not_ready` where the coupon is not in the store. */
  issuanceOf(couponId: CouponId, holder: HolderId): Promise<Issuance | undefined | 'not_ready'>;

  /** The same for up to `UNIT_MAX` holders at one instant, in their order. */
  issuancesOf(
    couponId: CouponId,
    holders: readonly HolderId[],
  ): Promise<readonly (Issuance | undefined)[] | 'not_ready'>;

  /**
   * The issuance with this number, as far as the store finds it without a long search: queued and claimed issuances
   * only.
   */
  unrecordedHolder(couponId: CouponId, issueNo: number): Promise<Issuance | undefined>;

  /**
   * All winners of exactly this version, or `undefined` when the version has changed (before or during the reading),
   * when the coupon is not in the store, or when there are more than `limit`. Reads in chunks; not atomic, but checked.
   */
  winners(couponId: CouponId, version: number, limit: number): Promise<WinnersView | undefined>;

  /**
   * Puts a coupon in, unless it is there already: then nothing happens, whatever the versions (`present`).
   * Concurrent calls for one coupon leave exactly one of them `warmed`.
   *
   * @param read asked after the store has taken note that this warm has begun, and at most once. A store that has lost anything since
   *   does not take what was read: others may have warmed the coupon, and given numbers, in between.
   * @throws StoreUnavailableError what was read is too old; ask once more. StoreOutcomeUnknownError.
   */
  warm(couponId: CouponId, read: () => Promise<WarmContent>): Promise<'warmed' | 'present'>;

  /**
   * Changes terms and bumps the version by one. Refusals, in this order:
   * - `closed`: a closed coupon refuses every change that names anything but closing;
   * - `window_invalid`: a change that names a bound must not leave a window that ends before it starts (equal bounds: an
   *   empty window, allowed);
   * - `quantity_below_issued`: a quantity that is named must not be below the live issuances.
   *
   * Closing also ends a pause, one asked for in the same change included. A change that alters nothing (closing again, an
   * empty change) is `amended` without a new version.
   *
   * @param numbered what a store that a command can reach late, or twice, goes by. Absent: carried out whatever came before.
   */
  amend(couponId: CouponId, change: TermsChange, numbered?: NumberedChange): Promise<AmendReply>;

  /**
   * Takes a live issuance back: the unit returns to stock, the number is never used again, and the member may win anew.
   * If it was still queued it leaves the queue. A claimed one stays with its claim: the ledger's revocation keeps its row out.
   */
  revoke(couponId: CouponId, issueNo: number, holder: HolderId): Promise<RevokeReply>;

  /**
   * Takes back those of many that are live, each as {@link revoke} does, in one step and with one new version for all: a version each
   * would make every process read all winners for each of them. Safe to repeat.
   *
   * @param issuances up to {@link TAKE_BACK_MAX}.
   */
  revokeMany(couponId: CouponId, issuances: readonly NumberedHolder[]): Promise<RevokeManyReply>;
}
