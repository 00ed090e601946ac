/** Defines the fields that the inputs of several subjects share: names, instants, numbers in text, limits of pages. */
import { z } from 'zod';
import { UNIT_MAX } from '../../engine/domain/holder.js';
import { memberIdOf } from '../../engine/domain/member-id.js';

export const NAME_LENGTH_MAX = 200;
export const PAGE_LIMIT_DEFAULT = 50;
export const PAGE_LIMIT_MAX = 1_000;

export const controlCharacter = /\p{Cc}/u;
/** Half of a surrogate pair: it is not text, and no store would return it. */
export const loneSurrogate = /\p{Cs}/u;

/** Turns the direction of the text around it, so that a name is shown as another one. */
export const directionOverride = /[\u202a-\u202e\u2066-\u2069]/u;
/** Something that is seen: neither white space nor a character without a shape. */
const visible = /[^\p{Z}\p{C}\p{M}\u115f\u1160\u3164\uffa0\u2800]/u;

export const name = z
  .string()
  .trim()
  .min(1, 'must not be empty')
  .max(NAME_LENGTH_MAX)
  .refine((text) => !controlCharacter.test(text), 'must not contain control characters')
  .refine((text) => !loneSurrogate.test(text), 'must be well-formed Unicode')
  .refine((text) => !directionOverride.test(text), 'must not change the direction of the text')
  .refine((text) => visible.test(text), 'must have a visible character');

export const unit = z
  .int()
  .min(1, 'must be at least 1')
  .max(UNIT_MAX, `must be at most ${UNIT_MAX}`)
  .optional();

const utcOrOffset = z.iso.datetime({ offset: true });

/** The last instant that RFC 3339 can write in UTC. An offset or a leap second can lead beyond it, and no client could read the answers. */
const INSTANT_MAX_MS = Date.UTC(9_999, 11, 31, 23, 59, 59, 999);

/** RFC 3339 in full: `t` and `z` in lower case, and the leap second `:60`, which is the first of the next minute. */
export const instant = z
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
  .refine((epochMs) => epochMs <= INSTANT_MAX_MS, 'must not be after 9999')
  .meta({
    format: 'date-time',
    description: 'RFC 3339 with a time zone.',
    examples: ['2026-11-22T12:00:00Z'],
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

export const pageQuery = z.strictObject({ after, limit });

/** A `sub` as a filter. */
export const subject = z
  .string()
  .transform((text, context) => {
    const memberId = memberIdOf(text);
    if (memberId !== undefined) return memberId;
    context.addIssue({ code: 'custom', message: 'must be the sub of a token: 1 to 255 characters' });
    return z.NEVER;
  })
  .optional();
