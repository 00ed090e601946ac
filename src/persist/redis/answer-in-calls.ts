/**
 * Cuts a round over several coupons into script calls, and answers each coupon when its call is answered.
 *
 * The keys of a call must lie in one slot of a Cluster, so there each bucket is a call of its own; on a single Redis a call takes any coupons.
 * While a slot moves, some keys of a call may be at one node and some at the other: then each of its coupons is asked about alone, so that only those
 * wait that are between the nodes.
 */
import type { CouponId } from '../../engine/domain/coupon.js';
import { SlotDividedError } from './fault-classes.js';
import { bucketOf } from './keys.js';

/** One call of a round. */
export interface RoundCall<Question> {
  /** Where the coupons of the call are in the round. */
  readonly places: readonly number[];
  readonly some: readonly Question[];
}

interface Fault {
  readonly status: 'fault';
  readonly fault: unknown;
}

/** What limits a call, which nothing interrupts. */
export interface CallLimits<Question> {
  readonly coupons: number;
  /** Together; a question that is larger is a call of its own. Absent: no limit. */
  readonly size?: { readonly max: number; of(question: Question): number };
}

/**
 * @param inBuckets whether a call may have coupons of one bucket only, as in a Cluster.
 * @returns calls that have each question once; within a call in their order.
 */
export function callsOf<Question>(
  round: readonly Question[],
  couponIdOf: (question: Question) => CouponId,
  { coupons, size }: CallLimits<Question>,
  inBuckets: boolean,
): RoundCall<Question>[] {
  const calls: { readonly places: number[]; readonly some: Question[]; room: number }[] = [];
  const open = new Map<number, (typeof calls)[number]>();
  for (const [place, question] of round.entries()) {
    const bucket = inBuckets ? bucketOf(couponIdOf(question)) : 0;
    const needed = size?.of(question) ?? 0;
    let call = open.get(bucket);
    if (call === undefined || call.room < needed || call.some.length >= coupons) {
      call = { places: [], some: [], room: size?.max ?? 0 };
      open.set(bucket, call);
      calls.push(call);
    }
    call.places.push(place);
    call.some.push(question);
    call.room -= needed;
  }
  return calls;
}

/**
 * Sends all calls in one write. A coupon that is refused because its slot is moving frees the round: its answer comes later.
 *
 * @param ask asks about some coupons in one call; calls back when the call turns out to take long.
 * @returns resolves when every coupon is answered or takes long; never rejects.
 */
export async function answerInCalls<Question, Reply>(
  calls: readonly RoundCall<Question>[],
  ask: (some: readonly Question[], onRepeat: () => void) => Promise<readonly (Reply | Fault)[]>,
  answer: (place: number, reply: Reply | Fault) => void,
): Promise<void> {
  const askOne = ({ places, some }: RoundCall<Question>): Promise<void> =>
    new Promise((resolve) => {
      const answering = ask(some, resolve).then(
        (replies) => {
          for (const [at, reply] of replies.entries()) answer(places[at] ?? -1, reply);
        },
        async (fault: unknown) => {
          if (fault instanceof SlotDividedError) {
            await Promise.all(alone({ places, some }).map(askOne));
            return;
          }
          for (const place of places) answer(place, { status: 'fault', fault });
        },
      );
      void answering.then(resolve);
    });
  await Promise.all(calls.map(askOne));
}

/** @returns the replies in the order of the round. @throws the fault of any call. */
export async function askInCalls<Question, Reply>(
  calls: readonly RoundCall<Question>[],
  ask: (some: readonly Question[]) => Promise<readonly Reply[]>,
): Promise<Reply[]> {
  const replies: Reply[] = [];
  const askOne = async (call: RoundCall<Question>): Promise<void> => {
    try {
      for (const [at, reply] of (await ask(call.some)).entries()) replies[call.places[at] ?? -1] = reply;
    } catch (fault) {
      if (!(fault instanceof SlotDividedError)) throw fault;
      await Promise.all(alone(call).map(askOne));
    }
  };
  await Promise.all(calls.map(askOne));
  return replies;
}

function alone<Question>({ places, some }: RoundCall<Question>): RoundCall<Question>[] {
  return some.map((question, at) => ({ places: places.slice(at, at + 1), some: [question] }));
}
