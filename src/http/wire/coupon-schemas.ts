/** Defines the inputs that describe, change and list coupons. */
import { z } from 'zod';
import { couponStates, QUANTITY_MAX } from '../../engine/domain/coupon.js';
import { DESCRIPTION_LENGTH_MAX, IMAGE_LENGTH_MAX } from '../../engine/domain/coupon-display.js';
import {
  cancelEffects,
  isTimeZone,
  redeemers,
  VALID_DAYS_MAX,
  VALID_HOURS_MAX,
  HOLD_SECONDS_MAX,
  HOLD_SECONDS_MIN,
} from '../../engine/domain/redemption.js';
import type { Validity } from '../../engine/domain/redemption.js';
import { UNIT_MAX } from '../../engine/domain/holder.js';
import { DEFAULT_CURRENCY } from '../../engine/domain/discount.js';
import { couponSorts } from '../../engine/ports/coupon-catalogue.js';
import { eligibility } from './eligibility-schemas.js';
import {
  instant,
  controlCharacter,
  loneSurrogate,
  directionOverride,
  name,
  limit,
  subject,
} from './field-schemas.js';

/** In the smallest unit of the currency. */
export const DISCOUNT_AMOUNT_MAX = 1_000_000_000_000;

const perMember = z
  .int()
  .min(1, 'must be at least 1')
  .max(UNIT_MAX, `must be at most ${UNIT_MAX}`)
  .meta({ description: 'How many units a member may have. Without it one.' });

const quantity = z.int(`must be a whole number from 1 to ${QUANTITY_MAX}`).min(1).max(QUANTITY_MAX);

const currencies: ReadonlySet<string> = new Set(Intl.supportedValuesOf('currency'));

const currency = z
  .string()
  .refine((code) => currencies.has(code), 'must be an ISO 4217 code such as KRW')
  .default(DEFAULT_CURRENCY)
  .meta({ description: 'ISO 4217.', examples: [DEFAULT_CURRENCY] });

const discount = z.discriminatedUnion('type', [
  z.strictObject({ type: z.literal('percent'), value: z.number().gt(0).max(100) }),
  z.strictObject({
    type: z.literal('amount'),
    value: z
      .int()
      .min(1)
      .max(DISCOUNT_AMOUNT_MAX)
      .meta({ description: 'In the smallest unit of the currency: 5000 is ₩5,000 or $50.00.' }),
    currency,
  }),
]);

const presenceRequired = z
  .boolean()
  .meta({ description: 'Whether a download needs a presence ticket (header X-Presence-Ticket).' });

const validity = z
  .union(
    [
      z.strictObject({ until: instant }),
      z.strictObject({ hours: z.int().min(1).max(VALID_HOURS_MAX) }),
      z.strictObject({
        days: z.int().min(1).max(VALID_DAYS_MAX),
        zone: z.string().refine(isTimeZone, 'must be a time zone such as Asia/Seoul'),
      }),
    ],
    'must be one of {until}, {hours} and {days, zone}',
  )
  .transform((given): Validity => ('until' in given ? { untilMs: given.until } : given))
  .meta({
    description:
      'How long an issuance can be redeemed: until an instant, for hours from its issue, or to the end of the n-th local day after the day of its issue.',
  });

const onCancel = z.enum(cancelEffects).meta({
  description:
    'What a cancelled redemption leaves: a coupon that can be used again (`restore`), or a used one (`void`).',
});

const redeemBy = z.enum(redeemers).meta({
  description: '`seller`: members cannot use the coupon themselves, only the shop redeems.',
});

const holdSeconds = z.int().min(HOLD_SECONDS_MIN).max(HOLD_SECONDS_MAX).meta({
  description:
    'An issuance is taken back after this many seconds unless its hold is confirmed. Null: issuances are not held.',
});

const image = z
  .string()
  .max(IMAGE_LENGTH_MAX)
  .refine((text) => /^https:\/\/\S+$/.test(text) && URL.canParse(text), 'must be an https address')
  .meta({
    description: 'Address of an image that messengers show beside a link.',
    examples: ['https://shop.example/drop.png'],
  });

const description = z
  .string()
  .trim()
  .min(1, 'must not be empty')
  .max(DESCRIPTION_LENGTH_MAX)
  .refine((text) => !controlCharacter.test(text.replaceAll('\n', '')), 'must not contain control characters')
  .refine((text) => !loneSurrogate.test(text), 'must be well-formed Unicode')
  .refine((text) => !directionOverride.test(text), 'must not change the direction of the text')
  .meta({ description: 'A few words for members, and for messengers that unfold a link.' });

export const couponInput = z.strictObject({
  name,
  quantity,
  opensAt: instant.nullish(),
  closesAt: instant.nullish(),
  discount: discount.nullish(),
  presenceRequired: presenceRequired.optional(),
  eligibility: eligibility.nullish(),
  perMember: perMember.optional(),
  validity: validity.nullish(),
  onCancel: onCancel.optional(),
  redeemBy: redeemBy.optional(),
  holdSeconds: holdSeconds.nullish(),
  image: image.nullish(),
  description: description.nullish(),
});

/** What is absent stays; `null` takes a bound of the window away. */
export const couponChangeInput = z
  .strictObject({
    name: name.optional(),
    quantity: quantity.optional(),
    opensAt: instant.nullable().optional(),
    closesAt: instant.nullable().optional(),
    discount: discount.nullable().optional(),
    presenceRequired: presenceRequired.optional(),
    eligibility: eligibility.nullable().optional(),
    perMember: perMember.optional(),
    validity: validity.nullable().optional(),
    onCancel: onCancel.optional(),
    redeemBy: redeemBy.optional(),
    holdSeconds: holdSeconds.nullable().optional(),
    image: image.nullable().optional(),
    description: description.nullable().optional(),
  })
  .refine((change) => Object.keys(change).length > 0, 'name at least one field to change');

export const topUpInput = z.strictObject({
  by: quantity.meta({ description: 'Units to add to the quantity.', examples: [10] }),
});

/**
 * Cursor of a page sorted by id, or `opening.id` of one sorted by opening; the opening is empty for a coupon without one. A minus marks
 * the descending order, as in every sorted list: a cursor of one order would skip rows in the other.
 */
const couponCursor = z
  .string()
  .regex(
    /^(0|-?[1-9]\d{0,14}|-?(0|[1-9]\d{0,15})?\.[1-9]\d{0,14})$/,
    'must be the `next` of the previous page',
  )
  .default('0')
  .meta({
    type: ['integer', 'string'],
    default: 0,
    description: 'The `next` of the previous page, under the same `sort`.',
  });

export const couponListQuery = z.strictObject({
  after: couponCursor,
  limit,
  state: z.enum(couponStates, `must be one of ${couponStates.join(', ')}`).optional(),
  /** The seller of the coupons in a list. */
  sellerId: subject.meta({
    description: 'Only coupons of this seller: the `sub` of its tokens, or the id of its account.',
  }),
  q: name
    .optional()
    .meta({ description: 'Only coupons with this text in their name; upper and lower case are the same.' }),
  sort: z
    .enum(couponSorts, `must be one of ${couponSorts.join(', ')}`)
    .default('id')
    .meta({
      description: 'With a minus descending. A coupon without an opening sorts before every other.',
    }),
  opensFrom: instant.optional(),
  opensBefore: instant.optional(),
  createdFrom: instant.optional(),
  createdBefore: instant.optional(),
});
