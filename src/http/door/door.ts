/**
 * Judges downloads by the door rule of their coupon, before the engine is asked.
 *
 * Only downloads that {@link Door.concerns} are judged. A member whom the rule refuses still goes to the engine, which
 * returns the member's issuance if there is one: the answer to the first request may have been lost, and a rule may
 * have changed since. Exceptions are downloads without a valid presence ticket, which cause no request to a store.
 */
import type { CouponId, MemberId } from '../../engine/domain/coupon.js';
import { meetsClaims } from '../../engine/domain/eligibility.js';
import type { MemberClaims } from '../../engine/domain/eligibility.js';
import type { DoorRule } from '../../engine/domain/door-rule.js';
import type { DoorRefusal, DownloadOutcome, EligibilityRule } from '../../engine/domain/download.js';
import { isStoreFault } from '../../engine/domain/errors.js';
import { BUSY, NOT_READY, UNKNOWN_COUPON } from '../../engine/download/outcomes.js';
import type { DoorRules } from '../../accounts/door-rules.js';
import type { MemberSets } from '../../accounts/member-sets.js';
import type { PresenceTicket } from '../presence/presence-ticket.js';
import type { PresenceFault, PresenceTickets } from '../presence/presence-tickets.js';

/** Who asks for what. */
export interface DoorVisit {
  readonly couponId: CouponId;
  readonly memberId: MemberId;
  /** Which of the member's units. */
  readonly unit: number;
  /** The presence ticket as the request brought it, empty for none. `undefined`: the shop itself asks, and is the proof. */
  readonly ticket: string | undefined;
  /** Claims of the token, or of the shop, about the member. Those of a presence ticket come before them. */
  readonly claims: MemberClaims | undefined;
}

export type DoorVerdict =
  /** The engine decides; `refusedAs`: the member may not win. */
  | { readonly kind: 'passes'; readonly refusedAs: DoorRefusal | undefined }
  | { readonly kind: 'refused'; readonly reason: PresenceFault }
  /** Known without the engine. */
  | { readonly kind: 'settled'; readonly outcome: DownloadOutcome };

const settled = (outcome: DownloadOutcome): DoorVerdict => Object.freeze({ kind: 'settled', outcome });
const asking = (refusedAs: DoorRefusal): DoorVerdict =>
  Object.freeze({ kind: 'passes', refusedAs: Object.freeze(refusedAs) });
const refused = (reason: PresenceFault): DoorVerdict => Object.freeze({ kind: 'refused', reason });

const MAY_WIN: DoorVerdict = Object.freeze({ kind: 'passes', refusedAs: undefined });
const OVER_LIMIT = asking({ outcome: 'limit_reached' });
const PRESENCE_EXPIRED = asking({ outcome: 'presence_expired' });
const NOT_ELIGIBLE: Readonly<Record<EligibilityRule, DoorVerdict>> = {
  claims: asking({ outcome: 'not_eligible', rule: 'claims' }),
  audience: asking({ outcome: 'not_eligible', rule: 'audience' }),
  not_issued: asking({ outcome: 'not_eligible', rule: 'not_issued' }),
};
const SETTLED_BUSY = settled(BUSY);
const SETTLED_NOT_READY = settled(NOT_READY);
const SETTLED_UNKNOWN = settled(UNKNOWN_COUPON);
const NOT_PRESENT: Readonly<Record<PresenceFault, DoorVerdict>> = {
  presence_required: refused('presence_required'),
  presence_invalid: refused('presence_invalid'),
  presence_mismatch: refused('presence_mismatch'),
  presence_unavailable: refused('presence_unavailable'),
};

export interface DoorPorts {
  readonly rules: Pick<
    DoorRules,
    'concerns' | 'isUnsettled' | 'ruleOf' | 'refreshWithCooldown' | 'refreshed'
  >;
  /** Lists of members, and holders of coupons that others exclude. */
  readonly audiences: Pick<MemberSets, 'has'>;
  readonly holders: Pick<MemberSets, 'has'>;
  readonly tickets: Pick<PresenceTickets, 'check' | 'isConfigured'>;
}

export class Door {
  readonly #ports: DoorPorts;

  constructor(ports: DoorPorts) {
    this.#ports = ports;
  }

  /** False for nearly every download, and then nothing else of this is asked. */
  concerns(couponId: CouponId): boolean {
    return this.#ports.rules.concerns(couponId);
  }

  /** How many units of a coupon a member may have, as known at most a second before. @throws StoreUnavailableError */
  async unitsPerMember(couponId: CouponId): Promise<number> {
    const { rules } = this.#ports;
    if (rules.isUnsettled(couponId)) await rules.refreshWithCooldown();
    return rules.ruleOf(couponId)?.perMember ?? 1;
  }

