/** Draws commands about one coupon, and carries them out on a back end or on the model. */
import { isDeepStrictEqual } from 'node:util';
import fc from 'fast-check';
import type { Admission, AdmitBatch, AdmitReply } from '../src/engine/ports/admission.js';
import type { CouponId, HolderId, Issuance } from '../src/engine/domain/coupon.js';
import type { IssuanceQueue } from '../src/engine/ports/issuance-queue.js';
import { askRound, inChunks, outcomes, warmWith } from '../src/engine/testing/contracts/admission-driver.js';
import { freshCouponId, holder, member } from '../src/engine/testing/contracts/ids.js';
import { claimedKey, metaKey, queueKey, winnersKey } from '../src/persist/redis/keys.js';
import { type RedisBackEnd } from '../src/persist/redis/redis-back-end.js';
import { issuancesOf, oneByOne } from '../src/engine/testing/contracts/one-by-one.js';

export const CALL_DEADLINE_MS = 10_000;
/** Instants that no clock of a test machine passes while it runs, so that time need not be compared. */
const PAST_MS = Date.UTC(2001, 0, 1);
const FUTURE_MS = Date.UTC(2100, 0, 1);

export interface BackEnd {
  readonly name: string;
  readonly admission: Admission;
  readonly queue?: IssuanceQueue;
}

/** Units of a member are holders as members are. */
export const holders = fc.constantFrom('a', 'a~2', 'a~10', 'b', 'b~2', 'c', '__proto__', '10').map(holder);
const bound = fc.constantFrom(PAST_MS, PAST_MS + 1, FUTURE_MS, FUTURE_MS + 1);
export const quantity = fc.integer({ min: 0, max: 7 });
export const epoch = fc.constantFrom(1, 1, 1, 1, 1, 2);

export const command = fc.oneof(
  {
    weight: 5,
    arbitrary: fc.record({
      does: fc.constant('admit' as const),
      holders: fc.array(holders, { minLength: 1, maxLength: 10 }),
      epoch,
      notAfterMs: fc.constantFrom(FUTURE_MS, FUTURE_MS, FUTURE_MS, PAST_MS),
      asking: fc.constantFrom(0, 0, 1, 3, 10),
      inCompany: fc.boolean(),
    }),
  },
  {
    weight: 3,
    arbitrary: fc.record({
      does: fc.constant('amend' as const),
      change: fc.record(
        {
          quantity,
          opensAtMs: fc.option(bound),
          closesAtMs: fc.option(bound),
          paused: fc.boolean(),
          closed: fc.constant(true as const),
        },
        { requiredKeys: [] },
      ),
    }),
  },
  {
    weight: 2,
    arbitrary: fc.record({
      does: fc.constant('revoke' as const),
      issueNo: fc.integer({ min: 1, max: 12 }),
      holder: holders,
    }),
  },
  { weight: 2, arbitrary: fc.record({ does: fc.constant('revokeHeld' as const), holder: holders }) },
  {
    weight: 2,
    arbitrary: fc.record({
      does: fc.constant('revokeMany' as const),
      guesses: fc.array(fc.record({ issueNo: fc.integer({ min: 1, max: 12 }), holder: holders }), {
        maxLength: 4,
      }),
      holders: fc.array(holders, { maxLength: 4 }),
    }),
  },
  {
    weight: 1,
    arbitrary: fc.record({
      does: fc.constant('warm' as const),
      quantity,
      epoch,
      paused: fc.boolean(),
      closed: fc.boolean(),
      holders: fc.uniqueArray(holders, { maxLength: 3 }),
      skipped: fc.integer({ min: 0, max: 3 }),
    }),
  },
  {
    weight: 2,
    arbitrary: fc.record({
      does: fc.constant('look' as const),
      holder: holders,
      version: fc.integer({ min: 1, max: 8 }),
      limit: fc.integer({ min: 0, max: 7 }),
    }),
  },
);
export type Command = typeof command extends fc.Arbitrary<infer C> ? C : never;

/**
 * Carries commands out on one back end and returns its answers with instants replaced by what they must be equal to.
 */
