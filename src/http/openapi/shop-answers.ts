/** Defines the schemas of the answers to a shop's server: server keys and grants. */
import { z } from 'zod';
import { keyScopes } from '../../accounts/server-keys.js';
import { instant, memberId, issueNo, confirmBy } from './answer-fields.js';

export const serverKeyAnswer = z.object({
  id: z.int().min(1),
  name: z.string(),
  scopes: z.array(z.enum(keyScopes)),
  createdAt: instant,
  expiresAt: instant.nullable(),
  revokedAt: instant.nullable(),
});

export const newServerKeyAnswer = serverKeyAnswer.extend({
  key: z.string().meta({ description: 'The key itself. It is shown here and never again.' }),
});

export const serverKeyList = z.object({ items: z.array(serverKeyAnswer) });

export const keyRevokedAnswer = z.object({ id: z.int().min(1), revoked: z.literal(true) });

const grantOutcomes = [
  'issued',
  'already_issued',
  'unknown_coupon',
  'limit_reached',
  'not_eligible',
  'not_open',
  'paused',
  'closed',
  'sold_out',
  'busy',
  'not_ready',
  'outcome_unknown',
  'account_locked',
] as const;

export const grantAnswer = z.object({
  results: z.array(
    z.object({
      memberId,
      outcome: z.enum(grantOutcomes),
      issueNo: issueNo.optional(),
      issuedAt: instant.optional(),
      confirmBy: confirmBy.optional(),
    }),
  ),
});
export type ServerKeyAnswer = z.output<typeof serverKeyAnswer>;
