/** Checks I1–I5 after a run from three sources: answers, rows, and the server's counts. */
import type { RepeatedAnswer, Win } from '../load/answer-log.js';

export interface Row {
  readonly issueNo: number;
  readonly memberId: number;
  readonly issuedAtMs: number;
}

/** Where the units of a coupon are (`GET /v1/coupons/:id/stats`). */
export interface UnitCounts {
  readonly quantity: number;
  readonly remaining: number;
  readonly queued: number;
  readonly claimed: number;
  readonly recorded: number;
  readonly deadLettered: number;
}

export interface Evidence {
  readonly couponId: number;
  readonly quantity: number;
  /** Ascending by number. */
  readonly rows: readonly Row[];
  readonly wins: readonly Win[];
  readonly reminders: readonly RepeatedAnswer[];
  readonly whereabouts: UnitCounts;
  /** Whether any member was answered `sold_out`. */
  readonly soldOutAnswered: boolean;
}

/** Every promise that the evidence breaks, in a sentence; empty when all hold. */
export function brokenPromises(evidence: Evidence): string[] {
  const broken = [
    ...brokenNumbering(evidence),
    ...brokenMembership(evidence),
    ...brokenRecording(evidence),
    ...brokenOrder(evidence.wins),
    ...brokenConservation(evidence),
  ];
  return broken.map((sentence) => `coupon ${evidence.couponId}: ${sentence}`);
}

function brokenNumbering({ rows, quantity }: Evidence): string[] {
  const gap = rows.findIndex((row, place) => row.issueNo !== place + 1);
  return [
    ...(rows.length > quantity ? [`I1: ${rows.length} rows for ${quantity} units`] : []),
    ...(gap >= 0 ? [`I1: number ${rows[gap]?.issueNo ?? 0} is at place ${gap + 1}`] : []),
  ];
}

function brokenMembership({ rows, wins }: Evidence): string[] {
  const holders = new Set(rows.map((row) => row.memberId)).size;
  const winners = new Set(wins.map((win) => win.memberId)).size;
  return [
    ...(holders < rows.length ? [`I2: ${rows.length - holders} members have more than one row`] : []),
    ...(winners < wins.length ? [`I2: ${wins.length - winners} members were answered "issued" twice`] : []),
  ];
}

function brokenRecording({ rows, wins, reminders }: Evidence): string[] {
  const numberOf = new Map(rows.map((row) => [row.memberId, row.issueNo]));
  const wrong = [...wins, ...reminders].filter(
    (claimed) => numberOf.get(claimed.memberId) !== claimed.issueNo,
  );
  const [first] = wrong;
  if (first === undefined) return [];
  const row = numberOf.get(first.memberId) ?? 'none';
  return [
    `I3: ${wrong.length} members received a number that is not in their row ` +
      `(member ${first.memberId}: received ${first.issueNo}, row ${row})`,
  ];
}

/**
 * Going down the numbers: no member may have been answered with a higher number before a lower one was even asked for.
 */
function brokenOrder(wins: readonly Win[]): string[] {
  let earliestAnswerUs = Number.POSITIVE_INFINITY;
  let overtaken = 0;
  for (const win of [...wins].sort((a, b) => b.issueNo - a.issueNo)) {
    if (earliestAnswerUs < win.sentUs) overtaken += 1;
    earliestAnswerUs = Math.min(earliestAnswerUs, win.answeredUs);
  }
  return overtaken > 0 ? [`I4: ${overtaken} members got a smaller number than a member answered before`] : [];
}

function brokenConservation({ rows, quantity, whereabouts, soldOutAnswered }: Evidence): string[] {
  const { remaining, queued, claimed, recorded, deadLettered } = whereabouts;
  const sum = remaining + queued + claimed + recorded + deadLettered;
  return [
    ...(sum !== quantity || whereabouts.quantity !== quantity
      ? [`I5: ${quantity} units, but ${JSON.stringify(whereabouts)}`]
      : []),
    ...(recorded !== rows.length ? [`I5: ${recorded} recorded, but ${rows.length} rows`] : []),
    ...(soldOutAnswered && remaining > 0
      ? [`I6: "sold out" was answered while ${remaining} units remain`]
      : []),
  ];
}
