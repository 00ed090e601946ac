/** Defines what the simulated admission store keeps of a coupon. */
import type { LastChange } from '../../ports/admission.js';
import type { CouponId, CouponTerms, Issuance, HolderId } from '../../domain/coupon.js';

export interface StoredClaim {
  token: string;
  leaseUntilMs: number;
  issuances: readonly Issuance[];
}

export interface StoredRecovery {
  /** It was put in before: a first warm that arrives late has read an older past. */
  readonly wasIn: boolean;
  readonly token: string;
  readonly untilMs: number;
  readonly sinceMs: number;
  /** Life of the store in which its lock was last taken. */
  readonly life: number;
}

/** What Redis keeps under a key of its own. */
export const couponParts = ['meta', 'winners', 'queue', 'claims', 'claimed'] as const;
export type CouponPart = (typeof couponParts)[number];

export interface StoredCoupon {
  couponId: CouponId;
  terms: CouponTerms;
  version: number;
  epoch: number;
  lastIssueNo: number;
  lastChange: LastChange;
  /** The life of the store in which it was last verified. */
  verifiedIn: number;
  /** Out of service while one process recovers it. */
  recovery: StoredRecovery | undefined;
  /** The highest number that callers received, gathered in one life of the store until a process has compared. */
  inspecting: { readonly life: number; readonly sinceMs: number; readonly seenIssueNo: number } | undefined;
  winners: Map<HolderId, Issuance>;
  /** Ascending by issueNo. */
  queue: Issuance[];
  claims: StoredClaim[];
  /** Parts that do not carry the marker with which the coupon was put in. */
  readonly lost: Set<CouponPart>;
}

export const NO_CHANGE: LastChange = { changeNo: 0, refused: undefined };

/** Terms that a command has put into force. */
export interface TermsInstalled {
  readonly couponId: CouponId;
  readonly atMs: number;
  readonly terms: CouponTerms;
}

export interface StoreContent {
  readonly coupons: ReadonlyMap<CouponId, StoredCoupon>;
  readonly pendingMs: ReadonlyMap<CouponId, number>;
}

/** Puts them in by number; what is queued already stays as it is. */
export function enqueue(coupon: StoredCoupon, issuances: readonly Issuance[]): number {
  const queued = new Set(coupon.queue.map(({ issueNo, holder }) => `${issueNo}:${holder}`));
  const added = issuances.filter(({ issueNo, holder }) => !queued.has(`${issueNo}:${holder}`));
  coupon.queue = [...added, ...coupon.queue].sort((one, other) => one.issueNo - other.issueNo);
  return added.length;
}

export function copyOf(coupon: StoredCoupon): StoredCoupon {
  return {
    ...coupon,
    winners: new Map(coupon.winners),
    queue: [...coupon.queue],
    claims: coupon.claims.map((claim) => ({ ...claim })),
    lost: new Set(coupon.lost),
  };
}
