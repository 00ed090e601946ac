/** Defines the inputs that list issuances and name one by its number. */
import { z } from 'zod';
import { limit, subject, instant, wholeNumber } from './field-schemas.js';

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

export const issuanceSorts = ['issueNo', '-issueNo'] as const;

/** A number, with a minus where the order is descending. */
const issuanceCursor = z
  .string()
  .regex(/^(0|-?[1-9]\d{0,14})$/, 'must be a whole number')
  .transform(Number)
  .default(0)
  .meta({
    type: 'integer',
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
