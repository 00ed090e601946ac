/**
 * Runs random histories of one coupon on every back end and on the model alike: every answer must be the same. Some histories end with the
 * loss of one key in Redis, after which nothing may be decided.
 *
 * A failure prints the shortest history found with its seed and path; `SEED=… REPLAY_PATH=… npx tap <this file>` repeats it. `RUNS=10000`
 * makes it long.
 */
import { isDeepStrictEqual } from 'node:util';
import fc from 'fast-check';
import t from 'tap';
import type { Admission, AdmitBatch, AdmitReply } from '../src/engine/ports/admission.js';
import type { CouponId, HolderId, Issuance } from '../src/engine/domain/coupon.js';
import type { IssuanceQueue } from '../src/engine/ports/issuance-queue.js';
import {
  askRound,
  freshCouponId,
  holder,
  inChunks,
  member,
  outcomes,
  warmWith,
} from '../src/engine/testing/contracts/admission-contract.js';
import { AdmissionModel } from '../src/engine/testing/contracts/admission-model.js';
import { claimedKey, claimsKey, metaKey, queueKey, winnersKey } from '../src/persist/redis/keys.js';
import { openRedisBackEnd, type RedisBackEnd } from '../src/persist/redis/redis-back-end.js';
import { openEmbedded } from '../src/persist/sqlite/open-embedded.js';
import { redisClient, startRedis } from './servers/redis.js';
import { issuancesOf, oneByOne } from '../src/engine/testing/contracts/one-by-one.js';

const RUNS = Number(process.env.RUNS ?? 200);
const COMMANDS_MAX = 30;
const CALL_DEADLINE_MS = 10_000;
/** Instants that no clock of a test machine passes while it runs, so that time need not be compared. */
const PAST_MS = Date.UTC(2001, 0, 1);
const FUTURE_MS = Date.UTC(2100, 0, 1);

interface BackEnd {
  readonly name: string;
  readonly admission: Admission;
  readonly queue?: IssuanceQueue;
}

/** Units of a member are holders as members are. */
const holders = fc.constantFrom('a', 'a~2', 'a~10', 'b', 'b~2', 'c', '__proto__', '10').map(holder);
const bound = fc.constantFrom(PAST_MS, PAST_MS + 1, FUTURE_MS, FUTURE_MS + 1);
const quantity = fc.integer({ min: 0, max: 7 });
const epoch = fc.constantFrom(1, 1, 1, 1, 1, 2);

const command = fc.oneof(
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
type Command = typeof command extends fc.Arbitrary<infer C> ? C : never;

/**
 * Carries commands out on one back end and returns its answers with instants replaced by what they must be equal to.
 */
class Contender {
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
        const told = outcomes(reply, command.holders.length, askers);
        if (reply.status !== 'decided') return [told, reply.status];
        for (const [index, word] of told.entries()) {
          const issueNo = word.startsWith('issued') ? Number(word.slice('issued '.length)) : undefined;
          if (issueNo === undefined) continue;
          this.#issuedAtMs.set(issueNo, reply.storeNowMs);
          this.unrecorded.set(issueNo, command.holders[index] ?? '');
        }
        return [
          told,
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
    const told = beside === undefined || beside.status === 'fault' ? [] : outcomes(beside, 3);
    if (!isDeepStrictEqual(told, rightful)) throw new Error(`the coupon beside: ${told.join()}`);
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
const plain = (answer: unknown): unknown => JSON.parse(JSON.stringify(answer ?? null));

async function queued(queue: IssuanceQueue, couponId: CouponId): Promise<[number, string][]> {
  const claim = await oneByOne(queue).claim(couponId, 'the-only-one', 3_000, 60_000);
  return issuancesOf(claim).map(({ issueNo, holder }) => [issueNo, holder]);
}

/** Whatever the history was, and whichever key was lost. @throws Error naming what was decided all the same. */
async function nothingIsDecided(
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

t.test('every back end answers every history as the model does', async (t) => {
  const server = await startRedis();
  t.teardown(() => server.stop());
  const redis = await openRedisBackEnd({
    redisUrls: [server.url],
    callDeadlineMs: CALL_DEADLINE_MS,
    durability: 'fsync',
    replicaAcks: 1,
  });
  t.teardown(() => {
    redis.close();
  });
  const client = redisClient(server);
  t.teardown(() => client.disconnect());
  const embedded = await openEmbedded({ dataDir: t.testdir(), as: 'server' });
  t.teardown(() => embedded.close());
  const backEnds: BackEnd[] = [
    { name: 'redis', admission: redis.admission, queue: redis.queue },
    { name: 'embedded', admission: embedded.admission },
  ];

  let commands = 0;
  await fc.assert(
    fc.asyncProperty(
      fc.array(command, { minLength: 1, maxLength: COMMANDS_MAX, size: 'max' }),
      quantity,
      fc.option(fc.constantFrom(metaKey, winnersKey, queueKey, claimsKey, claimedKey), { freq: 3 }),
      async (history, stock, lost) => {
        const lostKey = lost ?? undefined;
        const start: Command = {
          does: 'warm',
          quantity: stock,
          epoch: 1,
          paused: false,
          closed: false,
          holders: [],
          skipped: 0,
        };
        const told: Command[] = history[0]?.does === 'warm' ? history : [start, ...history];
        const couponId = freshCouponId();
        const model = new Contender(new AdmissionModel(() => Date.now()), couponId);
        const contenders = backEnds.map((backEnd) => ({
          ...backEnd,
          contender: new Contender(backEnd.admission, couponId),
        }));
        for (const [index, step] of told.entries()) {
          const rightful = plain(await model.answer(step));
          commands++;
          for (const { name, contender } of contenders) {
            const given = plain(await contender.answer(step));
            if (!isDeepStrictEqual(given, rightful)) {
              throw new Error(
                `step ${index}, ${JSON.stringify(step)}\n  model ${JSON.stringify(rightful)}\n  ${name} ${JSON.stringify(given)}`,
              );
            }
          }
        }
        if (lostKey !== undefined) {
          await client.del(lostKey(couponId));
          await nothingIsDecided(redis, couponId, lostKey);
          return;
        }
        for (const { name, queue } of backEnds) {
          const waiting = queue === undefined ? undefined : JSON.stringify(await queued(queue, couponId));
          const rightful = JSON.stringify([...model.unrecorded]);
          if (waiting !== undefined && waiting !== rightful)
            throw new Error(`queue of ${name} ${waiting}, not ${rightful}`);
        }
      },
    ),
    {
      numRuns: RUNS,
      includeErrorInReport: true,
      ...(process.env.SEED === undefined ? {} : { seed: Number(process.env.SEED) }),
      ...(process.env.REPLAY_PATH === undefined ? {} : { path: process.env.REPLAY_PATH }),
    },
  );
  t.pass(`${RUNS} histories, ${commands} commands`);
});
