/** Reads door rules from the requests of sellers, and refuses rules that this installation cannot keep. */
import type { z } from 'zod';
import { DOOR_RULES_MAX } from '../../accounts/door-rules.js';
import type { DoorRules } from '../../accounts/door-rules.js';
import type { CouponId } from '../../engine/domain/coupon.js';
import { doorAfter, sameDoor } from '../../engine/domain/door-rule.js';
import type { DoorChange, DoorRule } from '../../engine/domain/door-rule.js';
import { mayWiden } from '../../engine/domain/eligibility.js';
import type { Eligibility } from '../../engine/domain/eligibility.js';
import { EXCLUSIVE_MARGIN_MS } from '../../engine/domain/limits.js';
import type { RunningProcesses } from '../../engine/ports/running-processes.js';
import type { CouponRegistry, CouponView } from '../../engine/sellers/coupon-registry.js';
import { refuse } from '../wire/problems.js';
import { isOpenMeanwhile, isOpenSoon } from './coupon-rules.js';
import type { Window } from './coupon-rules.js';
import type { couponChangeInput, couponInput } from '../wire/coupon-schemas.js';

/** What the front end knows of door rules. */
export interface SellerDoor {
  /** Whether presence tickets can be verified at all. */
  readonly verifiesPresence: boolean;
  /** Claims that are kept of a token: only these can be named. */
  readonly memberClaims: readonly string[];
  readonly rules: Pick<DoorRules, 'size' | 'entries' | 'refresh'>;
}

/** The rule of a new coupon; `undefined` where it asks nothing. */
export function newDoor(input: z.output<typeof couponInput>): DoorRule | undefined {
  return doorAfter(undefined, changedDoor(input) ?? {});
}

/** What a request names; `undefined`: no field of the rule. */
export function changedDoor(
  input: Pick<z.output<typeof couponChangeInput>, 'presenceRequired' | 'holdSeconds'> & {
    readonly eligibility?: Eligibility | null | undefined;
    readonly perMember?: number | undefined;
  },
): DoorChange | undefined {
  const { presenceRequired, eligibility, perMember, holdSeconds } = input;
  const change: DoorChange = {
    ...(presenceRequired === undefined ? {} : { presence: presenceRequired ? true : null }),
    ...(eligibility === undefined ? {} : { eligibility }),
    ...(perMember === undefined ? {} : { perMember: perMember === 1 ? null : perMember }),
    ...(holdSeconds === undefined ? {} : { holdMs: holdSeconds === null ? null : holdSeconds * 1_000 }),
  };
  return Object.keys(change).length === 0 ? undefined : change;
}

export class DoorChecks {
  readonly #door: SellerDoor;
  readonly #registry: Pick<CouponRegistry, 'find'>;
  readonly #processes: RunningProcesses;
  readonly #nowMs: () => number;

  constructor(
    door: SellerDoor,
    ports: { readonly registry: Pick<CouponRegistry, 'find'>; readonly processes: RunningProcesses },
    nowMs: () => number,
  ) {
    this.#door = door;
    this.#registry = ports.registry;
    this.#processes = ports.processes;
    this.#nowMs = nowMs;
  }

  /**
   * A rule is in force in this process before the seller gets the answer, and the first download of a new coupon waits
   * for no poll. A read that fails is made up for: the next one comes within a second.
   */
  async refresh(): Promise<void> {
    await this.#door.rules.refresh().catch(() => undefined);
  }

  /** @throws RequestRefused when the rule of a new coupon cannot be kept here. */
  async refuseNew(rule: DoorRule | undefined, sellerId: string, window: Window): Promise<void> {
    if (rule === undefined) return;
    this.#refuseOneMore(rule.presence === true);
    if (rule.perMember !== undefined) await this.#refuseUnlessUpgraded();
    if (rule.eligibility !== undefined) this.#refuseUnknownClaims(rule.eligibility);
    await this.#refuseUnlessExclusive(rule.eligibility?.notIssued ?? [], sellerId, window.opensAtMs);
  }

  /** @throws RequestRefused when a change of the rule, or of the window, cannot be made as the coupon is now. */
  async refuseChange(coupon: CouponView, change: DoorChange, window: Window): Promise<void> {
    const { couponId, sellerId, door } = coupon;
    const before = door?.eligibility;
    const after = change.eligibility === undefined ? before : (change.eligibility ?? undefined);
    if (door === undefined && doorAfter(undefined, change) !== undefined) {
      this.#refuseOneMore(change.presence === true);
    } else if (change.presence === true) {
      this.#refuseUnverifiable();
    }
    if (typeof change.perMember === 'number') await this.#refuseUnlessUpgraded();
    if (change.eligibility !== undefined && after !== undefined) this.#refuseUnknownClaims(after);
    if (mayWiden(before, after) && isOpenMeanwhile(coupon, window)) {
      refuse(
        'pause_first',
        'The coupon is open, or opens within 5 seconds, and the change would let in members whom its rule excludes now. Pause it, change the rule, check it, resume. Nothing was changed.',
      );
    }
    // The store that decides has the window first, so for a moment, or until a fault ends, members would win whom the new rule refuses.
    if (!isOpenSoon(coupon) && isOpenMeanwhile(coupon, window) && mayNarrow(door, change)) {
      refuse(
        'pause_first',
        'The change opens the coupon now, or within 5 seconds, and gives it a rule that may refuse members. Change the rule first, and then the opening. Nothing was changed.',
      );
    }
    if (after?.notIssued?.includes(couponId) === true) refuseNotExclusive(couponId, 'is the coupon itself');
    if (change.eligibility !== undefined || window.opensAtMs !== coupon.opensAtMs) {
      await this.#refuseUnlessExclusive(after?.notIssued ?? [], sellerId, window.opensAtMs);
    }
    if (window.closesAtMs !== coupon.closesAtMs) await this.#refuseOverlap(coupon, window.closesAtMs);
  }

