/**
 * Checks I8 for sellers: that every answer to a change or a revoke is true, and stays true.
 *
 * What was answered as done is in force until another change follows, also after a rebuild. What was answered as not attempted, or refused, is
 * never in force. What has an unknown outcome may be either, and is settled in the end: the same terms everywhere, with an entry in the audit
 * log for each change in force.
 */
import type { CouponTerms } from '../../domain/coupon.js';
import type { AuditedAct, History, SellerCall, Violation } from './history.js';
import type { PossibleTerms } from './possible-terms.js';

const FIELDS = ['quantity', 'opensAtMs', 'closesAtMs', 'paused', 'closed'] as const;

const violation = (what: string): Violation => ({ promise: 'I8', what });

export function checkSellers(history: History, terms: PossibleTerms): Violation[] {
  return [
    ...termsExplained(history, terms),
    ...settled(history),
    ...audited(history),
    ...refusedForAReason(history, terms),
    ...revokedByRequest(history),
    ...definite(history),
  ];
}

/** The calls of the sellers explain the terms at every instant at which they were read. */
function termsExplained(history: History, terms: PossibleTerms): Violation[] {
  const { observed, endMs, instantMs, final } = history;
  const unexplained = (seen: CouponTerms, fromMs: number, toMs: number, where: string): Violation[] =>
    FIELDS.flatMap((field) => {
      const possible: Set<unknown> = terms.within(field, fromMs - instantMs, toMs + instantMs);
      if (possible.has(seen[field])) return [];
      const calls = [...possible].map(String).join(' or ');
      return [
        violation(
          `${field} is ${seen[field]} in ${where} at ${Math.round(toMs)}; by the calls it is ${calls}`,
        ),
      ];
    });
  return [
    ...observed.flatMap(({ fromMs, toMs, terms: seen }) => unexplained(seen, fromMs, toMs, 'the store')),
    ...(final.store === undefined ? [] : unexplained(final.store.terms, endMs, endMs, 'the store')),
    ...unexplained(final.catalogue.terms, endMs, endMs, 'the database'),
  ];
}

/** In the end no change is unfinished, and store and database have the same terms. */
function settled({ final }: History): Violation[] {
  const { store, catalogue } = final;
  const violations: Violation[] = [];
  if (catalogue.unsettledChanges > 0) {
    violations.push(violation(`${catalogue.unsettledChanges} changes were never settled`));
  }
  for (const field of FIELDS) {
    if (store === undefined || store.terms[field] === catalogue.terms[field]) continue;
    violations.push(
      violation(
        `${field} is ${store.terms[field]} in the store and ${catalogue.terms[field]} in the database`,
      ),
    );
  }
  return violations;
}

/** Each change that is done has one entry of its own, one of unknown outcome at most one, and there are no others. */
function audited({ sellerCalls, losses, final, takenBack = [] }: History): Violation[] {
  const entries = countBy(final.audit, nameOf);
  const callsOf = new Map<string, SellerCall[]>();
  for (const call of sellerCalls) {
    const name = nameOf(call.act);
    callsOf.set(name, [...(callsOf.get(name) ?? []), call]);
  }
  const returned = new Set(takenBack.map(({ issueNo }) => `revoke ${issueNo}`));
  const violations: Violation[] = [];
  for (const name of new Set([...entries.keys(), ...callsOf.keys()])) {
    const { least: due, most } = entriesDue(callsOf.get(name) ?? []);
    // What a rebuild has revoked beyond the quantity, or was taken back, is revoked already.
    const isRevoked = returned.has(name) || (name.startsWith('revoke') && losses.length > 0);
    const least = isRevoked ? 0 : due;
    const found = entries.get(name) ?? 0;
    if (found >= least && found <= most) continue;
    const bounds = least === most ? String(least) : `${least} to ${most}`;
    violations.push(violation(`the audit log has ${found} entries of ${name} and should have ${bounds}`));
  }
  return violations;
}

function entriesDue(calls: readonly SellerCall[]): { readonly least: number; readonly most: number } {
  const once = new Map<string, { least: number; most: number }>();
  calls.forEach(({ act, result }, place) => {
    // Repeats of a revoke, or under one key, have one entry together.
    const name = act.kind === 'amend' ? String(place) : act.kind === 'top_up' ? act.key : '';
    const due = once.get(name) ?? { least: 0, most: 0 };
    if (result === 'done') due.least = due.most = 1;
    else if (result === 'unknown') due.most = 1;
    once.set(name, due);
  });
  let [least, most] = [0, 0];
  for (const due of once.values()) {
    least += due.least;
    most += due.most;
  }
  return { least, most };
}

function nameOf(act: SellerCall['act'] | AuditedAct): string {
  switch (act.kind) {
    case 'amend':
      return JSON.stringify(Object.entries(act.change).sort(([one], [other]) => (one < other ? -1 : 1)));
    case 'top_up':
      return `+${act.by}`;
    case 'revoke':
      return `revoke ${act.issueNo}`;
  }
}

function countBy<One>(all: readonly One[], name: (one: One) => string): Map<string, number> {
  const counts = new Map<string, number>();
  for (const one of all) counts.set(name(one), (counts.get(name(one)) ?? 0) + 1);
  return counts;
}

/** "Closed" is answered for a coupon that may have been closed. */
function refusedForAReason({ sellerCalls }: History, terms: PossibleTerms): Violation[] {
  return sellerCalls.flatMap(({ code, invokedMs, answeredMs }) => {
    if (code !== 'closed' || answeredMs === undefined) return [];
    if (terms.within('closed', invokedMs, answeredMs).has(true)) return [];
    return [
      violation(`a seller, asking at ${Math.round(invokedMs)}, was answered that the coupon is closed`),
    ];
  });
}

/** A rebuild revokes what an older copy of the store brought back beyond the quantity; without a loss only sellers do. */
function revokedByRequest({ sellerCalls, losses, final, takenBack = [] }: History): Violation[] {
  if (losses.length > 0) return [];
  const wanted = new Set(
    sellerCalls.flatMap(({ act, result }) =>
      act.kind === 'revoke' && (result === 'done' || result === 'unknown') ? [act.issueNo] : [],
    ),
  );
  for (const { issueNo } of takenBack) wanted.add(issueNo);
  return [...final.revoked.keys()].flatMap((issueNo) =>
    wanted.has(issueNo)
      ? []
      : [violation(`number ${issueNo} is revoked, and no seller has received that answer`)],
  );
}

function definite({ sellerCalls, healedMs }: History): Violation[] {
  return sellerCalls.flatMap(({ act, result, invokedMs }) =>
    invokedMs < healedMs || result === 'done' || result === 'refused'
      ? []
      : [violation(`a seller's ${act.kind} was answered ${result} with no fault left`)],
  );
}
