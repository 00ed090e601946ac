/**
 * Checks presence tickets before downloads of coupons that require presence.
 *
 * Only downloads that {@link PresenceGate.concerns} are checked. Without a valid ticket a download is refused without a
 * request to a store, with one exception: for an expired ticket of this member for this coupon, the gate reads whether
 * the member has won, because the answer to the first request may have been lost.
 */
import type { CouponRegistry } from '../../engine/sellers/coupon-registry.js';
import type { Clock } from '../../engine/domain/clock.js';
import type { CouponId, MemberId } from '../../engine/domain/coupon.js';
import type { DownloadOutcome } from '../../engine/domain/download.js';
import { StoreOutcomeUnknownError, StoreUnavailableError } from '../../engine/domain/errors.js';
import { BUSY, NOT_READY, UNKNOWN_COUPON } from '../../engine/download/outcomes.js';
import { BoundedWork } from '../auth/bounded-work.js';
import type { TokenRefused } from '../auth/identity.js';
import type { KeysListener, KeysState } from '../auth/provider-keys.js';
import { openVerifier } from '../auth/open-verifier.js';
import type { Verifier } from '../auth/open-verifier.js';
import { AUTHORIZATION_LENGTH_MAX } from '../auth/token-policy.js';
import { VerifiedTokenCache } from '../auth/verified-token-cache.js';
import type { TokenSettings } from '../auth/token-settings.js';
import type { DoorRules } from '../../accounts/door-rules.js';
import { PRESENCE_TICKETS } from './presence-ticket.js';
import type { PresenceTicket } from './presence-ticket.js';

export type PresenceFault =
  | 'presence_required'
  | 'presence_invalid'
  | 'presence_expired'
  | 'presence_mismatch'
  | 'presence_unavailable';

export type PresenceVerdict =
  | { readonly kind: 'present' }
  | { readonly kind: 'refused'; readonly reason: PresenceFault }
  /** Known without the engine. */
  | { readonly kind: 'settled'; readonly outcome: DownloadOutcome };

const refused = (reason: PresenceFault): PresenceVerdict => Object.freeze({ kind: 'refused', reason });
const settled = (outcome: DownloadOutcome): PresenceVerdict => Object.freeze({ kind: 'settled', outcome });

const PRESENT: PresenceVerdict = Object.freeze({ kind: 'present' });
const REQUIRED = refused('presence_required');
const INVALID = refused('presence_invalid');
const EXPIRED = refused('presence_expired');
const MISMATCH = refused('presence_mismatch');
const UNAVAILABLE = refused('presence_unavailable');
const SETTLED_BUSY = settled(BUSY);
const SETTLED_NOT_READY = settled(NOT_READY);
const SETTLED_UNKNOWN = settled(UNKNOWN_COUPON);

/** Tickets are used for one coupon and some minutes: each generation has fewer than that of access tokens. */
const TICKETS_MAX = 50_000;
const TICKET_CHARACTERS_MAX = 20_000_000;

/** Questions about what holders of expired tickets hold. */
const ISSUANCE_READS_MAX = 32;
const ISSUANCE_READS_WAITING_MAX = 1_000;

export interface PresenceGatePorts {
  readonly rules: Pick<DoorRules, 'concerns' | 'isUnsettled' | 'refreshWithCooldown'>;
  readonly registry: Pick<CouponRegistry, 'issuanceOf'>;
  readonly clock: Clock;
  /** Called when the keys of the service that issues tickets cannot be read. */
  readonly keysListener?: KeysListener;
}

export class PresenceGate {
  /** Downloads refused so far. */
  refused = 0;
  readonly #ports: PresenceGatePorts;
  readonly #tickets = new VerifiedTokenCache<PresenceTicket>(TICKETS_MAX, TICKET_CHARACTERS_MAX);
  readonly #issuanceReads = new BoundedWork(ISSUANCE_READS_MAX, ISSUANCE_READS_WAITING_MAX);
  readonly #verifier: Verifier<PresenceTicket> | undefined;

  /** @param settings `undefined`: no ticket can be verified, so a coupon that demands one is given to no member. */
  constructor(settings: TokenSettings | undefined, ports: PresenceGatePorts) {
    this.#ports = ports;
    this.#verifier =
      settings === undefined
        ? undefined
        : openVerifier(settings, PRESENCE_TICKETS, ports.clock, ports.keysListener);
  }

