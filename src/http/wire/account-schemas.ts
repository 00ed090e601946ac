/** Defines the inputs of the routes for accounts. */
import { z } from 'zod';
import { emailAddress, newPassword, PASSWORD_LENGTH_MAX } from './schemas.js';

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
