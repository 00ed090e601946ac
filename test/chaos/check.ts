/** Compares what clients were told with what stands in database and Redis: the promises I1–I8 of one coupon whose quantity never changed. */
import type { Evidence } from './evidence.js';
import { mayHaveWon, type Press } from './press.js';

export interface Verdict {
  /** One line each, beginning with the promise that was broken. Empty: all were kept. */
  readonly violations: readonly string[];
  /** Told "issued" and not in the database under that number: what the level of durability may cost. */
  readonly lost: readonly { readonly memberId: string; readonly issueNo: number }[];
}

export interface CheckOptions {
  readonly quantity: number;
  /**
   * Whether the level in force may lose issuances under this fault. Then they are counted; numbers may have gaps, units that were lost return
   * to stock after "sold out", and whoever lost one may win another. All else is asserted as ever.
   */
  readonly mayLose?: boolean;
}

const outcomes: ReadonlySet<string> = new Set([
  ...['issued', 'already_issued', 'not_open', 'paused', 'closed', 'sold_out'],
  ...['busy', 'not_ready', 'outcome_unknown', 'shutting_down', 'lost'],
]);

export function check(presses: readonly Press[], evidence: Evidence, options: CheckOptions): Verdict {
  const violations: string[] = [];
  const numberOf = new Map(evidence.rows.map((row) => [row.memberId, row.issueNo]));
  const told = toldNumbers(presses);

  const lost: { memberId: string; issueNo: number }[] = [];
  for (const [memberId, numbers] of told) {
    for (const issueNo of numbers) {
      const dead = evidence.deadLetters.some((one) => one.memberId === memberId && one.issueNo === issueNo);
      if (numberOf.get(memberId) !== issueNo && !dead) lost.push({ memberId, issueNo });
    }
  }
  const mayLose = options.mayLose ?? false;
  if (!mayLose) {
    for (const { memberId, issueNo } of lost)
      violations.push(`I3 ${memberId} was told ${issueNo} and has no such row`);
    violations.push(...gaps(evidence));
  }
  violations.push(
    ...doubles(evidence, options.quantity),
    ...twoHolders(told),
    ...changedAnswers(told, mayLose ? lost : []),
    ...order(presses),
    ...conservation(evidence, options.quantity),
    ...(mayLose ? [] : earlySoldOut(presses, evidence, options.quantity)),
    ...strangeAnswers(presses),
  );
  return { violations, lost };
}

/** Different numbers a member was told, in order. */
function toldNumbers(presses: readonly Press[]): Map<string, Set<number>> {
  const told = new Map<string, Set<number>>();
  for (const { memberId, issueNo } of presses) {
    if (issueNo === undefined) continue;
    const numbers = told.get(memberId) ?? new Set();
    told.set(memberId, numbers.add(issueNo));
  }
  return told;
}

function gaps({ rows, revokedNumbers, deadLetters }: Evidence): string[] {
  const gone = new Set([...revokedNumbers, ...deadLetters.map((letter) => letter.issueNo)]);
  const missing: number[] = [];
  let next = 1;
  for (const { issueNo } of rows) {
    for (; next < issueNo; next += 1) if (!gone.has(next)) missing.push(next);
    next = issueNo + 1;
  }
  return missing.length === 0 ? [] : [`I1 numbers without a row: ${missing.slice(0, 10).join(', ')}`];
}

function doubles({ rows, winners }: Evidence, quantity: number): string[] {
  const found: string[] = [];
  if (rows.length > quantity) found.push(`I1 ${rows.length} rows of a quantity of ${quantity}`);
  if (new Set(rows.map((row) => row.issueNo)).size < rows.length) found.push('I1 a number has two rows');
  if (new Set(rows.map((row) => row.memberId)).size < rows.length) found.push('I2 a member has two rows');
  for (const row of rows) {
    if (winners !== undefined && winners.get(row.memberId) !== row.issueNo) {
      found.push(`I2 row ${row.issueNo} of ${row.memberId}, who may win again`);
    }
  }
  return found;
}

