/**
 * Models the redemption of one issuance as a state machine, and searches an order that explains overlapping answers
 * (I9).
 */
import type { CancelEffect, OrderId } from '../../domain/redemption.js';

export interface RedemptionState {
  /** Orders that redeemed, with whether they were cancelled since. */
  readonly orders: ReadonlyMap<OrderId, 'live' | 'cancelled'>;
  readonly used: boolean;
  readonly revoked: boolean;
}

export type RedemptionCommand =
  { readonly kind: 'redeem' | 'cancel'; readonly orderId: OrderId } | { readonly kind: 'revoke' };

/** What a caller was answered; `undefined`: the answer was lost, or belongs to a late duplicate. */
export interface RedemptionCall {
  readonly command: RedemptionCommand;
  readonly answer: string | undefined;
}

export const freshIssuance: RedemptionState = { orders: new Map(), used: false, revoked: false };

/** The next state and the answer. */
export function applyCommand(
  state: RedemptionState,
  command: RedemptionCommand,
  onCancel: CancelEffect,
): { readonly state: RedemptionState; readonly answer: string } {
  if (command.kind === 'revoke') {
    if (state.revoked) return { state, answer: 'again' };
    if (state.used) return { state, answer: 'used' };
    return { state: { ...state, revoked: true }, answer: 'revoked' };
  }
  if (state.revoked) return { state, answer: 'absent' };
  const { orderId } = command;
  const earlier = state.orders.get(orderId);
  if (command.kind === 'cancel') {
    if (earlier === undefined) return { state, answer: 'not_redeemed' };
    if (earlier === 'cancelled') return { state, answer: 'cancelled' };
    const orders = new Map(state.orders).set(orderId, 'cancelled');
    return { state: { ...state, orders, used: onCancel === 'void' }, answer: 'cancelled' };
  }
  if (earlier === 'live') return { state, answer: 'repeated' };
  if (earlier === 'cancelled') return { state, answer: 'redemption_cancelled' };
  if (state.used) return { state, answer: 'already_used' };
  const orders = new Map(state.orders).set(orderId, 'live');
  return { state: { ...state, orders, used: true }, answer: 'redeemed' };
}

/** Every state in which calls that overlapped may have left the issuance; empty when no order of them gives these answers. */
export function statesAfter(
  states: readonly RedemptionState[],
  calls: readonly RedemptionCall[],
  onCancel: CancelEffect,
): RedemptionState[] {
  const found = new Map<string, RedemptionState>();
  const search = (state: RedemptionState, rest: readonly RedemptionCall[]): void => {
    if (rest.length === 0) {
      found.set(keyOf(state), state);
      return;
    }
    rest.forEach((call, place) => {
      const next = applyCommand(state, call.command, onCancel);
      if (call.answer !== undefined && call.answer !== next.answer) return;
      search(
        next.state,
        rest.filter((_, other) => other !== place),
      );
    });
  };
  for (const state of states) search(state, calls);
  return [...found.values()];
}

function keyOf({ orders, used, revoked }: RedemptionState): string {
  return JSON.stringify([[...orders].sort(), used, revoked]);
}