  /** Whether a presence ticket may matter to {@link judge}: finding one walks all headers, a microsecond of each download. */
  readsTicket(couponId: CouponId): boolean {
    const { rules } = this.#ports;
    if (rules.isUnsettled(couponId)) return true;
    const rule = rules.ruleOf(couponId);
    return rule !== undefined && (rule.presence === true || this.#readsClaims(rule));
  }

  /** @param mayWait false: what is not known here is `busy`, since too many wait already. */
  judge(visit: DoorVisit, mayWait: boolean): DoorVerdict | Promise<DoorVerdict> {
    if (!this.#ports.rules.isUnsettled(visit.couponId)) return this.#judgeByRule(visit);
    return mayWait ? this.#judgeAfterRefresh(visit) : SETTLED_BUSY;
  }

  async #judgeAfterRefresh(visit: DoorVisit): Promise<DoorVerdict> {
    const { rules } = this.#ports;
    try {
      await rules.refreshed();
      if (rules.isUnsettled(visit.couponId)) await rules.refreshWithCooldown();
      await rules.refreshed();
    } catch (fault) {
      return notReadyUnlessBug(fault);
    }
    // When the last read began there was no such coupon. One that came since may have a rule, so the engine must not be
    // asked.
    return rules.isUnsettled(visit.couponId) ? SETTLED_UNKNOWN : this.#judgeByRule(visit);
  }

  /** How long an issuance of this coupon is held; `undefined`: it is not. */
  holdMsOf(couponId: CouponId): number | undefined {
    return this.#ports.rules.ruleOf(couponId)?.holdMs;
  }

  #judgeByRule(visit: DoorVisit): DoorVerdict | Promise<DoorVerdict> {
    const { rules, tickets } = this.#ports;
    const rule = rules.ruleOf(visit.couponId);
    if (rule === undefined) return visit.unit > 1 ? OVER_LIMIT : MAY_WIN;
    const { ticket } = visit;
    if (ticket === undefined || !(rule.presence === true || (ticket !== '' && this.#readsClaims(rule)))) {
      return this.#judgeMember(rule, visit, undefined);
    }
    const checked = tickets.check(visit.couponId, visit.memberId, ticket);
    if (!(checked instanceof Promise)) return this.#judgeTicket(rule, visit, checked);
    return checked.then((later) =>
      later === undefined ? SETTLED_BUSY : this.#judgeTicket(rule, visit, later),
    );
  }

  /** A ticket may carry claims of the member also where the coupon demands none. */
  #readsClaims({ eligibility }: DoorRule): boolean {
    return eligibility?.claims !== undefined && this.#ports.tickets.isConfigured;
  }

  #judgeTicket(rule: DoorRule, visit: DoorVisit, checked: PresenceTicket | PresenceFault): DoorVerdict {
    if (typeof checked === 'string') return NOT_PRESENT[checked];
    if (isOverLimit(rule, visit)) return OVER_LIMIT;
    return checked.isExpired ? PRESENCE_EXPIRED : this.#judgeMember(rule, visit, checked.claims);
  }

  /** Judges a member who is present as far as the rule requires it. */
  #judgeMember(rule: DoorRule, visit: DoorVisit, ticketClaims: MemberClaims | undefined): DoorVerdict {
    if (isOverLimit(rule, visit)) return OVER_LIMIT;
    const { eligibility } = rule;
    if (eligibility === undefined) return MAY_WIN;
    const { couponId, memberId } = visit;
    const { claims, audience, notIssued = [] } = eligibility;
    if (claims !== undefined && !meetsClaims(claims, { ...visit.claims, ...ticketClaims })) {
      return NOT_ELIGIBLE.claims;
    }
    if (audience === true) {
      const listed = this.#ports.audiences.has(couponId, memberId);
      if (listed === 'not_loaded') return SETTLED_NOT_READY;
      if (!listed) return NOT_ELIGIBLE.audience;
    }
    for (const other of notIssued) {
      const holds = this.#ports.holders.has(other, memberId);
      if (holds === 'not_loaded') return SETTLED_NOT_READY;
      if (holds) return NOT_ELIGIBLE.not_issued;
    }
    return MAY_WIN;
  }
}

function isOverLimit({ perMember = 1 }: DoorRule, { unit }: DoorVisit): boolean {
  return unit > perMember;
}

/** Only questions were asked, so whatever became of them nothing was attempted. */
function notReadyUnlessBug(fault: unknown): DoorVerdict {
  if (isStoreFault(fault)) return SETTLED_NOT_READY;
  throw fault;
}
