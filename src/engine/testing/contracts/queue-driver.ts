/** Calls {@link IssuanceQueue} for one coupon and for rounds of them. */
import { randomUUID } from 'node:crypto';
import { setTimeout as delay } from 'node:timers/promises';
import type { Admission } from '../../ports/admission.js';
import type { CouponId, HolderId, Issuance } from '../../domain/coupon.js';
import type { Claim, ClaimReply, IssuanceQueue, QueueFault } from '../../ports/issuance-queue.js';
import { freshCouponId } from './ids.js';
import { warmWith } from './admission-driver.js';
import { type OneByOne, oneByOne } from './one-by-one.js';

export interface IssuanceQueueUnderTest {
  readonly admission: Admission;
  readonly queue: IssuanceQueue;
  close(): Promise<void>;
}

export const LEASE_MS = 60_000;

/** A lease that is over before a test reads again. */
const SHORT_LEASE_MS = 1;

const POLL_MS = 5;

const FAR_FUTURE_MS = Date.UTC(2100, 0, 1);

export class Driver {
  readonly admission: Admission;
  readonly queue: IssuanceQueue;

  constructor(store: IssuanceQueueUnderTest) {
    this.admission = store.admission;
    this.queue = store.queue;
  }

  /** A warmed coupon with `memberIds` admitted. */
  async couponWith(
    ...memberIds: readonly HolderId[]
  ): Promise<{ couponId: CouponId; issuances: Issuance[] }> {
    return this.couponAt(freshCouponId(), ...memberIds);
  }

  async couponAt(
    couponId: CouponId,
    ...memberIds: readonly HolderId[]
  ): Promise<{ couponId: CouponId; issuances: Issuance[] }> {
    const terms = {
      quantity: 10_000,
      opensAtMs: undefined,
      closesAtMs: undefined,
      paused: false,
      closed: false,
    };
    await warmWith(this.admission, { couponId, ...terms, version: 1, epoch: 1, lastIssueNo: 0 });
    return { couponId, issuances: memberIds.length === 0 ? [] : await this.admit(couponId, ...memberIds) };
  }

  async admit(couponId: CouponId, ...memberIds: readonly HolderId[]): Promise<Issuance[]> {
    const reply = await this.admission.admit({
      couponId,
      epoch: 1,
      holders: memberIds,
      notAfterMs: FAR_FUTURE_MS,
    });
    if (reply.status !== 'decided' || reply.issuedCount !== memberIds.length)
      throw new Error('not all issued');
    return memberIds.map((holder, index) => ({
      holder,
      issueNo: reply.firstIssueNo + index,
      issuedAtMs: reply.storeNowMs,
    }));
  }

  claim(couponId: CouponId, limit = 100, leaseMs = LEASE_MS): ReturnType<OneByOne['claim']> {
    return oneByOne(this.queue).claim(couponId, randomUUID(), limit, leaseMs);
  }

  async claimed(couponId: CouponId, limit = 100, leaseMs = LEASE_MS): Promise<Claim> {
    const claim = await this.claim(couponId, limit, leaseMs);
    if (typeof claim !== 'object') throw new Error('nothing to claim');
    return claim;
  }

  claimRound(couponIds: readonly CouponId[], limit: number): Promise<ClaimReply[]> {
    const round = { couponIds, token: randomUUID(), limit, leaseMs: LEASE_MS };
    return gathered((answer) => this.queue.claimRound(round, answer));
  }

  ackRound(claims: readonly Claim[]): Promise<(boolean | QueueFault)[]> {
    return gathered((answer) => this.queue.ackRound(claims, answer));
  }

  releaseRound(claims: readonly Claim[]): Promise<(boolean | QueueFault)[]> {
    return gathered((answer) => this.queue.releaseRound(claims, answer));
  }

  async depth(couponId: CouponId): Promise<[queued: number, claimed: number]> {
    const [depth] = await this.queue.depths([couponId]);
    return [depth?.queued ?? NaN, depth?.claimed ?? NaN];
  }

  /** A claim whose lease is over by the store's clock. */
  async lapsedClaim(couponId: CouponId, limit = 100): Promise<Claim> {
    const claim = await this.claimed(couponId, limit, SHORT_LEASE_MS);
    const [before] = await this.admission.snapshots([couponId]);
    for (;;) {
      const [now] = await this.admission.snapshots([couponId]);
      if ((now?.storeNowMs ?? 0) > (before?.storeNowMs ?? 0) + SHORT_LEASE_MS) return claim;
      await delay(POLL_MS);
    }
  }
}

async function gathered<Reply>(
  ask: (answer: (place: number, reply: Reply) => void) => Promise<void>,
): Promise<Reply[]> {
  const replies: Reply[] = [];
  await ask((place, reply) => void (replies[place] = reply));
  return replies;
}

export function claimsOf(replies: readonly ClaimReply[]): Claim[] {
  return replies.flatMap((reply) => (typeof reply === 'object' && 'token' in reply ? [reply] : []));
}