  /** `undefined` where tickets are signed with a shared secret, and where there are none. */
  keysState(): KeysState | undefined {
    return this.#verifier?.keysState?.();
  }

  /** False for nearly every download, and then nothing else of this is asked. */
  concerns(couponId: CouponId): boolean {
    return this.#ports.rules.concerns(couponId);
  }

  /**
   * @param ticket as the request brought it; empty: it brought none.
   * @param mayWait false: what is not known here is `busy`, since too many wait already.
   */
  judge(
    couponId: CouponId,
    memberId: MemberId,
    ticket: string,
    mayWait: boolean,
  ): PresenceVerdict | Promise<PresenceVerdict> {
    if (!this.#ports.rules.isUnsettled(couponId)) {
      return this.#judgeTicket(couponId, memberId, ticket, mayWait);
    }
    return mayWait ? this.#judgeAfterRefresh(couponId, memberId, ticket) : SETTLED_BUSY;
  }

  async #judgeAfterRefresh(couponId: CouponId, memberId: MemberId, ticket: string): Promise<PresenceVerdict> {
    const { rules } = this.#ports;
    try {
      await rules.refreshWithCooldown();
    } catch (fault) {
      return notReadyUnlessBug(fault);
    }
    // When the last read began there was no such coupon. One that came since may demand a ticket, so the engine must
    // not be asked.
    if (rules.isUnsettled(couponId)) return SETTLED_UNKNOWN;
    return rules.concerns(couponId) ? this.#judgeTicket(couponId, memberId, ticket, true) : PRESENT;
  }

  #judgeTicket(
    couponId: CouponId,
    memberId: MemberId,
    ticket: string,
    mayWait: boolean,
  ): PresenceVerdict | Promise<PresenceVerdict> {
    if (this.#verifier === undefined) return this.#refuse(UNAVAILABLE);
    if (ticket === '') return this.#refuse(REQUIRED);
    if (ticket.length > AUTHORIZATION_LENGTH_MAX) return this.#refuse(INVALID);
    const nowMs = this.#ports.clock.nowMs();
    const known = this.#tickets.get(ticket, nowMs);
    const result = known ?? this.#verifier.verify(ticket, nowMs);
    if (!(result instanceof Promise)) return this.#conclude(couponId, memberId, ticket, result, mayWait);
    return result.then((later) =>
      later === undefined ? SETTLED_BUSY : this.#conclude(couponId, memberId, ticket, later, mayWait),
    );
  }

  #conclude(
    couponId: CouponId,
    memberId: MemberId,
    ticket: string,
    result: PresenceTicket | TokenRefused,
    mayWait: boolean,
  ): PresenceVerdict | Promise<PresenceVerdict> {
    if (result.kind === 'refused') {
      return this.#refuse(result.reason === 'keys_unavailable' ? UNAVAILABLE : INVALID);
    }
    if (result.memberId !== memberId || result.couponId !== couponId) return this.#refuse(MISMATCH);
    if (result.isExpired) return mayWait ? this.#readIssuance(couponId, memberId) : SETTLED_BUSY;
    this.#tickets.set(ticket, result);
    return PRESENT;
  }

  async #readIssuance(couponId: CouponId, memberId: MemberId): Promise<PresenceVerdict> {
    try {
      const held = await this.#issuanceReads.run(async () => ({
        issuance: await this.#ports.registry.issuanceOf(couponId, memberId),
      }));
      if (held === undefined) return SETTLED_BUSY;
      const { issuance } = held;
      if (issuance === 'not_ready') return SETTLED_NOT_READY;
      if (issuance === 'unknown_coupon') return SETTLED_UNKNOWN;
      if (issuance === undefined) return this.#refuse(EXPIRED);
      const { issueNo, issuedAtMs } = issuance;
      return settled({ outcome: 'already_issued', issueNo, issuedAtMs });
    } catch (fault) {
      return notReadyUnlessBug(fault);
    }
  }

  #refuse(verdict: PresenceVerdict): PresenceVerdict {
    this.refused++;
    return verdict;
  }
}

/** Only questions were asked, so whatever became of them nothing was attempted. */
function notReadyUnlessBug(fault: unknown): PresenceVerdict {
  if (fault instanceof StoreUnavailableError || fault instanceof StoreOutcomeUnknownError) {
    return SETTLED_NOT_READY;
  }
  throw fault;
}
