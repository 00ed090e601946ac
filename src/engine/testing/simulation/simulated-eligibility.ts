/**
 * Simulates who may have a coupon: its rule and the grades of its members change while they request, and every process knows the rule as it was up
 * to a second ago.
 */
import type { DoorRefusal } from '../../domain/download.js';
import type { RuleSpan } from '../checker/history.js';
import type { Random } from './random.js';

/** How many coupons have a rule at some time. */
const RULED = 0.35;
const GRADES = ['gold', 'silver'] as const;
/** A process knows a change of the rule within this. */
export const RULE_LAG_MAX_MS = 1_000;

const NOT_ELIGIBLE: DoorRefusal = Object.freeze({ outcome: 'not_eligible', rule: 'claims' });

export class SimulatedEligibility {
  /** Ascending; empty where the coupon never has a rule. */
  readonly rules: readonly RuleSpan[];
  readonly #random: Random;
  readonly #lagMaxMs: number;

  /**
   * @param random of its own, so that the seeds of histories without rules still lead to the same draws.
   * @param lagMaxMs how late a process may know a change.
   */
  constructor(random: Random, untilMs: number, lagMaxMs: number) {
    this.#random = random;
    this.#lagMaxMs = lagMaxMs;
    const changes = random.chance(RULED) ? random.between(0, 3) : -1;
    const changedMs = Array.from({ length: Math.max(0, changes) }, () => random.between(1, untilMs));
    const starts = changes < 0 ? [] : [-Infinity, ...changedMs.sort((one, other) => one - other)];
    this.rules = starts.map((fromMs) => ({ fromMs, ...drawGrades(random) }));
  }

  /** Grade in the member's token at this request: a member may have another grade at the next. */
  grade(): string | undefined {
    return this.rules.length === 0 ? undefined : this.#random.pick(GRADES);
  }

  /** Why a member of this grade may not win, as some process knows it at this instant. */
  refusal(grade: string | undefined, atMs: number): DoorRefusal | undefined {
    if (this.rules.length === 0) return undefined;
    const knownMs = atMs - this.#random.next() * this.#lagMaxMs;
    const rule = this.rules.findLast(({ fromMs }) => fromMs <= knownMs);
    return rule?.grades === undefined || rule.grades.includes(grade ?? '') ? undefined : NOT_ELIGIBLE;
  }
}

/** Nothing: every member may have the coupon for a while. */
function drawGrades(random: Random): { readonly grades: readonly string[] | undefined } {
  return random.pick<{ readonly grades: readonly string[] | undefined }>([
    { grades: ['gold'] },
    { grades: ['silver'] },
    { grades: [] },
    { grades: undefined },
  ]);
}
