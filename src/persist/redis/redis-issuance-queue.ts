/** Implements {@link IssuanceQueue} over Redis: each step is one script in `lua/`, over many coupons. */
import { chunksOf } from '../../engine/domain/chunks.js';
import type { CouponId } from '../../engine/domain/coupon.js';
import type {
  AnswerClaim,
  AnswerEnding,
  BacklogAge,
  ClaimName,
  ClaimReply,
  ClaimRound,
  IssuanceQueue,
  QueueDepth,
  QueueFault,
} from '../../engine/ports/issuance-queue.js';
import { answerInCalls, askInCalls, callsOf, type RoundCall } from './answer-in-calls.js';
import { claimedKey, claimsKey, couponKeys, metaKey, queueKey } from './keys.js';
import type { RedisCalls } from './redis-calls.js';
import type { RedisNodes } from './redis-nodes.js';
import { corrupt, integer, isOfAnotherType, list, parseBacklog, parseClaimed, text } from './replies.js';

/** Coupons of one script call, which nothing interrupts: 256 coupons keep every other command waiting for some 3 ms. */
const COUPONS_PER_CALL = 256;
/** Where a round is several calls, as in a Cluster, each may have at least this many rows of the limit. */
const ROWS_PER_CALL_MIN = 50;
const CALL_AGES_MAX = 100;

/**
 * None of these waits for replicas: a claim, an ack or a release that a failover loses leads to the same issuances
 * being recorded again, and the ledger takes a replay.
 */
export class RedisIssuanceQueue implements IssuanceQueue, BacklogAge {
  readonly #calls: RedisCalls;
  readonly #nodes: Pick<RedisNodes, 'isCluster' | 'shardOf'>;

  constructor(calls: RedisCalls, nodes: Pick<RedisNodes, 'isCluster' | 'shardOf'>) {
    this.#calls = calls;
    this.#nodes = nodes;
  }

  shardOf(couponId: CouponId): number {
    return this.#nodes.shardOf(metaKey(couponId));
  }

