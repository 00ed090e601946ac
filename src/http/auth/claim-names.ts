/** Finds member and role among the claims of a token, under the names that an identity provider gives them. */
import type { Role } from '../../accounts/accounts.js';
import { isClaimValue } from '../../engine/domain/eligibility.js';
import type { ClaimValue, MemberClaims } from '../../engine/domain/eligibility.js';

export type Claims = Readonly<Record<string, unknown>>;

/** JWT_MEMBER_CLAIM, JWT_ROLE_CLAIM, JWT_SELLER_VALUES, JWT_MEMBER_VALUES. */
export interface ClaimNames {
  readonly member: string;
  readonly role: string;
  readonly sellerValues: readonly string[];
  /** `any`: every token without a seller's value is a member's. */
  readonly memberValues: readonly string[] | 'any';
}

/** What tokens of an installation without an outside provider carry. */
export const OWN_CLAIMS: ClaimNames = Object.freeze({
  member: 'sub',
  role: 'role',
  sellerValues: Object.freeze(['seller']),
  memberValues: Object.freeze(['member']),
});

/** The claim of a presence ticket that names its coupon: a JSON number, as ids are everywhere in the API. */
export const COUPON_CLAIM = 'coupon';

/**
 * The claim of that name, or the one at that path: `realm_access.roles`. A name that contains dots (`https://shop.example/role`) is
 * tried as a whole before any part of it.
 */
export function claimAt(claims: Claims, name: string): unknown {
  if (Object.hasOwn(claims, name)) return claims[name];
  for (let dot = name.indexOf('.'); dot >= 0; dot = name.indexOf('.', dot + 1)) {
    const outer = name.slice(0, dot);
    const inner = Object.hasOwn(claims, outer) ? claims[outer] : undefined;
    if (typeof inner !== 'object' || inner === null || Array.isArray(inner)) continue;
    const found = claimAt(inner as Claims, name.slice(dot + 1));
    if (found !== undefined) return found;
  }
  return undefined;
}

/** `admin` is a role of accounts alone, so no token of another signer has it. */
export function isAdministrator(claims: Claims, names: ClaimNames): boolean {
  return claimAt(claims, names.role) === 'admin';
}

/** The claims of a member that rules of coupons may name; those without a scalar of a bounded length are left out. */
export function memberClaimsOf(claims: Claims, names: readonly string[]): MemberClaims {
  const found: [string, ClaimValue][] = [];
  for (const name of names) {
    const value = claimAt(claims, name);
    if (isClaimValue(value)) found.push([name, value]);
  }
  return Object.freeze(Object.fromEntries(found));
}

/** `undefined`: neither a seller's value nor a member's. A token with both is a seller's. */
export function roleOf(claims: Claims, names: ClaimNames): Exclude<Role, 'admin'> | undefined {
  const values = valuesOf(claimAt(claims, names.role), names.role);
  if (names.sellerValues.some((value) => values.includes(value))) return 'seller';
  const { memberValues } = names;
  return memberValues === 'any' || memberValues.some((value) => values.includes(value))
    ? 'member'
    : undefined;
}

/** Scopes are one string, separated by spaces (RFC 8693, 4.2); in no other claim is a part of a string a value. */
const spaceSeparated = /(^|\.)(scope|scp)$/;

function valuesOf(claim: unknown, name: string): readonly unknown[] {
  if (Array.isArray(claim)) return claim;
  if (typeof claim !== 'string') return [];
  return spaceSeparated.test(name) ? claim.split(' ') : [claim];
}
