/** Checks I1–I5: the final holders against all answers. */
import type { Issuance } from '../../domain/coupon.js';
import type { Violation } from './history.js';
import type { PossibleTerms } from './possible-terms.js';
import type { Acknowledged, AcknowledgedIssuances } from './acknowledged-issuances.js';

export function checkIssuances(facts: AcknowledgedIssuances, terms: PossibleTerms): Violation[] {
  return [
    ...quantityKept(facts, terms),
    ...numbersUnique(facts),
    ...numbersWithoutGaps(facts),
    ...oneEach(facts),
    ...everyAnswerHasItsRow(facts),
    ...inOrder(facts),
    ...conserved(facts),
  ];
}

function quantityKept({ history }: AcknowledgedIssuances, terms: PossibleTerms): Violation[] {
  const most = Math.max(...terms.within('quantity', history.endMs, history.endMs));
  const { rows } = history.final;
  if (rows.length <= most) return [];
  return [{ promise: 'I1', what: `${rows.length} rows of a quantity of ${most}` }];
}

/** One number, one member: in rows and in all answers, except what was lost with the store before the number was given again. */
function numbersUnique(facts: AcknowledgedIssuances): Violation[] {
  const violations: Violation[] = [];
  const holder = new Map<number, Issuance>();
  const { rows, deadLetters } = facts.history.final;
  for (const issuance of [...rows, ...facts.acknowledged]) {
    if (facts.isLost(issuance)) continue;
    const other = holder.get(issuance.issueNo);
    holder.set(issuance.issueNo, issuance);
    if (other !== undefined && other.holder !== issuance.holder) {
      violations.push({
        promise: 'I1',
        what: `number ${issuance.issueNo} belongs to ${other.holder} and to ${issuance.holder}`,
      });
    }
  }
  if (new Set(rows.map((row) => row.issueNo)).size < rows.length) {
    violations.push({ promise: 'I1', what: 'a number has two rows' });
  }
  for (const letter of deadLetters) {
    if (facts.isLost(letter)) continue;
    violations.push({
      promise: 'I3',
      what: `number ${letter.issueNo} of ${letter.holder} is a dead letter`,
    });
  }
  return violations;
}

function numbersWithoutGaps({ history, rowOf }: AcknowledgedIssuances): Violation[] {
  const { store, revoked, deadLetters } = history.final;
  // What was lost with the store leaves its numbers free, or a gap where a later number was already recorded.
  if (history.losses.length > 0 || store === undefined) return [];
  const accounted = new Set([
    ...rowOf.keys(),
    ...revoked.keys(),
    ...deadLetters.map((letter) => letter.issueNo),
  ]);
  for (const issuance of [...store.queued, ...store.claimed]) accounted.add(issuance.issueNo);
  const violations: Violation[] = [];
  for (let issueNo = 1; issueNo <= store.lastIssueNo; issueNo += 1) {
    if (!accounted.has(issueNo))
      violations.push({ promise: 'I3', what: `number ${issueNo} was issued and is missing everywhere` });
  }
  for (const issueNo of accounted) {
    if (issueNo > store.lastIssueNo)
      violations.push({ promise: 'I1', what: `number ${issueNo} was never given` });
  }
  return violations;
}

function oneEach(facts: AcknowledgedIssuances): Violation[] {
  const violations: Violation[] = [];
  const { rows } = facts.history.final;
  if (new Set(rows.map((row) => row.holder)).size < rows.length) {
    violations.push({ promise: 'I2', what: 'a member has two rows' });
  }
  const latest = new Map<string, Acknowledged>();
  for (const win of [...facts.acknowledged].sort((one, other) => one.issueNo - other.issueNo)) {
    if (facts.isLost(win)) continue;
    const before = latest.get(win.holder);
    latest.set(win.holder, win);
    if (before === undefined || before.issueNo === win.issueNo) continue;
    const revokedMs = facts.revokeAskedMs.get(before.issueNo);
    if (revokedMs !== undefined && revokedMs <= win.answeredMs) continue;
    violations.push({
      promise: 'I2',
      what: `${win.holder} was answered ${before.issueNo} and ${win.issueNo}, and nothing was revoked`,
    });
  }
  return violations;
}

