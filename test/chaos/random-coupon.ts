/** Draws the coupon of a round of random faults, and its crowd. */
import { Random } from '../../src/engine/testing/simulation/random.js';

export interface DrawnCoupon {
  readonly quantity: number;
  readonly members: number;
  readonly perMember?: number;
  readonly holdSeconds?: number;
}

export function drawCoupon(random: Random, roundSeed: number): DrawnCoupon {
  const quantity = random.between(50, 400);
  const holders = quantity + random.between(0, quantity);
  // Separate, so that seeds still draw the faults that they drew before.
  const more = new Random(roundSeed + 2);
  const perMember = more.pick([1, 1, 2, 3]);
  return {
    ...{ quantity, members: Math.ceil(holders / perMember) },
    ...(perMember === 1 ? {} : { perMember }),
    ...(more.chance(0.4) ? { holdSeconds: 30 } : {}),
  };
}