export class Contender {
  readonly #admission: Admission;
  readonly #couponId: CouponId;
  /** Another coupon that is asked about in the same rounds. */
  #companion: CouponId | undefined;
  #companionAsked = false;
  /** When each number was issued, by the answer that issued it. */
  readonly #issuedAtMs = new Map<number, number>();
  /** What waits to be recorded: issued and not revoked, with its holder. */
  readonly unrecorded = new Map<number, string>();

  constructor(admission: Admission, couponId: CouponId) {
    this.#admission = admission;
    this.#couponId = couponId;
  }

  async answer(command: Command): Promise<unknown> {
    const admission = this.#admission;
    const couponId = this.#couponId;
    switch (command.does) {
      case 'admit': {
        // Alone and in company alike: beside a coupon that is not there, and one that always has stock.
        const askers = Math.min(command.asking, command.holders.length);
        const alone = { ...command, couponId, askers };
        const reply = command.inCompany ? await this.#inCompany(alone) : await admission.admit(alone);
        const answered = outcomes(reply, command.holders.length, askers);
        if (reply.status !== 'decided') return [answered, reply.status];
        for (const [index, word] of answered.entries()) {
          const issueNo = word.startsWith('issued') ? Number(word.slice('issued '.length)) : undefined;
          if (issueNo === undefined) continue;
          this.#issuedAtMs.set(issueNo, reply.storeNowMs);
          this.unrecorded.set(issueNo, command.holders[index] ?? '');
        }
        return [
          answered,
          {
            ...reply,
            storeNowMs: 'now',
            version: reply.refusal && reply.version,
            already: reply.already.map((entry) => this.#timeless(entry)),
          },
        ];
      }
      case 'amend':
        return this.#withoutNow(await admission.amend(couponId, command.change));
      case 'revoke':
        return this.#revoke(command.issueNo, command.holder);
      case 'revokeHeld': {
        const held = await admission.issuanceOf(couponId, command.holder);
        if (held === undefined || held === 'not_ready') return held;
        return this.#revoke(held.issueNo, command.holder);
      }
      case 'revokeMany': {
        const held = await Promise.all(command.holders.map((one) => admission.issuanceOf(couponId, one)));
        const live = held.flatMap((issuance) => (typeof issuance === 'object' ? [issuance] : []));
        const issuances = [...command.guesses, ...live];
        const reply = await admission.revokeMany(couponId, issuances);
        if (reply.status === 'revoked' && reply.count > 0) {
          for (const { issueNo, holder } of issuances)
            if (this.unrecorded.get(issueNo) === holder) this.unrecorded.delete(issueNo);
        }
        return this.#withoutNow(reply);
      }
      case 'warm': {
        const issued = command.holders.map((holder, index): Issuance => {
          return { holder, issueNo: index * 2 + 1, issuedAtMs: PAST_MS + index };
        });
        const lastIssueNo = issued.length * 2 + command.skipped;
        const window = { opensAtMs: undefined, closesAtMs: undefined };
        const { quantity, epoch, paused, closed } = command;
        const terms = { couponId, quantity, epoch, paused, closed, ...window, version: 1, lastIssueNo };
        const reply = await warmWith(admission, terms, inChunks(issued, 2));
        if (reply === 'warmed')
          for (const { issueNo, issuedAtMs } of issued) this.#issuedAtMs.set(issueNo, issuedAtMs);
        return reply;
      }
      case 'look': {
        const [snapshot] = await admission.snapshots([couponId]);
        const view = await admission.winners(couponId, command.version, command.limit);
        const held = await admission.issuanceOf(couponId, command.holder);
        const seen = view?.get(command.holder);
        return [
          this.#withoutNow({ snapshot }),
          view?.size,
          seen && this.#timeless(seen),
          typeof held === 'object' ? this.#timeless(held) : held,
        ];
      }
    }
  }

  async #inCompany(batch: AdmitBatch): Promise<AdmitReply> {
    const { epoch, notAfterMs } = { epoch: 1, notAfterMs: FUTURE_MS };
    const company = { epoch, notAfterMs, holders: [member('a'), member('b'), member('a')] };
    this.#companion ??= await this.#warmCompanion();
    const absent = freshCouponId();
    const [missing, reply, beside] = await askRound(this.#admission, [
      { ...company, couponId: absent },
      batch,
      { ...company, couponId: this.#companion },
    ]);
    if (reply === undefined || reply.status === 'fault') throw new Error('a fault', { cause: reply?.fault });
    if (missing?.status !== 'not_ready') throw new Error(`an absent coupon was ${missing?.status}`);
    const rightful = this.#companionAsked
      ? ['already 1', 'already 2', 'already 1']
      : ['issued 1', 'issued 2', 'already 1'];
    const answered = beside === undefined || beside.status === 'fault' ? [] : outcomes(beside, 3);
    if (!isDeepStrictEqual(answered, rightful)) throw new Error(`the coupon beside: ${answered.join()}`);
    this.#companionAsked = true;
    return reply;
  }

