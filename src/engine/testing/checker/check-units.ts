/** Checks the part of I2 about units: a member has as many as the limit allowed, and is refused only those above it. */
import { memberOf, unitOf } from '../../domain/holder.js';
import type { AcknowledgedIssuances } from './acknowledged-issuances.js';
import type { History, Violation } from './history.js';

/** A process knows a limit within this. */
const STALE_MS = 1_000;

export function checkUnits(facts: AcknowledgedIssuances): Violation[] {
  return [...unitsWithinLimit(facts), ...countWithinLimit(facts), ...refusedAboveLimit(facts)];
}

function limitsWithin({ limits = [] }: History, fromMs: number, toMs: number): number[] {
  const all = limits.length === 0 ? [{ fromMs: -Infinity, perMember: 1 }] : limits;
  return all
    .filter(({ fromMs: begins }, place) => begins <= toMs && (all[place + 1]?.fromMs ?? Infinity) > fromMs)
    .map(({ perMember }) => perMember);
}

/** The limit is judged when a download arrives, and the store decides up to `admitLateMs` later. */
function unitsWithinLimit(facts: AcknowledgedIssuances): Violation[] {
  const { history } = facts;
  return [...history.final.rows, ...facts.acknowledged].flatMap(
    ({ holder, issueNo, issuedAtMs }): Violation[] => {
      const atMs = facts.trueMs(issuedAtMs);
      const fromMs = atMs - STALE_MS - history.admitLateMs - history.instantMs;
      const most = Math.max(...limitsWithin(history, fromMs, atMs + history.instantMs));
      if (unitOf(holder) <= most) return [];
      return [
        { promise: 'I2', what: `${holder} was issued ${issueNo} with a limit of ${most} for each member` },
      ];
    },
  );
}

function countWithinLimit({ history }: AcknowledgedIssuances): Violation[] {
  const most = Math.max(...limitsWithin(history, -Infinity, Infinity));
  const counts = new Map<string, number>();
  for (const { holder } of history.final.rows) {
    const memberId = memberOf(holder);
    counts.set(memberId, (counts.get(memberId) ?? 0) + 1);
  }
  return [...counts].flatMap(([memberId, count]): Violation[] =>
    count <= most ? [] : [{ promise: 'I2', what: `${memberId} has ${count} rows, and the limit is ${most}` }],
  );
}

function refusedAboveLimit({ history }: AcknowledgedIssuances): Violation[] {
  return history.downloads.flatMap(({ holder, outcome, invokedMs, answeredMs }): Violation[] => {
    if (outcome?.outcome !== 'limit_reached') return [];
    const least = Math.min(...limitsWithin(history, invokedMs - STALE_MS, answeredMs ?? invokedMs));
    if (unitOf(holder) > least) return [];
    return [{ promise: 'I8', what: `${holder} was refused by a limit of ${least} for each member` }];
  });
}
