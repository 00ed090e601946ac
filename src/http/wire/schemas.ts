/**
 * Defines every input of the API as a schema with branded output in engine units.
 *
 * The document under /openapi.json is built from the same schemas; `meta` describes the wire format of a transformed
 * value.
 */
import { z } from 'zod';
import { eventKinds, FEED_START, parseFeedCursor } from '../../engine/domain/events.js';
import type { EventKind, FeedPosition } from '../../engine/domain/events.js';
import { couponStates, QUANTITY_MAX } from '../../engine/domain/coupon.js';
import { DESCRIPTION_LENGTH_MAX, IMAGE_LENGTH_MAX } from '../../engine/domain/coupon-display.js';
import type { CouponId } from '../../engine/domain/coupon.js';
import { WEBHOOK_COUPONS_MAX } from '../../engine/ports/webhooks.js';
import {
  cancelEffects,
  isTimeZone,
  redeemers,
  VALID_DAYS_MAX,
  VALID_HOURS_MAX,
  walletStates,
  HOLD_SECONDS_MAX,
  HOLD_SECONDS_MIN,
} from '../../engine/domain/redemption.js';
import type { OrderId, Validity } from '../../engine/domain/redemption.js';
import { parseUnit, UNIT_MAX } from '../../engine/domain/holder.js';
import { memberIdOf } from '../../engine/domain/member-id.js';
import { couponSorts, DEFAULT_CURRENCY } from '../../engine/ports/coupon-catalogue.js';
import { keyScopes } from '../../accounts/server-keys.js';
import { signUpRoles } from '../../accounts/accounts.js';
import { eligibility, memberClaims } from './eligibility-schemas.js';

export const NAME_LENGTH_MAX = 200;
export const EMAIL_LENGTH_MAX = 254;
export const PASSWORD_LENGTH_MIN = 8;
export const PASSWORD_LENGTH_MAX = 128;
export const PAGE_LIMIT_DEFAULT = 50;
export const PAGE_LIMIT_MAX = 1_000;

/** In the smallest unit of the currency. */
export const DISCOUNT_AMOUNT_MAX = 1_000_000_000_000;

/**
 * ASCII is required before case is folded: the Kelvin sign is `k` in lower case, and an address written with it would
 * be that of another person's account.
 */
export const emailAddress = z
  .email('must be an e-mail address')
  .max(EMAIL_LENGTH_MAX)
  .transform((text) => text.toLowerCase())
  .meta({ format: 'email' });

/** Length in characters as a person counts them, after normalisation: that is what is hashed. */
export const newPassword = z
  .string()
  .refine((text) => {
    const { length } = Array.from(text.normalize('NFKC'));
    return length >= PASSWORD_LENGTH_MIN && length <= PASSWORD_LENGTH_MAX;
  }, `must have ${PASSWORD_LENGTH_MIN} to ${PASSWORD_LENGTH_MAX} characters`)
  .meta({ format: 'password', description: `${PASSWORD_LENGTH_MIN} to ${PASSWORD_LENGTH_MAX} characters.` });

export const accountInput = z.strictObject({
  email: emailAddress,
  password: newPassword,
  role: z.enum(signUpRoles, `must be one of ${signUpRoles.join(', ')}`),
});

/** The password is not measured here: a wrong one is wrong whatever its length. */
export const sessionInput = z.strictObject({
  email: emailAddress,
  password: z.string().max(4 * PASSWORD_LENGTH_MAX),
});

const controlCharacter = /\p{Cc}/u;
/** Half of a pair alone: it is no text, and no store would return it. */
const loneSurrogate = /\p{Cs}/u;

/** Turns the direction of the text around it, so that a name is shown as another one. */
const directionOverride = /[\u202a-\u202e\u2066-\u2069]/u;
/** Something that is seen: neither white space nor a character without a shape. */
const visible = /[^\p{Z}\p{C}\p{M}\u115f\u1160\u3164\uffa0\u2800]/u;

