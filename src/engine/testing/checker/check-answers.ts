/** Checks I6–I8: that every answer was true when it was given. */
import type { Issuance } from '../../domain/coupon.js';
import type { DownloadOutcome } from '../../domain/download.js';
import { isWithin } from './check-issuances.js';
import type { DownloadCall, Violation } from './history.js';
import { mayBeInForce, type PossibleTerms } from './possible-terms.js';
import type { AcknowledgedIssuances } from './acknowledged-issuances.js';

/** News of terms and stock counts everywhere within this. */
const STALE_MS = 1_000;

type Answered = DownloadCall & { readonly answeredMs: number; readonly outcome: DownloadOutcome };

export function checkAnswers(facts: AcknowledgedIssuances, terms: PossibleTerms): Violation[] {
  const { downloads } = facts.history;
  const firstGivenMs = firstGiven(facts);
  return [
    ...downloads.flatMap((call) => (isAnswered(call) ? refusalTrue(call, facts, terms, firstGivenMs) : [])),
    ...downloads.flatMap((call) => definite(call, facts)),
    ...insideWindow(facts, terms),
    ...winnersLearn(facts),
    ...everyRowWasAskedFor(facts),
  ];
}

function isAnswered(call: DownloadCall): call is Answered {
  return call.outcome !== undefined && call.answeredMs !== undefined;
}

/** The answer is true of some instant from this one on. */
function knownSinceMs({ invokedMs, memorySinceMs = Number.NEGATIVE_INFINITY }: DownloadCall): number {
  return Math.max(invokedMs - STALE_MS, Math.min(invokedMs, memorySinceMs));
}

function refusalTrue(
  call: Answered,
  facts: AcknowledgedIssuances,
  terms: PossibleTerms,
  firstGivenMs: ReadonlyMap<number, number>,
): Violation[] {
  const { outcome, invokedMs, answeredMs, holder } = call;
  const sinceMs = knownSinceMs(call);
  const answer = `${holder}, asking at ${Math.round(invokedMs)}, was answered ${outcome.outcome}`;
  switch (outcome.outcome) {
    case 'sold_out': {
      const least = Math.min(...terms.within('quantity', sinceMs, answeredMs));
      const most = liveAtMost(facts, firstGivenMs, sinceMs, answeredMs, least);
      if (most >= least) return [];
      return [{ promise: 'I6', what: `${answer} with at most ${most} of at least ${least} issued` }];
    }
    case 'not_open': {
      const opensAt = terms.within('opensAtMs', sinceMs, answeredMs);
      // Where the opening was removed while the refusal was on its way, the answer asks the member to retry at once.
      if (!opensAt.has(outcome.opensAtMs) && !opensAt.has(undefined)) {
        return [{ promise: 'I7', what: `${answer} with an opening that was never set` }];
      }
      const askedMs = facts.storeMs(invokedMs) - facts.history.instantMs;
      const open = [...opensAt].every((opensAtMs) => opensAtMs === undefined || opensAtMs < askedMs);
      return open ? [{ promise: 'I7', what: `${answer} after the opening` }] : [];
    }
    case 'paused':
      if (terms.within('paused', sinceMs, answeredMs).has(true)) return [];
      return [{ promise: 'I6', what: `${answer} and it was not` }];
    case 'closed': {
      if (terms.within('closed', sinceMs, answeredMs).has(true)) return [];
      const ended = [...terms.within('closesAtMs', sinceMs, answeredMs)].some(
        (closesAtMs) =>
          closesAtMs !== undefined && closesAtMs <= facts.storeMs(answeredMs) + facts.history.instantMs,
      );
      return ended ? [] : [{ promise: 'I7', what: `${answer} before the end` }];
    }
    case 'limit_reached':
    case 'presence_expired':
    case 'not_eligible':
      // Refusals at the door do not depend on stock and window; a winner who gets one of these is found by winnersLearn.
      return [];
    case 'unknown_coupon':
      return [{ promise: 'I8', what: answer }];
    case 'issued':
      if (isWithin(facts, outcome.issuedAtMs, invokedMs, answeredMs)) return [];
      return [{ promise: 'I8', what: `${answer} at an instant outside the call` }];
    case 'already_issued': {
      const revokedMs = facts.revokeDoneMs.get(outcome.issueNo);
      if (revokedMs === undefined || revokedMs >= sinceMs) return [];
      return [{ promise: 'I6', what: `${answer} ${outcome.issueNo}, revoked at ${Math.round(revokedMs)}` }];
    }
    case 'busy':
    case 'not_ready':
    case 'outcome_unknown':
      return [];
  }
}

