/** Defines the schemas of the answers about accounts. */
import { z } from 'zod';
import { accountAnswer } from './answers.js';

const { id } = accountAnswer.shape;
const instant = z.string().meta({ format: 'date-time', examples: ['2026-11-22T12:00:00.123Z'] });

export const ownAccountAnswer = accountAnswer.extend({ createdAt: instant });
const signUp = z.enum(['open', 'closed']);
export const signUpAnswer = z.object({ accounts: z.boolean(), member: signUp, seller: signUp });
export const acceptedAnswer = z.object({ accepted: z.literal(true) });
export const passwordSetAnswer = z.object({ id });
export const accountDeletedAnswer = z.object({ id, deleted: z.literal(true) });
