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
  /** Units added to whatever the quantity was. */
  readonly #additions: readonly Setting<number>[];

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
    this.#additions = additionsOf(history);
  }

  /** Every value this field may have had at some instant of the span. */
  within<Name extends keyof Fields>(name: Name, fromMs: number, toMs: number): Set<Fields[Name]> {
    const settings = this.#settings[name];
    const possible = settings.filter(
      (setting) =>
        setting.fromMs <= toMs &&
        !settings.some((later) => later.certain && later.fromMs > setting.untilMs && later.untilMs <= fromMs),
    );
    if (name !== 'quantity') return new Set(possible.map((setting) => setting.value));
    const quantities = possible as readonly Setting<number>[];
    return new Set(quantities.flatMap((setting) => this.#withAdditions(setting, fromMs, toMs))) as Set<
      Fields[Name]
    >;
  }

  #withAdditions(base: Setting<number>, fromMs: number, toMs: number): number[] {
    let sums = new Set([base.value]);
    for (const addition of this.#additions) {
      // Made before the base was set, or after the span.
      if (addition.untilMs < base.fromMs || addition.fromMs > toMs) continue;
      const surely = addition.certain && addition.fromMs > base.untilMs && addition.untilMs <= fromMs;
      const added = [...sums].map((sum) => sum + addition.value);
      sums = new Set(surely ? added : [...sums, ...added]);
    }
    return [...sums];
  }

  #take(call: SellerCall, lateMs: number): void {
    if (call.act.kind !== 'amend' || !mayBeInForce(call)) return;
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

/** Whether the seller's answer confirms that, or leaves it open. */
export function mayBeInForce({ result }: SellerCall): boolean {
  return result === 'done' || result === 'unknown';
}

function additionsOf({ sellerCalls, lateMs }: History): Setting<number>[] {
  const callsOf = new Map<string, SellerCall[]>();
  for (const call of sellerCalls) {
    if (call.act.kind !== 'top_up' || !mayBeInForce(call)) continue;
    callsOf.set(call.act.key, [...(callsOf.get(call.act.key) ?? []), call]);
  }
  return [...callsOf.values()].map((calls) => {
    const done = calls.flatMap(({ result, answeredMs }) => (result === 'done' ? (answeredMs ?? []) : []));
    const [{ act }] = calls as [SellerCall];
    return {
      value: act.kind === 'top_up' ? act.by : 0,
      fromMs: Math.min(...calls.map(({ invokedMs }) => invokedMs)),
      untilMs: Math.min(
        ...done,
        ...(done.length > 0 ? [] : [Math.max(...calls.map(({ invokedMs }) => invokedMs)) + lateMs]),
      ),
      certain: done.length > 0,
    };
  });
}

function initially<Value>(value: Value): Setting<Value> {
  return { value, fromMs: -Infinity, untilMs: -Infinity, certain: true };
}
