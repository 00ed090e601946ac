/**
 * Defines what an actor knows of its coupon, as one value: the table in the header of coupon-actor.ts.
 *
 * One value instead of several fields, so that no combination exists that the table does not have.
 */
import type { CouponSnapshot } from '../domain/coupon.js';
import { StoreCorruptError } from '../domain/errors.js';
import type { SealedAnswers } from './sealed-answers.js';

/** The coupon has still to be learnt. */
export interface Cold {
  readonly kind: 'cold';
  readonly snapshot?: undefined;
}

/** The store decides. */
export interface Open {
  readonly kind: 'open';
  readonly snapshot: CouponSnapshot;
}

/** No member can win at this version: answers come from memory, for as long as the store confirms the version. */
export interface Sealed {
  readonly kind: 'sealed';
  readonly snapshot: CouponSnapshot;
  readonly answers: SealedAnswers;
}

export type ActorState = Cold | Open | Sealed;

export const COLD: Cold = Object.freeze({ kind: 'cold' });

/** Winners held in memory by this state. */
export function winnersHeldBy(state: ActorState): number {
  return state.kind === 'sealed' ? state.answers.size : 0;
}

/** @throws StoreCorruptError when answers would be given for another version than the one that is known. */
export function assertState(state: ActorState): void {
  if (state.kind === 'sealed' && !state.answers.isOf(state.snapshot)) {
    throw new StoreCorruptError('Sealed answers do not belong to the version of the coupon.');
  }
}