function twoHolders(told: ReadonlyMap<string, ReadonlySet<number>>): string[] {
  const holder = new Map<number, string>();
  const found: string[] = [];
  for (const [memberId, numbers] of told) {
    for (const issueNo of numbers) {
      const other = holder.get(issueNo);
      if (other !== undefined) found.push(`I1 ${issueNo} was told to ${other} and to ${memberId}`);
      holder.set(issueNo, memberId);
    }
  }
  return found;
}

function changedAnswers(
  told: ReadonlyMap<string, ReadonlySet<number>>,
  lost: readonly { readonly memberId: string; readonly issueNo: number }[],
): string[] {
  const gone = new Set(lost.map(({ memberId, issueNo }) => `${memberId} ${issueNo}`));
  return [...told]
    .filter(
      ([memberId, numbers]) =>
        [...numbers].filter((issueNo) => !gone.has(`${memberId} ${issueNo}`)).length > 1,
    )
    .map(([memberId, numbers]) => `I8 ${memberId} was told ${[...numbers].join(' and ')}`);
}

/** When a winner's winning press may have begun at the earliest, and when it was certainly over. */
function winningSpans(
  presses: readonly Press[],
): { issueNo: number; beganMs: number; endedMs: number; memberId: string }[] {
  const began = new Map<string, number>();
  const spans = new Map<string, { issueNo: number; beganMs: number; endedMs: number; memberId: string }>();
  for (const press of [...presses].sort((a, b) => a.invokedMs - b.invokedMs)) {
    const { memberId, invokedMs, answeredMs, issueNo } = press;
    if (mayHaveWon(press)) began.set(memberId, Math.min(began.get(memberId) ?? Infinity, invokedMs));
    if (issueNo === undefined || answeredMs === undefined || spans.has(memberId)) continue;
    const beganMs = Math.min(began.get(memberId) ?? Infinity, invokedMs);
    spans.set(memberId, { issueNo, beganMs, endedMs: answeredMs, memberId });
  }
  return [...spans.values()].sort((a, b) => a.issueNo - b.issueNo);
}

/** I4: nobody with a larger number was answered before somebody with a smaller one asked. */
function order(presses: readonly Press[]): string[] {
  const found: string[] = [];
  let latestBegin = { beganMs: -Infinity, issueNo: 0 };
  for (const span of winningSpans(presses)) {
    if (span.endedMs < latestBegin.beganMs) {
      found.push(`I4 ${span.issueNo} was answered before ${latestBegin.issueNo} was asked for`);
    }
    if (span.beganMs > latestBegin.beganMs) latestBegin = span;
  }
  return found;
}

/** I5: remaining is the quantity less the live winners, so the winners must be exactly those somewhere on the way. */
function conservation(evidence: Evidence, quantity: number): string[] {
  const { winners, rows, deadLetters, queued, claimed } = evidence;
  if (winners === undefined) return [];
  const remaining = quantity - winners.size;
  const sum = remaining + queued + claimed + rows.length + deadLetters.length;
  if (sum === quantity) return [];
  return [
    `I5 ${quantity} ≠ ${remaining} remaining + ${queued} queued + ${claimed} claimed + ${rows.length} recorded + ${deadLetters.length} dead`,
  ];
}

/** I6: whoever was told "sold out" before a winner even asked was told so too early. */
function earlySoldOut(presses: readonly Press[], { rows }: Evidence, quantity: number): string[] {
  const refused = presses.filter((press) => press.outcome === 'sold_out');
  if (refused.length === 0) return [];
  if (rows.length < quantity) return [`I6 "sold out" with ${rows.length} of ${quantity} issued`];
  const lastBegin = Math.max(...winningSpans(presses).map((span) => span.beganMs));
  const early = refused.filter((press) => (press.answeredMs ?? Infinity) < lastBegin);
  return early.length === 0 ? [] : [`I6 ${early.length} times "sold out" before the last one was issued`];
}

function strangeAnswers(presses: readonly Press[]): string[] {
  const strange = new Set(presses.map((press) => press.outcome).filter((outcome) => !outcomes.has(outcome)));
  return [...strange].map((outcome) => `I8 an answer that is no outcome: ${outcome}`);
}
