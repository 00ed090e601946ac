/** Defines the inputs of the routes for accounts. */
import { z } from 'zod';
import { roles, signUpRoles } from '../../accounts/accounts.js';
import { after, limit, wholeNumber } from './field-schemas.js';

export const EMAIL_LENGTH_MAX = 254;
export const PASSWORD_LENGTH_MIN = 8;
export const PASSWORD_LENGTH_MAX = 128;

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

/** Not measured: a wrong password is wrong whatever its length. */
const currentPassword = z.string().max(4 * PASSWORD_LENGTH_MAX);

export const passwordChangeInput = z.strictObject({ currentPassword, newPassword });
export const deletionInput = z.strictObject({ password: currentPassword });
export const resetRequestInput = z.strictObject({ email: emailAddress });

const role = z.enum(roles, `must be one of ${roles.join(', ')}`);
export const roleInput = z.strictObject({ role });

const LINK_TEXT_LENGTH_MAX = 100;

export const passwordResetInput = z.strictObject({
  token: z
    .string()
    .min(1)
    .max(LINK_TEXT_LENGTH_MAX)
    .meta({ description: 'What follows the `#` of the link.' }),
  password: newPassword,
});

export const adminAccountsQuery = z.strictObject({
  after,
  limit,
  role: role.optional(),
  email: z
    .string()
    .max(EMAIL_LENGTH_MAX)
    .transform((text) => text.toLowerCase())
    .optional()
    .meta({ type: 'string', description: 'Only accounts whose e-mail address begins like this.' }),
});

const AUDIT_ID_MAX = 999_999_999_999_999;

export const auditQuery = z.strictObject({
  before: wholeNumber
    .default(AUDIT_ID_MAX)
    .meta({ type: 'integer', minimum: 0, description: 'The `next` of the previous page.' }),
  limit,
});
