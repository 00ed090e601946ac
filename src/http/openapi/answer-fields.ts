/** Defines the fields that the answers of several subjects share. */
import { z } from 'zod';
import { QUANTITY_MAX } from '../../engine/domain/coupon.js';
import { UNIT_MAX } from '../../engine/domain/holder.js';
import { SUBJECT_LENGTH_MAX } from '../../engine/domain/member-id.js';

export const instant = z.string().meta({ format: 'date-time', examples: ['2026-11-22T12:00:00.123Z'] });
export const count = z.int().min(0).max(QUANTITY_MAX);

export const couponId = z
  .int()
  .min(1)
  .meta({ examples: [42] });
export const memberId = z
  .string()
  .min(1)
  .max(SUBJECT_LENGTH_MAX)
  .meta({ description: 'The `sub` of the member’s token.', examples: ['7'] });
export const issueNo = z
  .int()
  .min(1)
  .meta({ description: 'The number of the issuance; the first is 1.', examples: [17] });

export const unit = z.int().min(2).max(UNIT_MAX).optional().meta({
  description: 'Which of the member’s units; present only above the first.',
});

/** Absent as a number: no further page. */
export const next = z
  .int()
  .nullable()
  .meta({ description: 'Send it as `after` for the next page; null at the end.' });

export const confirmBy = instant.meta({
  description:
    'Present only if the coupon has `holdSeconds`: the hold ends soon after unless it is confirmed.',
});

export const orderId = z.string().meta({ description: 'The order that redeemed it.', examples: ['A-1017'] });
