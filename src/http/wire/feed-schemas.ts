/** Defines the inputs about events: following them, webhooks, replays. */
import { z } from 'zod';
import { eventKinds, FEED_START, parseFeedCursor } from '../../engine/domain/events.js';
import type { EventKind, FeedPosition } from '../../engine/domain/events.js';
import type { CouponId } from '../../engine/domain/coupon.js';
import { WEBHOOK_COUPONS_MAX } from '../../engine/ports/webhooks.js';
import { limit } from './field-schemas.js';

const eventKind = z.enum(eventKinds, `must be of ${eventKinds.join(', ')}`);

/** Separated by commas. */
const kinds = z
  .string()
  .transform((text) => text.split(','))
  .pipe(z.array(eventKind))
  .transform((names): ReadonlySet<EventKind> => new Set(names))
  .optional()
  .meta({ type: 'string', description: `Only these, separated by commas: ${eventKinds.join(', ')}.` });

const WEBHOOK_URL_LENGTH_MAX = 2_000;

export const webhookInput = z.strictObject({
  url: z
    .string()
    .max(WEBHOOK_URL_LENGTH_MAX)
    .meta({ description: 'https, to a public address.', examples: ['https://shop.example/hooks/coupons'] }),
  kinds: z
    .array(eventKind)
    .min(1, 'must name at least one kind')
    .max(eventKinds.length)
    .refine((names) => new Set(names).size === names.length, 'must not name a kind twice'),
  couponIds: z
    .array(
      z
        .int()
        .min(1)
        .transform((id) => id as CouponId),
    )
    .min(1, 'must name at least one coupon')
    .max(WEBHOOK_COUPONS_MAX)
    .optional()
    .meta({ description: 'Only events of these coupons; without it of all.' }),
});

export const replayInput = z.strictObject({
  couponId: z
    .int()
    .min(1)
    .transform((id) => id as CouponId),
  fromIssueNo: z.int().min(1),
});

export const eventListQuery = z.strictObject({
  after: z
    .string()
    .transform((text, context): FeedPosition => {
      const position = parseFeedCursor(text);
      if (position !== undefined) return position;
      context.addIssue({ code: 'custom', message: 'must be the `cursor` of a page' });
      return z.NEVER;
    })
    .default(FEED_START)
    .meta({
      type: 'string',
      default: '0',
      description: 'The `cursor` of the previous page; without it from the oldest event.',
    }),
  kinds,
  limit,
});
