/** Draws the coupon of a round of random faults, and its crowd. */
import { Random } from '../../src/engine/testing/simulation/random.js';
import type { Limit } from './limited-crowd.js';

/** Added to the seed of a round, it is that of the draws about whom its coupon is for. */
const LIMIT_SEEDS = 1_000_003;
const LIMITED = 0.5;

/** The same for recalls. */
const RECALL_SEEDS = 3_000_017;
const RECALLED = 0.2;
const RECALL_WITHIN_MS = 4_000;

export interface DrawnCoupon {
  readonly quantity: number;
  readonly members: number;
  readonly perMember?: number;
  readonly holdSeconds?: number;
  /** Which members of the crowd the coupon is for; absent: all. */
  readonly limit?: Limit;
  /** The seller recalls the coupon this long after the first downloads; absent: never. */
  readonly recallAfterMs?: number;
}

export function drawCoupon(random: Random, roundSeed: number): DrawnCoupon {
  const quantity = random.between(50, 400);
  const holders = quantity + random.between(0, quantity);
  // Separate, so that seeds still draw the faults that they drew before.
  const more = new Random(roundSeed + 2);
  const perMember = more.pick([1, 1, 2, 3]);
  const recalls = new Random(roundSeed + RECALL_SEEDS);
  const limits = new Random(roundSeed + LIMIT_SEEDS);
  return {
    ...{ quantity, members: Math.ceil(holders / perMember) },
    ...(perMember === 1 ? {} : { perMember }),
    ...(more.chance(0.4) ? { holdSeconds: 30 } : {}),
    ...(limits.chance(LIMITED) ? { limit: drawLimit(limits) } : {}),
    ...(recalls.chance(RECALLED) ? { recallAfterMs: recalls.between(200, RECALL_WITHIN_MS) } : {}),
  };
}

function drawLimit(random: Random): Limit {
  const by = random.pick<Limit['by']>(['claims', 'audience', 'audience', 'not_issued']);
  const excluded = random.pick([0.1, 0.3, 0.6]);
  const moving = random.pick([{}, { added: 0.2 }, { removed: 0.2 }, { added: 0.15, removed: 0.15 }]);
  return { by, excluded, ...(by === 'audience' ? moving : {}) };
}