  /** A process of the previous version would take a member's second unit for damage in the store. */
  async #refuseUnlessUpgraded(): Promise<void> {
    if (await this.#processes.allKnowUnits()) return;
    refuse(
      'upgrade_running',
      'Not every running server supports several units for each member yet, so perMember cannot be above 1. An upgrade is under way, or a server has just started or ended. Try again in 10 seconds. Nothing was changed.',
    );
  }

  #refuseUnverifiable(): void {
    if (this.#door.verifiesPresence) return;
    refuse(
      'presence_disabled',
      'No presence service is configured, so no coupon can require presence. The operator sets PRESENCE_SECRET or PRESENCE_JWKS_URL.',
    );
  }

  #refuseOneMore(presence: boolean): void {
    if (presence) this.#refuseUnverifiable();
    if (this.#door.rules.size < DOOR_RULES_MAX) return;
    const limit = `${DOOR_RULES_MAX} coupons require presence or have another rule, which is the limit.`;
    if (presence) refuse('presence_too_many', `${limit} Set presenceRequired to false for old coupons.`);
    refuse('rules_too_many', `${limit} Remove the rules of old coupons.`);
  }

  #refuseUnknownClaims({ claims = {} }: Eligibility): void {
    const { memberClaims } = this.#door;
    const unknown = Object.keys(claims).find((name) => !memberClaims.includes(name));
    if (unknown === undefined) return;
    const known = memberClaims.length === 0 ? 'none' : memberClaims.join(', ');
    refuse(
      'claim_unknown',
      `MEMBER_CLAIMS of this installation does not list the claim ${JSON.stringify(unknown)} (listed: ${known}). Ask the operator to add it.`,
      { claim: unknown },
    );
  }

  /** The holders of the other coupon must be known for good before this one opens. */
  async #refuseUnlessExclusive(
    notIssued: readonly CouponId[],
    sellerId: string,
    opensAtMs: number | undefined,
  ): Promise<void> {
    const fromMs = Math.max(this.#nowMs(), opensAtMs ?? 0);
    for (const couponId of notIssued) {
      const other = await this.#registry.find(couponId);
      if (other?.sellerId !== sellerId) refuseNotExclusive(couponId, 'is not one of your coupons');
      if (other.closed || endsBefore(other.closesAtMs, fromMs)) continue;
      refuseNotExclusive(
        couponId,
        `may still issue units: close it, or let its window end ${EXCLUSIVE_MARGIN_MS / 1_000} seconds before this coupon opens`,
      );
    }
  }

  /** A coupon whose holders another one excludes must not be open when that one is. */
  async #refuseOverlap({ couponId }: CouponView, closesAtMs: number | undefined): Promise<void> {
    for (const [excluding, { eligibility }] of this.#door.rules.entries()) {
      if (eligibility?.notIssued?.includes(couponId) !== true) continue;
      const view = await this.#registry.find(excluding);
      if (view === undefined || view.closed) continue;
      if (endsBefore(closesAtMs, Math.max(this.#nowMs(), view.opensAtMs ?? 0))) continue;
      refuse(
        'not_exclusive',
        `Coupon ${excluding} excludes holders of this coupon, so this coupon must close at least ${EXCLUSIVE_MARGIN_MS / 1_000} seconds before coupon ${excluding} opens. Nothing was changed.`,
        { couponId: excluding },
      );
    }
  }
}

function mayNarrow(before: DoorRule | undefined, { presence, perMember, eligibility }: DoorChange): boolean {
  const unitsNow = before?.perMember ?? 1;
  const units = perMember === undefined ? unitsNow : (perMember ?? 1);
  const demandsPresence = presence === true && before?.presence !== true;
  const limits = eligibility !== undefined && eligibility !== null;
  return (
    demandsPresence || units < unitsNow || (limits && !sameDoor(before, doorAfter(before, { eligibility })))
  );
}

function endsBefore(closesAtMs: number | undefined, instantMs: number): boolean {
  return closesAtMs !== undefined && closesAtMs + EXCLUSIVE_MARGIN_MS <= instantMs;
}

function refuseNotExclusive(couponId: CouponId, why: string): never {
  return refuse('not_exclusive', `Coupon ${couponId} in notIssued ${why}. Nothing was changed.`, {
    couponId,
  });
}
