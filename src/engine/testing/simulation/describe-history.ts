/** Prints a history as lines in the order of time, for a failed seed. */
import { STORE_OFFSET_MS } from './scenario.js';
import type { CouponHistory, SimulatedHistory } from './simulation.js';

export function describeHistory({ seed, scenario, histories, verdict, bugs }: SimulatedHistory): string {
  return [
    `seed ${seed}: ${JSON.stringify(scenario)}`,
    `the store's clock shows ${STORE_OFFSET_MS} at 0`,
    ...histories.flatMap(describeCoupon),
    ...bugs.map((bug) => `fault: ${String(bug)}`),
    ...verdict.violations.map(({ promise, what }) => `VIOLATION of ${promise}: ${what}`),
    verdict.violations.length === 0 ? 'every promise kept' : '',
  ].join('\n');
}

function describeCoupon({ couponId, history }: CouponHistory): string[] {
  const events: (readonly [atMs: number, line: string])[] = [];
  for (const { holder, invokedMs, answeredMs, outcome, cutOff, grade } of history.downloads) {
    const number = outcome !== undefined && 'issueNo' in outcome ? ` ${outcome.issueNo}` : '';
    const answer = cutOff ? 'cut off' : outcome === undefined ? 'no answer' : `${outcome.outcome}${number}`;
    events.push([
      invokedMs,
      `${holder}${grade === undefined ? '' : ` (${grade})`} presses → ${answer} at ${instant(answeredMs)}`,
    ]);
  }
  for (const { act, invokedMs, answeredMs, result } of history.sellerCalls) {
    events.push([invokedMs, `seller ${JSON.stringify(act)} → ${result} at ${instant(answeredMs)}`]);
  }
  for (const { sinceMs, atMs } of history.losses) {
    events.push([atMs, `the store comes back without what it took in since ${instant(sinceMs)}`]);
  }
  for (const { fromMs, grades } of history.rules ?? []) {
    events.push([Math.max(0, fromMs), `rule: ${grades?.join(' or ') ?? 'every member'}`]);
  }
  for (const { issueNo, orderId, invokedMs, answer = 'lost' } of history.holds?.calls ?? []) {
    events.push([invokedMs, `order ${orderId} confirms ${issueNo} → ${answer}`]);
  }
  for (const { issueNo, reason, endedMs, returnedMs } of history.takenBack ?? []) {
    events.push([endedMs, `${reason}: ${issueNo}, in stock at ${instant(returnedMs)}`]);
  }
  for (const { fromMs, toMs, isLast } of history.recall?.calls ?? []) {
    events.push([fromMs, `recall → ${isLast ? 'done' : 'more to do'} at ${instant(toMs)}`]);
  }
  events.push([history.healedMs, 'all faults are over'], [history.endMs, 'the end']);
  for (const { toMs, terms } of history.observed) events.push([toMs, `in force: ${JSON.stringify(terms)}`]);
  events.sort(([one], [other]) => one - other);
  const { rows, revoked, deadLetters, store, catalogue, audit } = history.final;
  return [
    `coupon ${couponId}: ${JSON.stringify(history.terms)}`,
    ...events.map(([atMs, line]) => `${instant(atMs).padStart(7)}  ${line}`),
    `rows: ${rows.map((row) => `${row.issueNo}=${row.holder}@${row.issuedAtMs - STORE_OFFSET_MS}`).join(' ')}`,
    `revoked: ${[...revoked].map(([issueNo, holder]) => `${issueNo}=${holder}`).join(' ')}`,
    `dead letters: ${JSON.stringify(deadLetters)}`,
    `store: ${JSON.stringify(store)}`,
    `database: ${JSON.stringify(catalogue)}`,
    `audit log: ${JSON.stringify(audit)}`,
  ];
}

function instant(atMs: number | undefined): string {
  return atMs === undefined ? 'never' : String(Math.round(atMs));
}
