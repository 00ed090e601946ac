/** Runs the demo's crowd: members press as planned and retry until the answer is definite. */
import { setTimeout as pause } from 'node:timers/promises';
import type { SeonchakClient } from '../client/client.js';
import type { PlannedPress } from './press-plan.js';

/** Presses on their way at a time; a real crowd has a connection each, this one shares a machine with the server. */
const PRESSES_CONCURRENT_MAX = 64;
/** Presses of one member until the answer is definite. */
const ATTEMPTS_MAX = 30;

export interface CrowdAnswers {
  /** Answers by their stable code. */
  readonly answers: ReadonlyMap<string, number>;
  /** The number each winner was told. */
  readonly numbers: ReadonlyMap<string, number>;
}

export interface Crowd {
  readonly client: SeonchakClient;
  readonly couponId: number;
  tokenOf(memberId: string): Promise<string>;
  onAnswer(): void;
}

/**
 * @param opensAtMs by this machine's clock, to which the plan refers
 * @param signal ends it early
 */
export async function pressAsPlanned(
  crowd: Crowd,
  presses: readonly PlannedPress[],
  opensAtMs: number,
  signal: AbortSignal,
): Promise<CrowdAnswers> {
  const answers = new Map<string, number>();
  const numbers = new Map<string, number>();
  const underWay = new Set<Promise<void>>();

  async function press(memberId: string): Promise<void> {
    const { code, issueNo } = await pressUntilDefinite(crowd, memberId, signal);
    answers.set(code, (answers.get(code) ?? 0) + 1);
    if (issueNo !== undefined) numbers.set(memberId, issueNo);
    crowd.onAnswer();
  }

  for (const { memberId, atMs } of presses) {
    const waitMs = opensAtMs + atMs - Date.now();
    if (waitMs > 0) await pause(waitMs, undefined, { signal }).catch(() => undefined);
    if (signal.aborted) break;
    const pressing = press(memberId).finally(() => underWay.delete(pressing));
    underWay.add(pressing);
    if (underWay.size >= PRESSES_CONCURRENT_MAX) await Promise.race(underWay);
  }
  await Promise.all(underWay);
  return { answers, numbers };
}

interface PressAnswer {
  readonly code: string;
  readonly issueNo?: number;
}

async function pressUntilDefinite(crowd: Crowd, memberId: string, signal: AbortSignal): Promise<PressAnswer> {
  const headers = { Authorization: `Bearer ${await crowd.tokenOf(memberId)}` };
  const params = { path: { id: crowd.couponId } };
  let code = 'no_answer';
  for (let attempt = 0; attempt < ATTEMPTS_MAX && !signal.aborted; attempt++) {
    try {
      const { data, error, response } = await crowd.client.POST('/v1/coupons/{id}/download', {
        params,
        headers,
      });
      if (data !== undefined) return { code: data.outcome, issueNo: data.issueNo };
      code = error.code;
      if (response.status !== 503) break;
    } catch {
      // The connection broke: whether it is issued is not known, and asking again tells.
    }
    await pause(1_000 * (0.5 + Math.random()), undefined, { signal }).catch(() => undefined);
  }
  return { code };
}