const name = z
  .string()
  .trim()
  .min(1, 'must not be empty')
  .max(NAME_LENGTH_MAX)
  .refine((text) => !controlCharacter.test(text), 'must not contain control characters')
  .refine((text) => !loneSurrogate.test(text), 'must be well-formed Unicode')
  .refine((text) => !directionOverride.test(text), 'must not change the direction of the text')
  .refine((text) => visible.test(text), 'must have a visible character');

const unit = z.int().min(1, 'must be at least 1').max(UNIT_MAX, `must be at most ${UNIT_MAX}`).optional();

const perMember = z
  .int()
  .min(1, 'must be at least 1')
  .max(UNIT_MAX, `must be at most ${UNIT_MAX}`)
  .meta({ description: 'How many units a member may have. Without it one.' });

const quantity = z.int(`must be a whole number from 1 to ${QUANTITY_MAX}`).min(1).max(QUANTITY_MAX);

const utcOrOffset = z.iso.datetime({ offset: true });

/** RFC 3339 in full: `t` and `z` in lower case, and the leap second `:60`, which is the first of the next minute. */
const instant = z
  .string()
  .transform((text, context) => {
    const upper = text.toUpperCase();
    const isLeap = upper.slice(16, 19) === ':60';
    const parsed = utcOrOffset.safeParse(isLeap ? `${upper.slice(0, 16)}:59${upper.slice(19)}` : upper);
    if (parsed.success) return Date.parse(parsed.data) + (isLeap ? 1_000 : 0);
    const message = 'must be a date and time with a time zone, such as 2026-11-22T12:00:00Z';
    context.addIssue({ code: 'custom', message });
    return z.NEVER;
  })
  .refine((epochMs) => epochMs >= 0, 'must not be before 1970')
  .meta({
    format: 'date-time',
    description: 'RFC 3339 with a time zone.',
    examples: ['2026-11-22T12:00:00Z'],
  });

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

/** Digits only: `1e2`, `+5` and ` 5` are not numbers here. */
export const wholeNumber = z
  .string()
  .regex(/^(0|[1-9]\d{0,14})$/, 'must be a whole number')
  .transform(Number);

export const limit = wholeNumber
  .refine((rows) => rows >= 1 && rows <= PAGE_LIMIT_MAX, `must be from 1 to ${PAGE_LIMIT_MAX}`)
  .default(PAGE_LIMIT_DEFAULT)
  .meta({ type: 'integer', minimum: 1, maximum: PAGE_LIMIT_MAX, default: PAGE_LIMIT_DEFAULT });

export const after = wholeNumber
  .default(0)
  .meta({ type: 'integer', minimum: 0, default: 0, description: 'The `next` of the previous page.' });

const settled = z
  .string()
  .regex(/^(true|false)$/, 'must be true or false')
  .transform((text) => text === 'true')
  .default(false)
  .meta({
    type: 'boolean',
    default: false,
    description:
      'Ends the list before the first number that may still become a row. Following with `after` needs it.',
  });

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
      description: 'The `cursor` of the page before; without it from the oldest event.',
    }),
  kinds,
  limit,
});

export const issuanceSorts = ['issueNo', '-issueNo'] as const;

