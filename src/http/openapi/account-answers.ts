/** Defines the schemas of the answers about accounts. */
import { z } from 'zod';
import { roles } from '../../accounts/accounts.js';
import { instant } from './answer-fields.js';

export const accountAnswer = z.object({
  id: z.string().meta({
    description: 'The `sub` of its tokens, and its member or seller id everywhere.',
    examples: ['seonchak.account.7'],
  }),
  email: z.string(),
  role: z.enum(roles),
});

export const sessionAnswer = z.object({
  accessToken: z.string().meta({ description: 'Send it as `Authorization: Bearer <token>`.' }),
  tokenType: z.literal('Bearer'),
  expiresIn: z.int().min(1).meta({ description: 'Seconds.' }),
});

const { id } = accountAnswer.shape;

export const ownAccountAnswer = accountAnswer.extend({ createdAt: instant });
const signUp = z.enum(['open', 'closed']);
export const signUpAnswer = z.object({ accounts: z.boolean(), member: signUp, seller: signUp });
export const acceptedAnswer = z.object({ accepted: z.literal(true) });
export const passwordSetAnswer = z.object({ id });
export const accountDeletedAnswer = z.object({ id, deleted: z.literal(true) });
