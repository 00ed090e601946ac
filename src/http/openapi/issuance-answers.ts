/** Defines the schemas of the answers about issuances: downloads, what a member holds, lists, revokes. */
import { z } from 'zod';
import { UNIT_MAX } from '../../engine/domain/holder.js';
import { couponId, memberId, unit, issueNo, instant, confirmBy, next, count } from './answer-fields.js';

const issuance = { couponId, memberId, unit, issueNo, issuedAt: instant, confirmBy: confirmBy.optional() };

/** One schema for both statuses: many generators give a client the schema of one status only, and read both with it. */
export const issuedAnswer = z.object({ outcome: z.enum(['issued', 'already_issued']), ...issuance });

export const heldIssuance = z.object({
  outcome: z.literal('issued'),
  ...issuance,
  recorded: z.boolean().meta({ description: 'Whether the row of the issuance is in the database.' }),
  perMember: z
    .int()
    .min(1)
    .max(UNIT_MAX)
    .meta({ description: 'How many units a member may have at this moment.' }),
  units: z
    .array(
      z.object({
        ...{ unit: z.int().min(1).max(UNIT_MAX), issueNo, issuedAt: instant },
        confirmBy: confirmBy.optional(),
        recorded: z.boolean(),
      }),
    )
    .meta({
      description: 'What the member holds, ascending by unit; the other fields are those of the first.',
    }),
});

export const ownCoupon = z.object({ couponId, issuance: heldIssuance.nullable() });

export const issuanceItemAnswer = z.object({
  couponId,
  memberId,
  unit,
  issueNo,
  issuedAt: instant,
  usedAt: instant.nullable(),
});

export const issuancePage = z.object({ items: z.array(issuanceItemAnswer), next });

export const issuanceListPage = issuancePage.extend({
  frontier: z.int().min(0).optional().meta({
    description:
      'With `settled=true` only. Every number above `after` up to this one is settled: send it as `after` in the next request.',
  }),
});

export const revokedAnswer = z.object({
  couponId,
  issueNo,
  memberId,
  unit,
  revoked: z.literal(true),
  remaining: count,
});
export type IssuanceItemAnswer = z.output<typeof issuanceItemAnswer>;
