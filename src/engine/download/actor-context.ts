/** Defines what an actor needs from around it; the engine provides it. */
import type { Admission } from '../ports/admission.js';
import type { Clock } from '../domain/clock.js';
import type { CouponId } from '../domain/coupon.js';
import type { EngineCounters } from '../domain/counters.js';
import type { RecorderBell } from '../ports/issuance-queue.js';
import type { CouponActor } from './coupon-actor.js';
import type { LoadedCoupon } from './coupon-loader.js';

export interface CouponActorLimits {
  readonly batchMax: number;
  readonly mailboxMax: number;
  readonly admitDeadlineMs: number;
}

export interface CouponActorContext {
  readonly admission: Admission;
  /** Absent where the decision is its own record (embedded back end). */
  readonly bell: RecorderBell | undefined;
  readonly clock: Clock;
  readonly limits: CouponActorLimits;
  readonly counters: EngineCounters;
  load(couponId: CouponId, seenIssueNo: number): Promise<LoadedCoupon | undefined>;
  /** Into the line of the actor's shard, which calls `prepare` when its turn comes; later, when the store needs a pause first. */
  enterLine(actor: CouponActor): void;
  enterLineLater(actor: CouponActor): void;
  /** How many winners may be held for sealed answers at the moment. */
  winnersAllowance(): number;
  winnersHeld(change: number): void;
  pause(ms: number): Promise<void>;
  onUnknownCoupon(couponId: CouponId): void;
  readonly onFault: (fault: unknown, couponId: CouponId) => void;
}
