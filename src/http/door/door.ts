/**
 * Judges downloads by the door rule of their coupon, before the engine is asked.
 *
 * Only downloads that {@link Door.concerns} are judged. A member whom the rule refuses still goes to the engine, which
 * returns the member's issuance if there is one: the answer to the first request may have been lost, and a rule may
 * have changed since. Exceptions are downloads without a valid presence ticket, which cause no request to a store.
 */
import type { CouponId, MemberId } from '../../engine/domain/coupon.js';
import type { DoorRefusal, DownloadOutcome } from '../../engine/domain/download.js';
import { StoreOutcomeUnknownError, StoreUnavailableError } from '../../engine/domain/errors.js';
import { BUSY, NOT_READY, UNKNOWN_COUPON } from '../../engine/download/outcomes.js';
import type { DoorRules } from '../../accounts/door-rules.js';
import type { PresenceTicket } from '../presence/presence-ticket.js';
import type { PresenceFault, PresenceTickets } from '../presence/presence-tickets.js';

/** Who asks for what. */
export interface DoorVisit {
  readonly couponId: CouponId;
  readonly memberId: MemberId;
  /** The presence ticket as the request brought it, empty for none. `undefined`: the shop itself asks, and is the proof. */
  readonly ticket: string | undefined;
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
const PRESENCE_EXPIRED = asking({ outcome: 'presence_expired' });
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
  readonly rules: Pick<DoorRules, 'concerns' | 'isUnsettled' | 'ruleOf' | 'refreshWithCooldown'>;
  readonly tickets: Pick<PresenceTickets, 'check'>;
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

  /** @param mayWait false: what is not known here is `busy`, since too many wait already. */
  judge(visit: DoorVisit, mayWait: boolean): DoorVerdict | Promise<DoorVerdict> {
    if (!this.#ports.rules.isUnsettled(visit.couponId)) return this.#judgeByRule(visit);
    return mayWait ? this.#judgeAfterRefresh(visit) : SETTLED_BUSY;
  }

  async #judgeAfterRefresh(visit: DoorVisit): Promise<DoorVerdict> {
    const { rules } = this.#ports;
    try {
      await rules.refreshWithCooldown();
    } catch (fault) {
      return notReadyUnlessBug(fault);
    }
    // When the last read began there was no such coupon. One that came since may have a rule, so the engine must not be
    // asked.
    return rules.isUnsettled(visit.couponId) ? SETTLED_UNKNOWN : this.#judgeByRule(visit);
  }

  #judgeByRule(visit: DoorVisit): DoorVerdict | Promise<DoorVerdict> {
    const { rules, tickets } = this.#ports;
    const rule = rules.ruleOf(visit.couponId);
    if (rule === undefined) return MAY_WIN;
    if (rule.presence !== true || visit.ticket === undefined) return MAY_WIN;
    const checked = tickets.check(visit.couponId, visit.memberId, visit.ticket);
    if (!(checked instanceof Promise)) return judgeTicket(checked);
    return checked.then((later) => (later === undefined ? SETTLED_BUSY : judgeTicket(later)));
  }
}

function judgeTicket(checked: PresenceTicket | PresenceFault): DoorVerdict {
  if (typeof checked === 'string') return NOT_PRESENT[checked];
  return checked.isExpired ? PRESENCE_EXPIRED : MAY_WIN;
}

/** Only questions were asked, so whatever became of them nothing was attempted. */
function notReadyUnlessBug(fault: unknown): DoorVerdict {
  if (fault instanceof StoreUnavailableError || fault instanceof StoreOutcomeUnknownError) {
    return SETTLED_NOT_READY;
  }
  throw fault;
}
