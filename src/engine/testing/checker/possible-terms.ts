/**
 * Derives from the seller's log which terms may have been in force at each instant.
 *
 * A change requested at one instant and answered at another took effect somewhere in between; one without an answer,
 * within `lateMs` or never. So every span has a set of values, and an answer is accepted if one of them explains it.
 */
import type { History, SellerCall } from './history.js';

interface Setting<Value> {
  readonly value: Value;
  readonly fromMs: number;
  /** By then it has taken effect, if it ever does. */
  readonly untilMs: number;
  readonly certain: boolean;
}

type Fields = {
  readonly quantity: number;
  readonly opensAtMs: number | undefined;
  readonly closesAtMs: number | undefined;
  readonly paused: boolean;
  readonly closed: boolean;
};

export class PossibleTerms {
  readonly #settings: { readonly [Name in keyof Fields]: Setting<Fields[Name]>[] };

  constructor(history: History) {
    const { quantity, opensAtMs, closesAtMs, paused, closed } = history.terms;
    this.#settings = {
      quantity: [initially(quantity)],
      opensAtMs: [initially(opensAtMs)],
      closesAtMs: [initially(closesAtMs)],
      paused: [initially(paused)],
      closed: [initially(closed)],
    };
    for (const call of history.sellerCalls) this.#take(call, history.lateMs);
  }

  /** Every value this field may have had at some instant of the span. */
  within<Name extends keyof Fields>(name: Name, fromMs: number, toMs: number): Set<Fields[Name]> {
    const settings = this.#settings[name];
    const possible = settings.filter(
      (setting) =>
        setting.fromMs <= toMs &&
        !settings.some((later) => later.certain && later.fromMs > setting.untilMs && later.untilMs <= fromMs),
    );
    return new Set(possible.map((setting) => setting.value));
  }

  #take(call: SellerCall, lateMs: number): void {
    if (call.act.kind !== 'amend' || call.result === 'refused') return;
    const span = {
      fromMs: call.invokedMs,
      untilMs: call.answeredMs ?? call.invokedMs + lateMs,
      certain: call.result === 'done',
    };
    const { quantity, opensAtMs, closesAtMs, paused, closed } = call.act.change;
    if (quantity !== undefined) this.#settings.quantity.push({ ...span, value: quantity });
    if (opensAtMs !== undefined) this.#settings.opensAtMs.push({ ...span, value: opensAtMs ?? undefined });
    if (closesAtMs !== undefined) this.#settings.closesAtMs.push({ ...span, value: closesAtMs ?? undefined });
    if (paused !== undefined) this.#settings.paused.push({ ...span, value: paused });
    if (closed === undefined) return;
    this.#settings.closed.push({ ...span, value: closed });
    // Closing also ends a pause.
    this.#settings.paused.push({ ...span, value: false });
  }
}

function initially<Value>(value: Value): Setting<Value> {
  return { value, fromMs: -Infinity, untilMs: -Infinity, certain: true };
}