  async claimRound({ couponIds, token, limit, leaseMs }: ClaimRound, answer: AnswerClaim): Promise<void> {
    const calls = this.#callsOf(couponIds, (couponId) => couponId);
    const rows = Math.min(limit, Math.max(ROWS_PER_CALL_MIN, Math.ceil(limit / calls.length)));
    const claim = async (some: readonly CouponId[], onRepeat: () => void): Promise<ClaimReply[]> => {
      const keys = some.flatMap((id) => [queueKey(id), claimsKey(id), claimedKey(id), metaKey(id)]);
      const args = [token, rows, leaseMs];
      const [now, ...elements] = list(await this.#calls.run('claim', keys, args, false, onRepeat));
      const storeNowMs = integer(now);
      return some.map((couponId, place) => parseClaim(elements[place], { couponId, token, storeNowMs }));
    };
    await answerInCalls(calls, claim, answer);
  }

  ackRound(claims: readonly ClaimName[], answer: AnswerEnding): Promise<void> {
    const keysOf = ({ couponId }: ClaimName): string[] => [claimsKey(couponId), claimedKey(couponId)];
    return this.#endRound('ack', claims, keysOf, answer);
  }

  releaseRound(claims: readonly ClaimName[], answer: AnswerEnding): Promise<void> {
    const keysOf = ({ couponId }: ClaimName): string[] => {
      const [meta = '', ...others] = couponKeys(couponId);
      return [...others, meta];
    };
    return this.#endRound('release', claims, keysOf, answer);
  }

  #endRound(
    script: 'ack' | 'release',
    claims: readonly ClaimName[],
    keysOf: (claim: ClaimName) => string[],
    answer: AnswerEnding,
  ): Promise<void> {
    const end = async (
      some: readonly ClaimName[],
      onRepeat: () => void,
    ): Promise<(boolean | QueueFault)[]> => {
      const tokens = some.map(({ token }) => token);
      const elements = list(await this.#calls.run(script, some.flatMap(keysOf), tokens, false, onRepeat));
      return some.map((_, place) =>
        readElement(() => !isOfAnotherType(elements[place]) && integer(elements[place]) === 1),
      );
    };
    return answerInCalls(
      this.#callsOf(claims, ({ couponId }) => couponId),
      end,
      answer,
    );
  }

  /** On a single Redis a few calls, in a Cluster one for each bucket. */
  #callsOf<Question>(
    round: readonly Question[],
    couponIdOf: (question: Question) => CouponId,
  ): RoundCall<Question>[] {
    return callsOf(round, couponIdOf, { coupons: COUPONS_PER_CALL }, this.#nodes.isCluster);
  }

  /** @throws the fault of any of them. */
  async depths(couponIds: readonly CouponId[]): Promise<(QueueDepth | undefined)[]> {
    const depths: (QueueDepth | undefined)[] = [];
    for (const some of chunksOf(couponIds, COUPONS_PER_CALL)) {
      const calls = this.#callsOf(some, (couponId) => couponId);
      depths.push(...(await askInCalls(calls, (ids) => this.#depthsInOneCall(ids))));
    }
    return depths;
  }

  async #depthsInOneCall(couponIds: readonly CouponId[]): Promise<(QueueDepth | undefined)[]> {
    const keys = couponIds.flatMap((id) => [queueKey(id), claimsKey(id), metaKey(id), claimedKey(id)]);
    const elements = list(await this.#calls.run('depth', keys, []));
    return couponIds.map((_, place) => {
      const element = elements[place];
      if (element === 'not_ready' || isOfAnotherType(element)) return undefined;
      const [queued, claimed] = list(element);
      return { queued: integer(queued), claimed: integer(claimed) };
    });
  }

  async withBacklog(couponIds: readonly CouponId[]): Promise<CouponId[]> {
    const found = new Set<CouponId>();
    for (const some of chunksOf(couponIds, COUPONS_PER_CALL)) {
      const calls = this.#callsOf(some, (couponId) => couponId);
      const answers = await askInCalls(calls, (ids) => this.#backlogInOneCall(ids));
      for (const [place, couponId] of some.entries()) if (answers[place] === true) found.add(couponId);
    }
    return couponIds.filter((couponId) => found.has(couponId));
  }

  async #backlogInOneCall(couponIds: readonly CouponId[]): Promise<boolean[]> {
    const keys = couponIds.flatMap((couponId) => [queueKey(couponId), claimsKey(couponId)]);
    const places = new Set(list(await this.#calls.run('backlog', keys, [])).map(integer));
    return couponIds.map((_, place) => places.has(place + 1));
  }

  async oldestAgesMs(couponIds: readonly CouponId[]): Promise<(number | undefined)[]> {
    const ages: (number | undefined)[] = [];
    for (const some of chunksOf(couponIds, CALL_AGES_MAX)) {
      ages.push(...(await Promise.all(some.map((couponId) => this.#oldestAgeMs(couponId)))));
    }
    return ages;
  }

  async #oldestAgeMs(couponId: CouponId): Promise<number | undefined> {
    const reply = await this.#calls.run('oldest', [queueKey(couponId), claimedKey(couponId)], []);
    return reply === 'not_ready' ? undefined : integer(reply);
  }
}

function parseClaim(
  element: unknown,
  about: { readonly couponId: CouponId; readonly token: string; readonly storeNowMs: number },
): ClaimReply {
  if (element === '') return 'empty';
  if (element === 'later' || element === 'not_ready') return element;
  if (isOfAnotherType(element)) return 'not_ready';
  return readElement(() => {
    const [epoch, packed, backlog, quantity] = list(element);
    if (epoch === 'error') throw corrupt('a claim', element);
    return {
      ...about,
      epoch: integer(epoch),
      issuances: parseClaimed(text(packed)),
      backlog: parseBacklog(backlog),
      quantity: integer(quantity),
    };
  });
}

/** What cannot be read is the fault of its coupon alone. */
function readElement<Reply>(read: () => Reply): Reply | QueueFault {
  try {
    return read();
  } catch (fault) {
    return { status: 'fault', fault };
  }
}
