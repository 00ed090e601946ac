/** Defines the inputs of the routes for accounts. */
import { z } from 'zod';
import { roles } from '../../accounts/accounts.js';
import {
  after,
  EMAIL_LENGTH_MAX,
  emailAddress,
  limit,
  newPassword,
  PASSWORD_LENGTH_MAX,
  wholeNumber,
} from './schemas.js';

/** Not measured: a wrong password is wrong whatever its length. */
const currentPassword = z.string().max(4 * PASSWORD_LENGTH_MAX);

export const passwordChangeInput = z.strictObject({ currentPassword, newPassword });
export const deletionInput = z.strictObject({ password: currentPassword });
export const resetRequestInput = z.strictObject({ email: emailAddress });

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
  role: z.enum(roles, `must be one of ${roles.join(', ')}`).optional(),
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
