/** Makes histories of one coupon by hand, for tests of the checker. */
import type { MemberId } from '../../domain/coupon.js';
import type { DownloadOutcome } from '../../domain/download.js';
import type { DownloadCall, FinalState, History } from './history.js';
import { checkHistory } from './history-checker.js';

export const call = (
  name: string,
  invokedMs: number,
  answeredMs: number | undefined,
  outcome: DownloadOutcome | undefined,
): DownloadCall => ({
  holder: name as MemberId,
  invokedMs,
  answeredMs,
  outcome,
  cutOff: outcome === undefined,
});

export const issued = (issueNo: number, issuedAtMs: number): DownloadOutcome => ({
  outcome: 'issued',
  issueNo,
  issuedAtMs,
});
export const holds = (name: string, issueNo: number, issuedAtMs: number) => ({
  holder: name as MemberId,
  issueNo,
  issuedAtMs,
});

export const OPEN_TERMS = {
  quantity: 2,
  opensAtMs: undefined,
  closesAtMs: undefined,
  paused: false,
  closed: false,
};

/** Quantity 2; `a` won 1 at 10 and `b` won 2 at 30, both recorded. */
export function history(some: Partial<History> = {}, final: Partial<FinalState> = {}): History {
  const rows = [holds('a', 1, 10), holds('b', 2, 30)];
  const terms = some.terms ?? OPEN_TERMS;
  return {
    terms,
    downloads: [call('a', 5, 15, issued(1, 10)), call('b', 20, 35, issued(2, 30))],
    sellerCalls: [],
    observed: [],
    losses: [],
    healedMs: 5_000,
    endMs: 9_000,
    storeOffsetMs: 0,
    instantMs: 1,
    lateMs: 1_000,
    admitLateMs: 1_000,
    repeats: false,
    final: {
      rows,
      revoked: new Map(),
      deadLetters: [],
      catalogue: { terms, unsettledChanges: 0 },
      audit: [],
      store: { terms, lastIssueNo: 2, winners: rows, queued: [], claimed: [] },
      ...final,
    },
    ...some,
  };
}

export const broken = (one: History): string[] => [
  ...new Set(checkHistory(one).violations.map((violation) => violation.promise)),
];

export function finalStore(): NonNullable<FinalState['store']> {
  const { store } = history().final;
  if (store === undefined) throw new Error('there is a store');
  return store;
}