  async #warmCompanion(): Promise<CouponId> {
    const couponId = freshCouponId();
    const terms = { quantity: 2, opensAtMs: undefined, closesAtMs: undefined, paused: false, closed: false };
    await warmWith(this.#admission, { couponId, ...terms, epoch: 1, version: 1, lastIssueNo: 0 });
    return couponId;
  }

  async #revoke(issueNo: number, holder: HolderId): Promise<unknown> {
    const reply = await this.#admission.revoke(this.#couponId, issueNo, holder);
    if (reply.status === 'revoked') this.unrecorded.delete(issueNo);
    return this.#withoutNow(reply);
  }

  #timeless<T extends { readonly issueNo: number; readonly issuedAtMs: number }>(issuance: T) {
    const rightful = this.#issuedAtMs.get(issuance.issueNo);
    return {
      ...issuance,
      issuedAtMs: issuance.issuedAtMs === rightful ? 'when it was issued' : issuance.issuedAtMs,
    };
  }

  #withoutNow(reply: object): unknown {
    const { snapshot, ...fields } = reply as { snapshot?: Record<string, unknown> };
    return { ...fields, snapshot: snapshot && { ...snapshot, storeNowMs: 'now', couponId: 'ours' } };
  }
}

/** Without fields that are undefined: absent and undefined mean the same to a reader. */
export const plain = (answer: unknown): unknown => JSON.parse(JSON.stringify(answer ?? null));

export async function queued(queue: IssuanceQueue, couponId: CouponId): Promise<[number, string][]> {
  const claim = await oneByOne(queue).claim(couponId, 'the-only-one', 3_000, 60_000);
  return issuancesOf(claim).map(({ issueNo, holder }) => [issueNo, holder]);
}

/** Whatever the history was, and whichever key was lost. @throws Error naming what was decided all the same. */
export async function nothingIsDecided(
  { admission, queue, recovery }: RedisBackEnd,
  couponId: CouponId,
  lostKey: (couponId: CouponId) => string,
): Promise<void> {
  const batch = { couponId, epoch: 1, holders: ['a', 'fresh'].map(member), notAfterMs: FUTURE_MS };
  const admitKeys = [metaKey, winnersKey, queueKey];
  const found = {
    admit: admitKeys.includes(lostKey) ? (await admission.admit(batch)).status : 'not_ready',
    amend: admitKeys.slice(0, 2).includes(lostKey)
      ? (await admission.amend(couponId, { quantity: 9 })).status
      : 'not_ready',
    revoke: admitKeys.includes(lostKey)
      ? (await admission.revoke(couponId, 1, member('a'))).status
      : 'not_ready',
    revokeMany: admitKeys.includes(lostKey)
      ? (await admission.revokeMany(couponId, [{ issueNo: 1, holder: holder('a') }])).status
      : 'not_ready',
    claim:
      lostKey === winnersKey ? 'not_ready' : await oneByOne(queue).claim(couponId, 'of-the-loss', 10, 60_000),
    snapshot: (await admission.snapshots([couponId]))[0] ?? 'not_ready',
    depth: [winnersKey, claimedKey].includes(lostKey)
      ? 'not_ready'
      : ((await queue.depths([couponId]))[0] ?? 'not_ready'),
  };
  // A history may have left the coupon under another epoch, which is refused before its keys are compared.
  if (found.admit === 'stale_epoch') found.admit = 'not_ready';
  const inspection = await recovery.inspect(couponId, 0);
  const status = inspection === 'absent' ? inspection : inspection.status;
  const wanted = Object.values(found).every((one) => one === 'not_ready') && status !== 'serving';
  if (!wanted) throw new Error(`decided without ${lostKey(couponId)}: ${status}, ${JSON.stringify(found)}`);
}
