/** Verifies the presence tickets that downloads bring, with a bounded cache of verified ones. No store is asked. */
import type { Clock } from '../../engine/domain/clock.js';
import type { CouponId, MemberId } from '../../engine/domain/coupon.js';
import type { TokenRefused } from '../wire/identity.js';
import type { KeysListener, KeysState } from '../auth/provider-keys.js';
import { openVerifier } from '../auth/open-verifier.js';
import type { Verifier } from '../auth/open-verifier.js';
import { AUTHORIZATION_LENGTH_MAX } from '../auth/token-policy.js';
import { VerifiedTokenCache } from '../auth/verified-token-cache.js';
import type { TokenSettings } from '../auth/token-settings.js';
import { presenceTickets } from './presence-ticket.js';
import type { PresenceTicket } from './presence-ticket.js';

export type PresenceFault =
  'presence_required' | 'presence_invalid' | 'presence_mismatch' | 'presence_unavailable';

/** Tickets are used for one coupon and some minutes: each generation has fewer than that of access tokens. */
const TICKETS_MAX = 50_000;
const TICKET_CHARACTERS_MAX = 20_000_000;

export class PresenceTickets {
  /** Downloads refused so far. */
  refused = 0;
  readonly #clock: Clock;
  readonly #known = new VerifiedTokenCache<PresenceTicket>(TICKETS_MAX, TICKET_CHARACTERS_MAX);
  readonly #verifier: Verifier<PresenceTicket> | undefined;

  /**
   * @param settings `undefined`: no ticket can be verified, so a coupon that demands one is given to no member.
   * @param keysListener called when the keys of the service that issues tickets cannot be read.
   */
  constructor(settings: TokenSettings | undefined, clock: Clock, keysListener?: KeysListener) {
    this.#clock = clock;
    this.#verifier =
      settings === undefined
        ? undefined
        : openVerifier(settings, presenceTickets(settings.memberClaims), clock, keysListener);
  }

  /** Whether tickets can be verified here at all. */
  get isConfigured(): boolean {
    return this.#verifier !== undefined;
  }

  /** `undefined` where tickets are signed with a shared secret, and where there are none. */
  keysState(): KeysState | undefined {
    return this.#verifier?.keysState?.();
  }

  /**
   * @param text as the request brought it; empty: it brought none.
   * @returns a ticket of this member for this coupon, which may have expired; `undefined` in the promise: too many wait for the keys
   *   already.
   */
  check(
    couponId: CouponId,
    memberId: MemberId,
    text: string,
  ): PresenceTicket | PresenceFault | Promise<PresenceTicket | PresenceFault | undefined> {
    if (this.#verifier === undefined) return this.#refuse('presence_unavailable');
    if (text === '') return this.#refuse('presence_required');
    if (text.length > AUTHORIZATION_LENGTH_MAX) return this.#refuse('presence_invalid');
    const nowMs = this.#clock.nowMs();
    const result = this.#known.get(text, nowMs) ?? this.#verifier.verify(text, nowMs);
    if (!(result instanceof Promise)) return this.#conclude(couponId, memberId, text, result);
    return result.then((later) => later && this.#conclude(couponId, memberId, text, later));
  }

  #conclude(
    couponId: CouponId,
    memberId: MemberId,
    text: string,
    result: PresenceTicket | TokenRefused,
  ): PresenceTicket | PresenceFault {
    if (result.kind === 'refused') {
      return this.#refuse(result.reason === 'keys_unavailable' ? 'presence_unavailable' : 'presence_invalid');
    }
    if (result.memberId !== memberId || result.couponId !== couponId) {
      return this.#refuse('presence_mismatch');
    }
    if (!result.isExpired) this.#known.set(text, result);
    return result;
  }

  #refuse(fault: PresenceFault): PresenceFault {
    this.refused++;
    return fault;
  }
}
