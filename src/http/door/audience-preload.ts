/** Loads the lists of coupons that are open or open within an hour, before their first download. */
import type { AudienceStore } from '../../accounts/audiences.js';
import type { DoorRules } from '../../accounts/door-rules.js';
import type { MemberSets } from '../../accounts/member-sets.js';
import type { Clock, Scheduler } from '../../engine/domain/clock.js';
import type { CouponId } from '../../engine/domain/coupon.js';

const AHEAD_MS = 3_600_000;
const CHECK_EVERY_MS = 60_000;

export interface AudiencePreloadPorts {
  readonly rules: Pick<DoorRules, 'entries' | 'ruleOf'>;
  readonly audiences: Pick<AudienceStore, 'openBefore'>;
  readonly sets: Pick<MemberSets, 'want'>;
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

  /** Loads the lists of those coupons that need them soon. */
  check(couponIds: Iterable<CouponId>): void {
    const { rules, audiences, sets, clock } = this.#ports;
    const limited = [...couponIds].filter((id) => rules.ruleOf(id)?.eligibility?.audience === true);
    if (limited.length === 0) return;
    const nowMs = clock.nowMs();
    audiences.openBefore(limited, nowMs + AHEAD_MS, nowMs).then(
      (open) => {
        for (const couponId of open) sets.want(couponId);
      },
      // The first download loads the list as well, and the next check comes within a minute.
      (fault: unknown) => this.#ports.onFault(fault),
    );
  }
}
