/** Loads what coupons that are open, or open within an hour, judge members by, before their first download. */
import type { AudienceStore } from '../../accounts/audiences.js';
import type { DoorRules } from '../../accounts/door-rules.js';
import type { MemberSets } from '../../accounts/member-sets.js';
import type { Clock, Scheduler } from '../../engine/domain/clock.js';
import type { CouponId } from '../../engine/domain/coupon.js';
import type { DoorRule } from '../../engine/domain/door-rule.js';

const AHEAD_MS = 3_600_000;
const CHECK_EVERY_MS = 60_000;

export interface AudiencePreloadPorts {
  readonly rules: Pick<DoorRules, 'entries' | 'ruleOf'>;
  readonly audiences: Pick<AudienceStore, 'openBefore'>;
  readonly sets: Pick<MemberSets, 'want'>;
  /** Sets of holders that are excluded. */
  readonly holders: Pick<MemberSets, 'want'>;
  readonly clock: Pick<Clock, 'nowMs'>;
  readonly scheduler: Pick<Scheduler, 'every'>;
  onFault(fault: unknown): void;
}

export class AudiencePreload {
  readonly #ports: AudiencePreloadPorts;
  readonly #stop: () => void;

  constructor(ports: AudiencePreloadPorts) {
    this.#ports = ports;
    this.#stop = ports.scheduler.every(CHECK_EVERY_MS, () => {
      this.check([...ports.rules.entries()].map(([couponId]) => couponId));
    });
  }

  stop(): void {
    this.#stop();
  }

  /** Loads the lists and the holders that these coupons need soon. */
  check(couponIds: Iterable<CouponId>): void {
    const { rules, audiences, sets, holders, clock } = this.#ports;
    const limited = [...couponIds].filter((id) => needsMembers(rules.ruleOf(id)));
    if (limited.length === 0) return;
    const nowMs = clock.nowMs();
    audiences.openBefore(limited, nowMs + AHEAD_MS, nowMs).then(
      (open) => {
        for (const couponId of open) {
          const { audience, notIssued = [] } = rules.ruleOf(couponId)?.eligibility ?? {};
          if (audience === true) sets.want(couponId);
          for (const other of notIssued) holders.want(other);
        }
      },
      // The first download loads the list as well, and the next check comes within a minute.
      (fault: unknown) => this.#ports.onFault(fault),
    );
  }
}

function needsMembers(rule: DoorRule | undefined): boolean {
  return rule?.eligibility?.audience === true || (rule?.eligibility?.notIssued ?? []).length > 0;
}
