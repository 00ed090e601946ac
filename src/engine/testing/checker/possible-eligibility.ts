/**
 * Derives from rules, lists and holders of other coupons whom a process may have taken for eligible at each instant.
 *
 * A change counts everywhere within a second. A process that cannot read the list keeps what it knows, so the second begins anew when it
 * can read again.
 */
import { memberOf } from '../../domain/holder.js';
import type { MemberId } from '../../domain/coupon.js';
import type { EligibilityRule } from '../../domain/download.js';
import type {
  DownloadCall,
  ExcludedHolders,
  History,
  ListChange,
  ListedMembers,
  RuleSpan,
} from './history.js';

const STALE_MS = 1_000;

export class PossibleEligibility {
  readonly #rules: readonly RuleSpan[];
  readonly #listed: ListedMembers | undefined;
  readonly #excludes: ExcludedHolders | undefined;
  /** Member → until when it held the coupon that excludes it. */
  readonly heldUntilMs: ReadonlyMap<MemberId, number>;
  readonly #instantMs: number;

  constructor({ rules = [], listed, excludes, instantMs }: History) {
    this.#rules = rules;
    this.#listed = listed;
    this.#excludes = excludes;
    this.#instantMs = instantMs;
    this.heldUntilMs = excludes === undefined ? new Map() : heldUntil(excludes);
  }

  /** The coupon is for some members only, at some time. */
  get isLimited(): boolean {
    return this.#rules.length > 0 || this.#listed !== undefined || this.#excludes !== undefined;
  }

  /** Whether the member may win by a call that is decided between these instants. */
  mayAdmit(call: DownloadCall, fromMs: number, toMs: number): boolean {
    return (
      (this.#rules.length === 0 || this.#ruled(fromMs, toMs).some((rule) => admits(rule, call))) &&
      this.#mayBeListed(call, true, fromMs, toMs) &&
      (this.heldUntilMs.get(memberOf(call.holder)) ?? -Infinity) <= toMs + this.#instantMs
    );
  }

  /** Whether a call that is decided between these instants may be refused by this part of the rule. */
  mayExclude(call: DownloadCall, rule: EligibilityRule, fromMs: number, toMs: number): boolean {
    switch (rule) {
      case 'claims':
        return this.#ruled(fromMs, toMs).some((span) => !admits(span, call));
      case 'audience':
        return this.#listed !== undefined && this.#mayBeListed(call, false, fromMs, toMs);
      case 'not_issued':
        return this.#excludes?.everHeldBy.has(memberOf(call.holder)) === true;
    }
  }

  #ruled(fromMs: number, toMs: number): RuleSpan[] {
    return this.#rules.filter(
      (rule, place) =>
        rule.fromMs <= toMs && (this.#rules[place + 1]?.fromMs ?? Infinity) >= fromMs - STALE_MS,
    );
  }

  #mayBeListed({ holder }: DownloadCall, isListed: boolean, fromMs: number, toMs: number): boolean {
    if (this.#listed === undefined) return isListed;
    const { first, changes } = this.#listed;
    const memberId = memberOf(holder);
    const wasListed = first.has(memberId);
    const change = changes.get(memberId);
    if (change === undefined || change.isListed === wasListed) return wasListed === isListed;
    return isListed === change.isListed
      ? change.invokedMs - this.#instantMs <= toMs
      : fromMs <= this.#knownByMs(change, this.#listed);
  }

  /** From then on every process knows the change. */
  #knownByMs({ doneMs }: ListChange, { unreadable }: ListedMembers): number {
    if (doneMs === undefined) return Infinity;
    return unreadable
      .toSorted((one, other) => one.fromMs - other.fromMs)
      .reduce(
        (knownByMs, { fromMs, toMs }) =>
          fromMs <= knownByMs ? Math.max(knownByMs, toMs + STALE_MS) : knownByMs,
        doneMs + STALE_MS + this.#instantMs,
      );
  }
}

function admits({ grades }: RuleSpan, { grade = '' }: DownloadCall): boolean {
  return grades?.includes(grade) ?? true;
}

function heldUntil({ rows, ended }: ExcludedHolders): Map<MemberId, number> {
  const heldUntilMs = new Map<MemberId, number>();
  const hold = (memberId: MemberId, untilMs: number): void => {
    heldUntilMs.set(memberId, Math.max(untilMs, heldUntilMs.get(memberId) ?? -Infinity));
  };
  for (const { holder } of rows) hold(memberOf(holder), Infinity);
  for (const { holder, endedMs } of ended) hold(memberOf(holder), endedMs);
  return heldUntilMs;
}
