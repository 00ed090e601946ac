/** Defines the inputs of a till: what a member shows, and the order that it is redeemed for. */
import { z } from 'zod';
import { CODE_LENGTH_MAX } from '../till/coupon-pass.js';
import { orderId } from './redemption-schemas.js';

export const code = z
  .string()
  .min(1, 'must not be empty')
  .max(CODE_LENGTH_MAX, `must have at most ${CODE_LENGTH_MAX} characters`)
  .meta({
    description: 'The text of a pass (`SP1.…`), or coupon and number as they are read out: `42-17`.',
    examples: ['42-17'],
  });
export const tillInput = z.strictObject({ code });
export const tillOrderInput = z.strictObject({ code, orderId });