const orderId = z
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
export const releaseQuery = z.strictObject({
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

export const shopDownloadInput = z.strictObject({
  claims: memberClaims.optional(),
  unit: unit.meta({ description: 'Which of the member’s units. Without it the first.' }),
});

export const recallInput = z.strictObject({
  after: z
    .int()
    .min(0)
    .default(0)
    .meta({ description: 'The `next` of the answer before; left out: from the first number.' }),
  dryRun: z.boolean().default(false).meta({ description: 'Only count what would be taken back.' }),
});

export const GRANT_MEMBERS_MAX = 1_000;

export const grantInput = z.strictObject({
  memberIds: z
    .array(z.string().max(4 * 255))
    .min(1, 'must name at least one member')
    .max(GRANT_MEMBERS_MAX, `must name at most ${GRANT_MEMBERS_MAX} members`)
    .meta({ description: 'Each member once. The outcomes come in this order.' }),
  claims: memberClaims.optional().meta({ description: 'Of every member in the list.' }),
});

const KEY_NAME_LENGTH_MAX = 100;

export const serverKeyInput = z.strictObject({
  name: name.max(KEY_NAME_LENGTH_MAX).meta({ description: 'For people: where the key is used.' }),
  scopes: z
    .array(z.enum(keyScopes, `must be of ${keyScopes.join(', ')}`))
    .min(1, 'must name at least one scope')
    .max(keyScopes.length)
    .refine((scopes) => new Set(scopes).size === scopes.length, 'must not name a scope twice'),
  expiresAt: instant.nullish(),
});

export const walletQuery = z.strictObject({
  after: z
    .string()
    .regex(/^(0|-?[1-9]\d{0,15})(\.[1-9]\d{0,14}){0,2}$/, 'must be the `next` of the page before')
    .default('0')
    .meta({ description: 'The `next` of the page before.' }),
  limit,
  state: z.enum(walletStates, `must be one of ${walletStates.join(', ')}`).optional(),
  order: z
    .enum(['newest'], 'must be newest')
    .optional()
    .meta({ description: 'The latest issue first; without it by coupon id.' }),
});

/** A `sub` as a filter. */
const subject = z
  .string()
  .transform((text, context) => {
    const memberId = memberIdOf(text);
    if (memberId !== undefined) return memberId;
    context.addIssue({ code: 'custom', message: 'must be the sub of a token: 1 to 255 characters' });
    return z.NEVER;
  })
  .optional();

/**
 * Of a page sorted by id, or `opening.id` of one sorted by opening; the opening is empty where there is none. A minus says that the order is
 * descending, as in every sorted list: a cursor of one order would skip rows in the other.
 */
const couponCursor = z
  .string()
  .regex(/^(0|-?[1-9]\d{0,14}|-?(0|[1-9]\d{0,15})?\.[1-9]\d{0,14})$/, 'must be the `next` of the page before')
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

/** A number, with a minus where the order is descending. */
const issuanceCursor = z
  .string()
  .regex(/^(0|-?[1-9]\d{0,14})$/, 'must be a whole number')
  .default('0')
  .transform(Number)
  .meta({
    type: 'integer',
    default: 0,
    description:
      'Numbers after this one; under `-issueNo` the `next` of the previous page, which has a minus.',
  });

export const issuanceListQuery = z
  .strictObject({
    after: issuanceCursor,
    limit,
    settled,
    memberId: subject.meta({ description: 'Only the issuance of this member.' }),
    sort: z
      .enum(issuanceSorts, `must be one of ${issuanceSorts.join(', ')}`)
      .default('issueNo')
      .meta({ description: '`-issueNo`: the latest number first.' }),
    issuedFrom: instant.optional(),
    issuedBefore: instant.optional(),
    used: z
      .string()
      .regex(/^(true|false)$/, 'must be true or false')
      .optional()
      .transform((text) => (text === undefined ? undefined : text === 'true'))
      .meta({ type: 'boolean', description: 'Only used issuances, or only unused ones.' }),
  })
  .refine(
    ({ settled, sort, memberId, issuedFrom, issuedBefore, used }) =>
      !settled || (sort === 'issueNo' && [memberId, issuedFrom, issuedBefore, used].every(isAbsent)),
    { path: ['settled'], message: 'takes neither a filter nor another order' },
  )
  .refine(({ after, sort }) => after === 0 || after < 0 === (sort === '-issueNo'), {
    path: ['after'],
    message: 'must be the `next` of a page in the same order',
  });

function isAbsent(value: unknown): boolean {
  return value === undefined;
}

export const issueNo = wholeNumber.refine((number) => number >= 1);
