/** Calls {@link Admission} with the arguments that most tests do not care about filled in. */
import { setTimeout as delay } from 'node:timers/promises';
import { chunksOf } from '../../domain/chunks.js';
import type {
  Admission,
  AdmitBatch,
  AdmitDecisions,
  AdmitFault,
  AdmitReply,
  AnswerBatch,
  WarmCoupon,
} from '../../ports/admission.js';
import type { TermsChange } from '../../ports/terms-change.js';
import type { CouponId, CouponSnapshot, HolderId, Issuance, MemberId } from '../../domain/coupon.js';
import { freshCouponId, holder } from './ids.js';

export interface AdmissionUnderTest {
  readonly admission: Admission;
  /** Called before each `warm`: a back end whose catalogue or ledger is the same database puts there what a warm presupposes. */
  readonly prepare?: (coupon: WarmCoupon, issued: readonly Issuance[]) => Promise<void>;
  close(): Promise<void>;
}

/** Far enough away that no test comes near it. */
export const FAR_FUTURE_MS = Date.UTC(2100, 0, 1);

/** How far ahead a window opens or closes in tests that wait for it. */
export const SOON_MS = 150;

export const POLL_MS = 5;

/** A warm with what is known beforehand. */
export function warmWith(
  admission: Admission,
  coupon: WarmCoupon,
  issued: AsyncIterable<readonly Issuance[]> = inChunks([]),
): Promise<'warmed' | 'present'> {
  return admission.warm(coupon.couponId, () => Promise.resolve({ coupon, issued }));
}

/** `issuances` in chunks of `size`, as {@link Admission.warm} takes them. */
export async function* inChunks(issuances: readonly Issuance[], size = 1_000): AsyncIterable<Issuance[]> {
  yield* chunksOf(issuances, size);
  await Promise.resolve();
}

/** A reply spelled out: one word for each member of the batch, of whom the last `askers` only ask. */
export function outcomes(reply: AdmitReply, memberCount: number, askers = 0): string[] {
  if (reply.status !== 'decided') return Array.from({ length: memberCount }, () => reply.status);
  const already = new Map(reply.already.map((entry) => [entry.index, entry.issueNo]));
  let given = 0;
  return Array.from({ length: memberCount }, (_, index) => {
    const issueNo = already.get(index);
    if (issueNo !== undefined) return `already ${issueNo}`;
    if (index >= memberCount - askers) return 'holds none';
    if (given < reply.issuedCount) return `issued ${reply.firstIssueNo + given++}`;
    return reply.refusal ?? 'undecided';
  });
}

/** All answers of a round, those that come after its end included. @throws when a batch is answered twice. */
export function askRound(
  admission: Admission,
  batches: readonly AdmitBatch[],
): Promise<(AdmitReply | AdmitFault)[]> {
  return new Promise((resolve, reject) => {
    const replies = new Map<number, AdmitReply | AdmitFault>();
    const answer: AnswerBatch = (place, reply) => {
      if (replies.has(place)) reject(new Error(`batch ${place} was answered twice`));
      replies.set(place, reply);
      if (replies.size < batches.length) return;
      resolve(batches.flatMap((_, index) => replies.get(index) ?? []));
    };
    admission.admitRound(batches, answer).catch(reject);
  });
}

/** The port with the arguments that most tests do not care about filled in. */
export class Driver {
  readonly admission: Admission;
  readonly #store: AdmissionUnderTest;

  constructor(store: AdmissionUnderTest) {
    this.#store = store;
    this.admission = store.admission;
  }

  /** Warms a coupon of 10 that is open, unless `terms` differ. */
  async coupon(terms: Partial<WarmCoupon> = {}, issued: readonly Issuance[] = []): Promise<CouponId> {
    const coupon = this.terms(terms);
    await this.warm(coupon, issued);
    return coupon.couponId;
  }

  terms(terms: Partial<WarmCoupon> = {}): WarmCoupon {
    return {
      couponId: freshCouponId(),
      quantity: 10,
      opensAtMs: undefined,
      closesAtMs: undefined,
      paused: false,
      closed: false,
      version: 1,
      epoch: 1,
      lastIssueNo: 0,
      ...terms,
    };
  }

  async warm(
    coupon: WarmCoupon,
    issued: readonly Issuance[] = [],
    chunk = 1_000,
  ): Promise<'warmed' | 'present'> {
    await this.#store.prepare?.(coupon, issued);
    return warmWith(this.admission, coupon, inChunks(issued, chunk));
  }

  admit(
    couponId: CouponId,
    holders: readonly HolderId[],
    more: { epoch?: number; notAfterMs?: number; askers?: number } = {},
  ) {
    return this.admission.admit({ couponId, epoch: 1, holders, notAfterMs: FAR_FUTURE_MS, ...more });
  }

  /** Admits members by name and spells the outcomes out. */
  async request(couponId: CouponId, ...names: readonly string[]): Promise<string[]> {
    return outcomes(await this.admit(couponId, names.map(holder)), names.length);
  }

  /** The same, of whom the last `askers` only ask. */
  async ask(couponId: CouponId, askers: number, ...names: readonly string[]): Promise<string[]> {
    return outcomes(await this.admit(couponId, names.map(holder), { askers }), names.length, askers);
  }

  batch(couponId: CouponId | undefined, holders: readonly HolderId[], more: Partial<AdmitBatch> = {}) {
    if (couponId === undefined) throw new Error('no coupon');
    return { couponId, epoch: 1, holders, notAfterMs: FAR_FUTURE_MS, ...more };
  }

  /** A round of coupons with members by name, spelled out. */
  async requestRound(...asked: readonly [CouponId, ...string[]][]): Promise<string[][]> {
    const batches = asked.map(([couponId, ...names]) => this.batch(couponId, names.map(holder)));
    const replies = await askRound(this.admission, batches);
    return replies.map((reply, place) => {
      if (reply.status === 'fault') throw new Error('a fault', { cause: reply.fault });
      return outcomes(reply, batches[place]?.holders.length ?? 0);
    });
  }

  async decided(couponId: CouponId, holders: readonly MemberId[]): Promise<AdmitDecisions> {
    const reply = await this.admit(couponId, holders);
    if (reply.status !== 'decided') throw new Error(`not decided but ${reply.status}`);
    return reply;
  }

  async amend(couponId: CouponId, change: TermsChange): Promise<CouponSnapshot & { status: string }> {
    const reply = await this.admission.amend(couponId, change);
    if (reply.status === 'not_ready') throw new Error('not ready');
    return { ...reply.snapshot, status: reply.status };
  }

  async snapshot(couponId: CouponId | undefined): Promise<CouponSnapshot> {
    if (couponId === undefined) throw new Error('no coupon');
    const [snapshot] = await this.admission.snapshots([couponId]);
    if (snapshot === undefined) throw new Error('not ready');
    return snapshot;
  }

  /** The store's own clock, which a test must use to place a window. */
  async storeNowMs(): Promise<number> {
    return (await this.snapshot(await this.coupon())).storeNowMs;
  }

  async untilStoreHasReached(couponId: CouponId, instantMs: number): Promise<void> {
    while ((await this.snapshot(couponId)).storeNowMs < instantMs) await delay(POLL_MS);
  }
}
