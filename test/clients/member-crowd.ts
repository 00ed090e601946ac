/** Members who all press at once, several times each, and remember what they were told. */
import { setTimeout as pause } from 'node:timers/promises';
import type { HttpAnswer, HttpClient } from './http-client.js';

export interface Member {
  readonly memberId: string;
  readonly token: string;
}

/** Everything one member was told, in order; `undefined` for a press whose answer was lost. */
export interface MemberHistory extends Member {
  readonly answers: (HttpAnswer | undefined)[];
}

export interface CrowdOptions {
  readonly presses: number;
  /** Members pressing at the same time. */
  readonly atOnce: number;
  /** Pressing again until the answer is one of section 5's definite outcomes, for at most this long. */
  readonly insistForMs?: number;
  /** Called after each answer with how many have come so far: where a test strikes. */
  readonly onAnswer?: (count: number) => void;
}

/** Between two presses of a member who does not know yet. */
const PRESS_AGAIN_MS = 20;
/** The same without any answer: two hundred who knock at once keep the server they wait for from starting. */
const PRESS_AGAIN_UNANSWERED_MS = 250;
const INDEFINITE = new Set(['busy', 'not_ready', 'outcome_unknown']);

/** Every member presses `presses` times one after another; members run side by side. */
export async function pressAll(
  client: HttpClient,
  couponId: number,
  members: readonly Member[],
  options: CrowdOptions,
): Promise<MemberHistory[]> {
  const histories = members.map((member): MemberHistory => ({ ...member, answers: [] }));
  // Round by round through the crowd, so that the presses of one member are spread over the whole burst.
  const presses = Array.from({ length: options.presses }).flatMap(() => shuffled(histories));
  let next = 0;
  let answered = 0;
  const insistUntilMs = performance.now() + (options.insistForMs ?? 0);
  const press = async (): Promise<void> => {
    for (;;) {
      const history = presses[next];
      if (history === undefined) return;
      next += 1;
      for (;;) {
        const answer = await client.tryCall(`/v1/coupons/${couponId}/download`, {
          method: 'POST',
          token: history.token,
        });
        history.answers.push(answer);
        answered += 1;
        options.onAnswer?.(answered);
        const againMs = answer === undefined ? PRESS_AGAIN_UNANSWERED_MS : PRESS_AGAIN_MS;
        if (isDefinite(answer) || performance.now() > insistUntilMs) break;
        await pause(againMs);
      }
    }
  };
  await Promise.all(Array.from({ length: options.atOnce }, press));
  return histories;
}

export function isDefinite(answer: HttpAnswer | undefined): answer is HttpAnswer {
  return answer !== undefined && !(answer.status === 503 && INDEFINITE.has(String(answer.body['code'])));
}

/** The numbers a member was told, first answer first. */
export function acknowledgedNumbers(history: MemberHistory): number[] {
  return history.answers
    .filter(isDefinite)
    .filter((answer) => answer.status === 200 || answer.status === 201)
    .map((answer) => Number(answer.body['issueNo']));
}

function shuffled<Item>(items: readonly Item[]): Item[] {
  return items
    .map((item) => ({ item, key: Math.random() }))
    .sort((a, b) => a.key - b.key)
    .map(({ item }) => item);
}