/** Number → when it was given, the first time if more than once; before all time where it left no trace but its revocation. */
function firstGiven({ history, acknowledged }: AcknowledgedIssuances): Map<number, number> {
  const { rows, deadLetters, revoked, store } = history.final;
  const first = new Map<number, number>();
  for (const issuances of [rows, deadLetters, acknowledged, store?.winners ?? [], history.planted ?? []]) {
    for (const { issueNo, issuedAtMs } of issuances) {
      first.set(issueNo, Math.min(first.get(issueNo) ?? Infinity, issuedAtMs));
    }
  }
  for (const issueNo of revoked.keys()) if (!first.has(issueNo)) first.set(issueNo, -Infinity);
  return first;
}

/** How many may have been live at once in this span, at most; no more are counted than are enough. */
function liveAtMost(
  facts: AcknowledgedIssuances,
  firstGivenMs: ReadonlyMap<number, number>,
  fromMs: number,
  toMs: number,
  enough: number,
): number {
  const latestMs = facts.storeMs(toMs) + facts.history.instantMs;
  let live = 0;
  for (const [issueNo, givenMs] of firstGivenMs) {
    if (givenMs > latestMs) continue;
    const doneMs = facts.revokeDoneMs.get(issueNo);
    if (doneMs === undefined || doneMs >= fromMs) live += 1;
  }
  // What follows reads every download for each refusal.
  if (live >= enough) return live;
  // Issued to a member who never got the answer, or only after another answer, and lost with the store: such issuances
  // leave no trace.
  const { losses, downloads, admitLateMs } = facts.history;
  if (losses.some(({ atMs }) => atMs >= fromMs)) {
    const traceless = downloads.filter(
      (call) =>
        call.invokedMs <= toMs &&
        call.invokedMs >= fromMs - admitLateMs &&
        (isOpenEnded(call) || isRefusal(call.outcome)),
    );
    live += new Set(traceless.map((call) => call.holder)).size;
  }
  return live;
}

/** The answer does not show whether the command was carried out. */
function isOpenEnded({ outcome }: DownloadCall): boolean {
  return outcome === undefined || outcome.outcome === 'outcome_unknown';
}

function definite(call: DownloadCall, { history }: AcknowledgedIssuances): Violation[] {
  const { outcome, cutOff, invokedMs, holder } = call;
  if (outcome === undefined) {
    if (cutOff) return [];
    return [{ promise: 'I8', what: `${holder}, asking at ${Math.round(invokedMs)}, never had an answer` }];
  }
  if (invokedMs < history.healedMs) return [];
  const open = ['busy', 'not_ready', 'outcome_unknown'].includes(outcome.outcome);
  return open
    ? [{ promise: 'I8', what: `${holder} was answered ${outcome.outcome} with no fault left` }]
    : [];
}

function insideWindow(facts: AcknowledgedIssuances, terms: PossibleTerms): Violation[] {
  const violations: Violation[] = [];
  const seen = new Set<number>();
  // A whole millisecond is cut off, so the instant itself is never later.
  const spreadMs = facts.history.instantMs - 1;
  for (const { issueNo, issuedAtMs } of [...facts.history.final.rows, ...facts.acknowledged]) {
    if (seen.has(issueNo)) continue;
    seen.add(issueNo);
    const atMs = facts.trueMs(issuedAtMs);
    const within = <Name extends 'opensAtMs' | 'closesAtMs' | 'paused' | 'closed'>(name: Name) => [
      ...terms.within(name, atMs - spreadMs, atMs + facts.history.instantMs),
    ];
    const inside =
      within('opensAtMs').some((opensAtMs) => opensAtMs === undefined || opensAtMs <= issuedAtMs) &&
      within('closesAtMs').some((closesAtMs) => closesAtMs === undefined || closesAtMs > issuedAtMs) &&
      within('paused').includes(false) &&
      within('closed').includes(false);
    if (!inside) violations.push({ promise: 'I7', what: `number ${issueNo} was issued outside the window` });
  }
  return violations;
}

/**
 * A member whose win was acknowledged is never refused afterwards, until it is revoked.
 *
 * Two exceptions. The first follows from the second that news may take: a member who won at one process, by new terms
 * or from a rebuilt store, and asks another process that has not received the news yet. The second is a store that
 * loses its content twice, and comes back the second time with what it had lost the first time: in between no
 * process knew of the win.
 */
function winnersLearn(facts: AcknowledgedIssuances): Violation[] {
  const violations: Violation[] = [];
  const seen = new Set<string>();
  for (const win of [...facts.acknowledged].sort((one, other) => one.answeredMs - other.answeredMs)) {
    // Only the first acknowledgement of an issuance matters: it covers the later ones.
    const issuance = `${win.holder} ${win.issueNo} ${win.issuedAtMs}`;
    if (seen.has(issuance) || facts.isLost(win)) continue;
    seen.add(issuance);
    for (const call of facts.callsOf.get(win.holder) ?? []) {
      if (call.invokedMs < win.answeredMs || !isAnswered(call)) continue;
      if (!isRefusal(call.outcome) && !DOOR_REFUSALS.includes(call.outcome.outcome)) continue;
      const revokedMs = facts.revokeAskedMs.get(win.issueNo);
      if (revokedMs !== undefined && revokedMs <= call.answeredMs) continue;
      if (mayNotHaveNews(facts, facts.trueMs(win.issuedAtMs), knownSinceMs(call))) continue;
      if (wasForgotten(facts, facts.trueMs(win.issuedAtMs), call.answeredMs)) continue;
      violations.push({
        promise: 'I8',
        what: `${win.holder} holds ${win.issueNo} and was answered ${call.outcome.outcome} at ${Math.round(call.answeredMs)}`,
      });
    }
  }
  return violations;
}

