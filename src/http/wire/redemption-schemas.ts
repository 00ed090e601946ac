/** Defines the inputs about issuances that members hold: redemptions, holds, the wallet. */
import { z } from 'zod';
import { walletStates } from '../../engine/domain/redemption.js';
import type { OrderId } from '../../engine/domain/redemption.js';
import { parseUnit, UNIT_MAX } from '../../engine/domain/holder.js';
import { unit, limit } from './field-schemas.js';

export const orderId = z
  .string()
  .regex(/^[A-Za-z0-9._:-]{1,64}$/, 'must have 1 to 64 characters of A–Z, a–z, 0–9, ".", "_", ":" and "-"')
  .transform((text) => text as OrderId)
  .meta({
    description: 'Your name for the order. The same order always gets the same answer.',
    examples: ['A-1017'],
  });

export const orderInput = z.strictObject({ orderId });
export const memberOrderInput = z.strictObject({
  orderId,
  unit: unit.meta({
    description:
      'Which of the member’s units. Without it the one this order has redeemed, else the first usable one.',
  }),
});

/** Digits of the query, as the unit of a path has them. */
export const ownUnitQuery = z.strictObject({
  unit: z
    .string()
    .transform((text) => parseUnit(text))
    .pipe(z.int(`must be a whole number from 1 to ${UNIT_MAX}`))
    .optional()
    .meta({ description: 'Which of your units; the first where it is left out.' }),
});

export const useInput = z.strictObject({
  orderId: orderId.optional(),
  unit: unit.meta({
    description:
      'Which of your units. Without it: with an `orderId` the one this order has used, else the first usable one; without both the first unit.',
  }),
});

export const recallInput = z.strictObject({
  after: z
    .int()
    .min(0)
    .default(0)
    .meta({ description: 'The `next` of the previous response; left out: from the first number.' }),
  dryRun: z.boolean().default(false).meta({ description: 'Only count what would be taken back.' }),
});

export const walletQuery = z.strictObject({
  after: z
    .string()
    .regex(/^(0|-?[1-9]\d{0,15})(\.[1-9]\d{0,14}){0,2}$/, 'must be the `next` of the previous page')
    .default('0')
    .meta({ description: 'The `next` of the previous page.' }),
  limit,
  state: z.enum(walletStates, `must be one of ${walletStates.join(', ')}`).optional(),
  order: z
    .enum(['newest'], 'must be newest')
    .optional()
    .meta({ description: 'The latest issue first; without it by coupon id.' }),
});
