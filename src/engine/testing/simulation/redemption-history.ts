/**
 * Judges the calls about one issuance by I9: there is one order of them, within the time each took, that explains every answer and the rows.
 *
 * A command whose answer was lost may have taken effect at any time after it was sent, or never; so may the duplicate of any command. Of all
 * arrivals of the same command at most one changes anything, so one optional arrival for each command represents all of them.
 */
import { applyCommand, freshIssuance } from '../contracts/redemption-model.js';
import type { RedemptionCommand, RedemptionState } from '../contracts/redemption-model.js';
import type { CancelEffect } from '../../domain/redemption.js';

export interface TimedCall {
  readonly command: RedemptionCommand;
  readonly invokedMs: number;
  answeredMs: number | undefined;
  /** `undefined`: lost. */
  answer: string | undefined;
}

export interface RedemptionHistory {
  readonly calls: readonly TimedCall[];
  readonly onCancel: CancelEffect;
  readonly expiresAtMs: number;
  /** State of the rows when nothing is under way any more. */
  readonly final: RedemptionState;
}

interface Step {
  readonly command: RedemptionCommand;
  readonly invokedMs: number;
  readonly endMs: number;
  readonly answer: string | undefined;
}

export function isLinearizable(history: RedemptionHistory): boolean {
  const { calls, onCancel, expiresAtMs, final } = history;
  const answered = calls.flatMap(({ command, invokedMs, answeredMs, answer }) =>
    answeredMs === undefined ? [] : [{ command, invokedMs, endMs: answeredMs, answer }],
  );
  const steps: readonly Step[] = [...answered, ...optionalSteps(calls)];
  const wanted = keyOf(final);
  const seen = new Set<string>();

  const search = (state: RedemptionState, open: readonly Step[], isExpired: boolean): boolean => {
    const mandatory = open.filter(({ answer }) => answer !== undefined);
    if (mandatory.length === 0 && keyOf(state) === wanted) return true;
    const name = `${keyOf(state)} ${open.map((step) => steps.indexOf(step)).join()} ${isExpired}`;
    if (seen.has(name)) return false;
    seen.add(name);
    const firstEndMs = Math.min(...mandatory.map(({ endMs }) => endMs));
    return open.some((step) => {
      if (step.invokedMs > firstEndMs) return false;
      const rest = open.filter((other) => other !== step);
      return [false, true].some((late) => {
        if (isExpired && !late) return false;
        if (late ? step.endMs < expiresAtMs : step.invokedMs >= expiresAtMs) return false;
        const next = applyAt(state, step.command, onCancel, late);
        return (step.answer === undefined || step.answer === next.answer) && search(next.state, rest, late);
      });
    });
  };
  return search(freshIssuance, steps, false);
}

/** One for each command, from when it was first sent. */
function optionalSteps(calls: readonly TimedCall[]): Step[] {
  const first = new Map<string, Step>();
  for (const { command, invokedMs } of calls) {
    const name = JSON.stringify(command);
    if (!first.has(name)) first.set(name, { command, invokedMs, endMs: Infinity, answer: undefined });
  }
  return [...first.values()];
}

/** @param isExpired whether the validity of the issuance has ended by then. */
function applyAt(
  state: RedemptionState,
  command: RedemptionCommand,
  onCancel: CancelEffect,
  isExpired: boolean,
): { readonly state: RedemptionState; readonly answer: string } {
  const next = applyCommand(state, command, onCancel);
  return isExpired && next.answer === 'redeemed' ? { state, answer: 'coupon_expired' } : next;
}

function keyOf({ orders, used, revoked }: RedemptionState): string {
  return JSON.stringify([[...orders].sort(), used, revoked]);
}
