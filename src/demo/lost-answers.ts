/** Finds what became of members whose answer was lost with the server. */
import type { RecordedIssuance } from './compare.js';
import type { CrowdRequest } from './crowd.js';

export interface LostAnswers {
  /** Members with a lost answer. */
  readonly members: number;
  /** Those whose coupon had been issued when the server was killed: the retry returned their number. */
  readonly kept: readonly RecordedIssuance[];
}

/** @param requests all of them. @param killedAtMs by the store's clock. */
export function lostAnswers(requests: readonly CrowdRequest[], killedAtMs: number): LostAnswers {
  const lost = new Set(requests.filter(({ outcome }) => outcome === 'lost').map(({ memberId }) => memberId));
  const kept = new Map<string, number>();
  for (const { memberId, issueNo, storeMs = killedAtMs } of requests) {
    if (issueNo !== undefined && storeMs < killedAtMs && lost.has(memberId)) kept.set(memberId, issueNo);
  }
  return { members: lost.size, kept: [...kept].map(([memberId, issueNo]) => ({ memberId, issueNo })) };
}
