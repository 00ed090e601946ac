/** Defines what an actor needs from around it; the engine provides it. */
import type { Admission, AdmitBatch, AdmitReply } from '../ports/admission.js';
import type { Clock } from '../domain/clock.js';
import type { CouponId } from '../domain/coupon.js';
import type { EngineCounters } from '../domain/counters.js';
import type { RecorderBell } from '../ports/issuance-queue.js';
import type { NewsReception } from '../ports/versions.js';
import type { LoadedCoupon } from './coupon-loader.js';

export interface CouponActorLimits {
  readonly batchMax: number;
  readonly mailboxMax: number;
  readonly admitDeadlineMs: number;
}

/** What a shard knows of an actor: the actor forms the question and takes the answer. */
export interface AskingActor {
  readonly couponId: CouponId;
  prepare(nowMs: number, room: number): AdmitBatch | undefined;
  awaits(batch: AdmitBatch): boolean;
  decided(reply: AdmitReply, sentAtMs: number): void;
  failed(fault: unknown): void;
  notSent(): void;
  isMarkDue(nowMs: number, everyMs?: number): boolean;
  marked(sentAtMs: number, epoch: number): void;
}

export interface CouponActorContext {
  readonly admission: Admission;
  /** Absent where the decision is its own record (embedded back end). */
  readonly bell: RecorderBell | undefined;
  readonly clock: Clock;
  readonly limits: CouponActorLimits;
  readonly counters: EngineCounters;
  readonly reception: Readonly<NewsReception>;
  load(couponId: CouponId, seenIssueNo: number): Promise<LoadedCoupon | undefined>;
  /** Into the line of the actor's shard, which calls `prepare` when its turn comes; later, when the store needs a pause first. */
  enterLine(actor: AskingActor): void;
  enterLineLater(actor: AskingActor): void;
  /** How many winners may be held for sealed answers at the moment. */
  winnersAllowance(): number;
  winnersHeld(change: number): void;
  pause(ms: number): Promise<void>;
  onUnknownCoupon(couponId: CouponId): void;
  readonly onFault: (fault: unknown, couponId: CouponId) => void;
}