function everyAnswerHasItsRow(facts: AcknowledgedIssuances): Violation[] {
  const violations: Violation[] = [];
  for (const win of facts.acknowledged) {
    if (facts.hasRow(win)) continue;
    if (facts.isRevoked(win.issueNo, win.holder) || facts.isLost(win)) continue;
    violations.push({
      promise: 'I3',
      what: `${win.holder} was answered ${win.issueNo} and has no such row`,
    });
  }
  for (const [issueNo, atMs] of facts.revokeDoneMs) {
    if (facts.rowOf.has(issueNo)) {
      violations.push({ promise: 'I3', what: `number ${issueNo} was revoked by ${atMs} and has a row` });
    }
  }
  return violations;
}

/** If A was answered before B's request was sent, A's number is smaller. */
function inOrder(facts: AcknowledgedIssuances): Violation[] {
  // Earliest instant at which B's decision may have been taken, latest at which A's was.
  const firstRequestMs = new Map<string, number>();
  for (const { holder, invokedMs } of facts.history.downloads) {
    firstRequestMs.set(holder, Math.min(firstRequestMs.get(holder) ?? Infinity, invokedMs));
  }
  const present = facts.acknowledged.filter((win) => !facts.isLost(win));
  const later = present
    .map((win) => ({
      win,
      sentMs:
        win.call.outcome?.outcome === 'issued' ? win.call.invokedMs : (firstRequestMs.get(win.holder) ?? 0),
    }))
    .sort((one, other) => one.sentMs - other.sentMs);
  const earlier = [...present].sort((one, other) => one.answeredMs - other.answeredMs);
  let highest: Acknowledged | undefined;
  let place = 0;
  for (const { win, sentMs } of later) {
    for (
      let next = earlier[place];
      next !== undefined && next.answeredMs < sentMs;
      next = earlier[(place += 1)]
    ) {
      if (highest === undefined || next.issueNo > highest.issueNo) highest = next;
    }
    if (highest === undefined || highest.holder === win.holder || highest.issueNo <= win.issueNo) continue;
    return [
      {
        promise: 'I4',
        what: `${highest.holder} was answered ${highest.issueNo} before ${win.holder}, answered ${win.issueNo}, asked`,
      },
    ];
  }
  return [];
}

/** When idle, every live winner of the store is in exactly one place, and the stock is the remainder. */
function conserved({ history, rowOf }: AcknowledgedIssuances): Violation[] {
  const { store, rows, deadLetters } = history.final;
  if (store === undefined) return [];
  const violations: Violation[] = [];
  const unrecorded = [...store.queued, ...store.claimed, ...deadLetters];
  for (const { holder, issueNo } of store.winners) {
    if (rowOf.get(issueNo)?.holder === holder) continue;
    if (unrecorded.some((issuance) => issuance.issueNo === issueNo)) continue;
    violations.push({ promise: 'I5', what: `${holder} holds ${issueNo} in the store and nowhere else` });
  }
  const winners = new Map(store.winners.map((winner) => [winner.issueNo, winner.holder]));
  for (const { holder, issueNo } of rows) {
    if (winners.get(issueNo) === holder) continue;
    violations.push({ promise: 'I5', what: `${holder} has row ${issueNo} and is no winner in the store` });
  }
  if (store.winners.length > store.terms.quantity && history.losses.length === 0) {
    violations.push({ promise: 'I1', what: `${store.winners.length} winners of ${store.terms.quantity}` });
  }
  return violations;
}

/** Whether an instant of the store lies in a span of true time. */
export function isWithin(
  facts: AcknowledgedIssuances,
  storeMs: number,
  fromMs: number,
  toMs: number,
): boolean {
  const atMs = facts.trueMs(storeMs);
  const { instantMs } = facts.history;
  return atMs >= fromMs - instantMs && atMs <= toMs + instantMs;
}