/** Whether the store had lost at that instant what it had again in the end, from a copy from before that loss. */
function wasForgotten({ history }: AcknowledgedIssuances, wonMs: number, atMs: number): boolean {
  const { losses, instantMs } = history;
  return losses.some(
    (first) =>
      first.sinceMs <= wonMs + instantMs &&
      first.atMs <= atMs &&
      losses.some(
        (second) =>
          // Memory may answer for a second after older data came back.
          second.atMs >= atMs - STALE_MS &&
          second.sinceMs >= wonMs - instantMs &&
          second.sinceMs <= first.atMs,
      ),
  );
}

function mayNotHaveNews({ history }: AcknowledgedIssuances, wonMs: number, sinceMs: number): boolean {
  if (history.losses.some(({ atMs }) => atMs <= wonMs + history.instantMs && atMs >= sinceMs)) return true;
  // A unit that came back, as news of a revoke.
  const cameBack = history.takenBack?.some(
    ({ endedMs, returnedMs }) =>
      endedMs <= wonMs + history.instantMs && (returnedMs ?? endedMs + history.lateMs) >= sinceMs,
  );
  if (cameBack === true) return true;
  return history.sellerCalls.some(
    (call) =>
      mayBeInForce(call) &&
      call.invokedMs <= wonMs + history.instantMs &&
      (call.answeredMs ?? call.invokedMs + history.lateMs) >= sinceMs,
  );
}

/**
 * Rows of members whose command was decided and answered, and then carried out a second time: into a coupon that had
 * taken their issuance back or, where the network delivers commands again, that had opened or got stock meanwhile. They
 * asked, they hold one, and a retry returns it; but their last answer is no longer true. Counted, see docs/adr/0024.
 */
export function wonByLateCommand(facts: AcknowledgedIssuances): number {
  return facts.history.final.rows.filter((row) => !wasAskedFor(row, facts) && wasDecidedBefore(row, facts))
    .length;
}

function wasDecidedBefore(row: Issuance, facts: AcknowledgedIssuances): boolean {
  const { admitLateMs } = facts.history;
  return (facts.callsOf.get(row.holder) ?? []).some(
    (call) =>
      mayBeFollowed(call, facts) &&
      isWithin(facts, row.issuedAtMs, call.invokedMs, call.invokedMs + admitLateMs),
  );
}

/** By the same command: one that is delivered again after any answer, a lost attempt only after a number that was taken back since. */
function mayBeFollowed({ outcome }: DownloadCall, { history }: AcknowledgedIssuances): boolean {
  if (isRefusal(outcome)) return history.repeats;
  return outcome !== undefined && 'issueNo' in outcome && history.final.revoked.has(outcome.issueNo);
}

const DOOR_REFUSALS: readonly string[] = ['limit_reached', 'presence_expired', 'not_eligible'];

/**
 * Refusals by the coupon: the command was decided, and may have been carried out a second time. A refusal at the door never competes for a
 * unit.
 */
function isRefusal(outcome: DownloadOutcome | undefined): boolean {
  return outcome !== undefined && ['not_open', 'paused', 'closed', 'sold_out'].includes(outcome.outcome);
}

function wasAskedFor(row: Issuance, facts: AcknowledgedIssuances): boolean {
  const { admitLateMs } = facts.history;
  return (facts.callsOf.get(row.holder) ?? []).some((call) => {
    if (isOpenEnded(call))
      return isWithin(facts, row.issuedAtMs, call.invokedMs, call.invokedMs + admitLateMs);
    const { outcome } = call;
    if (outcome === undefined || !('issueNo' in outcome) || outcome.issueNo !== row.issueNo) return false;
    return isWithin(facts, row.issuedAtMs, call.invokedMs, call.answeredMs ?? Infinity);
  });
}

/**
 * A row needs a call that may have brought it: a member who was only answered that nothing was attempted, or that no
 * stock was left, holds nothing.
 */
function everyRowWasAskedFor(facts: AcknowledgedIssuances): Violation[] {
  return facts.history.final.rows
    .filter((row) => !wasAskedFor(row, facts) && !wasDecidedBefore(row, facts))
    .map(({ holder, issueNo }) => ({
      promise: 'I8',
      what: `${holder} has row ${issueNo} and no call that asked for it`,
    }));
}
