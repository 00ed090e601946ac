/** Cuts a round over several coupons into script calls, and answers each coupon when its call is answered. */

/** One call of a round. */
export interface RoundCall<Question> {
  /** Place of its first coupon in the round. */
  readonly first: number;
  readonly some: readonly Question[];
}

interface Fault {
  readonly status: 'fault';
  readonly fault: unknown;
}

/**
 * Sends all calls in one write. A call that is refused because its slot is moving frees the round: its answers come later.
 *
 * @param ask asks about some coupons in one call; calls back when the call turns out to take long.
 * @returns resolves when every call is answered or takes long; never rejects.
 */
export async function answerInCalls<Question, Reply>(
  calls: readonly RoundCall<Question>[],
  ask: (some: readonly Question[], onRepeat: () => void) => Promise<readonly (Reply | Fault)[]>,
  answer: (place: number, reply: Reply | Fault) => void,
): Promise<void> {
  const answered = calls.map(
    ({ first, some }) =>
      new Promise<void>((resolve) => {
        const answering = ask(some, resolve).then(
          (replies) => {
            for (const [place, reply] of replies.entries()) answer(first + place, reply);
          },
          (fault: unknown) => {
            for (const place of some.keys()) answer(first + place, { status: 'fault', fault });
          },
        );
        void answering.then(resolve);
      }),
  );
  await Promise.all(answered);
}
