/** Defines who may have a coupon: values of claims, a list of members, holders of other coupons excluded. */
import type { CouponId } from './coupon.js';

/** Claims of a token about its member. */
export type ClaimValue = string | number | boolean;

/** Claims of one member by name. */
export type MemberClaims = Readonly<Record<string, ClaimValue>>;

/** Every part that is there must be met; there is at least one. */
export interface Eligibility {
  /** Each claim must be there with one of its values. */
  readonly claims?: Readonly<Record<string, readonly ClaimValue[]>>;
  /** The member must be on the coupon's list. An empty list admits no member. */
  readonly audience?: true;
  /** The member must hold none of these coupons. */
  readonly notIssued?: readonly CouponId[];
}

/** As JSON. With the other fields of a door rule it fits into 4,000 characters. */
export const ELIGIBILITY_LENGTH_MAX = 3_500;
export const ELIGIBILITY_CLAIMS_MAX = 4;
/** Before and after fit into one entry of 4,000 characters, with every other field of a change at its longest. */
const AUDITED_LENGTH_MAX = 900;

export const CLAIM_VALUES_MAX = 16;
export const CLAIM_LENGTH_MAX = 64;
export const NOT_ISSUED_MAX = 8;

/** Claims of a kind that no rule can name are left out. */
export function isClaimValue(value: unknown): value is ClaimValue {
  if (typeof value === 'string') return isShortText(value);
  return typeof value === 'boolean' || (typeof value === 'number' && Number.isFinite(value));
}

/** Counted in code points, as JSON Schema and the requests that name values count. */
function isShortText(text: string): boolean {
  if (text.length <= CLAIM_LENGTH_MAX) return true;
  // A code point has at most two units, so that a long text is not walked.
  return text.length <= 2 * CLAIM_LENGTH_MAX && Array.from(text).length <= CLAIM_LENGTH_MAX;
}

/** Compared as they are: the text `1` is not the number 1. */
export function meetsClaims(wanted: NonNullable<Eligibility['claims']>, claims: MemberClaims): boolean {
  return Object.entries(wanted).every(
    ([name, values]) => Object.hasOwn(claims, name) && values.some((value) => value === claims[name]),
  );
}

/** As the audit log keeps it: long lists of values are counted, because an entry has a bounded length. */
export function auditedEligibility(rule: Eligibility | null | undefined): object | null {
  if (rule?.claims === undefined || JSON.stringify(rule).length <= AUDITED_LENGTH_MAX) return rule ?? null;
  const claims = Object.entries(rule.claims).map(([name, values]) => [name, `${values.length} values`]);
  return { ...rule, claims: Object.fromEntries(claims) as Record<string, string> };
}

/** Whether a member may be eligible afterwards who was not before. Not whether one exists. */
export function mayWiden(before: Eligibility | undefined, after: Eligibility | undefined): boolean {
  if (before === undefined) return false;
  const claimsAfter = after?.claims ?? {};
  const allowsMore = Object.entries(before.claims ?? {}).some(([name, values]) => {
    const valuesAfter = Object.hasOwn(claimsAfter, name) ? claimsAfter[name] : undefined;
    return valuesAfter?.every((value) => values.includes(value)) !== true;
  });
  const dropsAudience = before.audience === true && after?.audience !== true;
  const excludesLess = (before.notIssued ?? []).some(
    (couponId) => after?.notIssued?.includes(couponId) !== true,
  );
  return allowsMore || dropsAudience || excludesLess;
}
