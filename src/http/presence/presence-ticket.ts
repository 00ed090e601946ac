/**
 * Parses presence tickets: JWTs of a waiting room or captcha service.
 *
 * A ticket is verified like an access token. It has the member in `sub` and the coupon in a claim of its own.
 */
import type { HttpRequest } from '../wire/http-app.js';
import { parseCouponId } from '../../engine/domain/coupon.js';
import type { CouponId, MemberId } from '../../engine/domain/coupon.js';
import type { MemberClaims } from '../../engine/domain/eligibility.js';
import { COUPON_CLAIM, memberClaimsOf } from '../auth/claim-names.js';
import { claimRefused } from '../wire/identity.js';
import type { TokenKind } from '../auth/token-policy.js';

export const PRESENCE_HEADER = 'X-Presence-Ticket';
const PRESENCE_HEADER_READ = PRESENCE_HEADER.toLowerCase();

/** Means several tickets in one request, of which two readers may take different ones. It verifies as none. */
const AMBIGUOUS = '?';

export interface PresenceTicket {
  readonly kind: 'ticket';
  readonly memberId: MemberId;
  readonly couponId: CouponId;
  readonly expiresAtMs: number;
  /** Valid except for its time: it admits no member, and still identifies a member who was admitted once. */
  readonly isExpired: boolean;
  /** Claims of the service about the member, which rules of coupons may name. */
  readonly claims: MemberClaims | undefined;
}

/** @param memberClaims names of claims that are kept with the ticket. */
export function presenceTickets(memberClaims: readonly string[] = []): TokenKind<PresenceTicket> {
  return {
    memberClaim: 'sub',
    judge({ memberId, expiresAtSeconds, isExpired, claims }) {
      const named = claims[COUPON_CLAIM];
      const couponId = typeof named === 'number' ? parseCouponId(String(named)) : undefined;
      if (couponId === undefined) return claimRefused('coupon_claim', named);
      const expiresAtMs = expiresAtSeconds * 1_000;
      const kept = memberClaims.length === 0 ? undefined : memberClaimsOf(claims, memberClaims);
      return { kind: 'ticket', memberId, couponId, expiresAtMs, isExpired, claims: kept };
    },
  };
}

/** The ticket that a request brings, unverified; empty when it brings none. */
export function presentedTicket(request: HttpRequest): string {
  let ticket = '';
  let times = 0;
  request.forEach((name, value) => {
    if (name !== PRESENCE_HEADER_READ) return;
    ticket = value;
    times++;
  });
  return times > 1 ? AMBIGUOUS : ticket;
}
