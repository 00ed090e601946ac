/** Defines the input about who may have a coupon: rule, list of members, claims that a shop names. */
import { z } from 'zod';
import type { CouponId, MemberId } from '../../engine/domain/coupon.js';
import { AUDIENCE_CHANGE_MAX } from '../../accounts/audiences.js';
import {
  CLAIM_LENGTH_MAX,
  CLAIM_VALUES_MAX,
  ELIGIBILITY_CLAIMS_MAX,
  ELIGIBILITY_LENGTH_MAX,
  NOT_ISSUED_MAX,
} from '../../engine/domain/eligibility.js';
import type { Eligibility } from '../../engine/domain/eligibility.js';
import { memberIdOf } from '../../engine/domain/member-id.js';
import { limit } from './field-schemas.js';

const SHOP_CLAIMS_MAX = 8;

const couponNumber = z
  .int()
  .min(1)
  .max(999_999_999_999_999)
  .transform((id) => id as CouponId);

const claimValue = z.union([z.string().max(CLAIM_LENGTH_MAX), z.number(), z.boolean()], {
  error: `must be text of at most ${CLAIM_LENGTH_MAX} characters, a number, true or false`,
});
const claimName = z.string().min(1).max(CLAIM_LENGTH_MAX);

export const eligibility = z
  .strictObject({
    claims: z
      .record(
        claimName,
        z
          .array(claimValue)
          .min(1, 'must have at least one value')
          .max(CLAIM_VALUES_MAX, `must have at most ${CLAIM_VALUES_MAX} values`),
      )
      .refine((claims) => Object.keys(claims).length > 0, 'must name at least one claim')
      .refine(
        (claims) => Object.keys(claims).length <= ELIGIBILITY_CLAIMS_MAX,
        `must name at most ${ELIGIBILITY_CLAIMS_MAX} claims`,
      )
      .optional()
      .meta({
        description: 'Each claim must be there with one of its values. Names are those of MEMBER_CLAIMS.',
      }),
    audience: z.literal(true, 'must be true, or left out').optional().meta({
      description:
        'The member must be on the list of the coupon (…/audience). An empty list admits no member.',
    }),
    notIssued: z
      .array(couponNumber)
      .min(1, 'must name at least one coupon')
      .max(NOT_ISSUED_MAX, `must name at most ${NOT_ISSUED_MAX} coupons`)
      .refine((ids) => new Set(ids).size === ids.length, 'must not name a coupon twice')
      .optional()
      .meta({
        description: 'The member must hold none of these coupons, which must be over before this one opens.',
      }),
  })
  .refine((rule) => Object.keys(rule).length > 0, 'must have claims, audience or notIssued')
  .refine(
    (rule) => JSON.stringify(rule).length <= ELIGIBILITY_LENGTH_MAX,
    `must have at most ${ELIGIBILITY_LENGTH_MAX} characters as JSON`,
  )
  .transform((rule): Eligibility => {
    const { claims, audience, notIssued } = rule;
    return {
      ...(claims === undefined ? {} : { claims }),
      ...(audience === undefined ? {} : { audience }),
      ...(notIssued === undefined ? {} : { notIssued }),
    };
  })
  .meta({ description: 'Who may have the coupon: every part must be met.' });

/** Claims of the shop about the member, as in a token. */
export const memberClaims = z
  .record(claimName, claimValue)
  .refine(
    (claims) => Object.keys(claims).length <= SHOP_CLAIMS_MAX,
    `must name at most ${SHOP_CLAIMS_MAX} claims`,
  )
  .meta({ description: 'What the shop knows of the member, for coupons whose `eligibility` names claims.' });

const MEMBER_TEXT_LENGTH_MAX = 4 * 255;

/** Faults are named by the place in the list, so that the sender of a file finds the line. */
const listedMembers = z
  .array(
    z
      .string()
      .max(MEMBER_TEXT_LENGTH_MAX)
      .transform((text, context): MemberId => {
        const memberId = memberIdOf(text);
        if (memberId !== undefined) return memberId;
        context.addIssue({ code: 'custom', message: 'is not a member id (1 to 255 characters)' });
        return z.NEVER;
      }),
  )
  .max(AUDIENCE_CHANGE_MAX, `must name at most ${AUDIENCE_CHANGE_MAX} members`)
  .default([]);

export const audienceInput = z
  .strictObject({
    add: listedMembers.meta({ description: `Up to ${AUDIENCE_CHANGE_MAX} members.` }),
    remove: listedMembers.meta({
      description: `Up to ${AUDIENCE_CHANGE_MAX} members; one in both is removed.`,
    }),
  })
  .refine(({ add, remove }) => add.length + remove.length > 0, 'name members to add or to remove');

const queriedMember = z.string().min(1).max(MEMBER_TEXT_LENGTH_MAX);

export const audienceQuery = z.strictObject({
  memberId: queriedMember
    .optional()
    .meta({ description: 'Answers also whether this member is on the list.' }),
});

/** Every other name is a claim. */
export const trialQuery = z
  .object({ memberId: queriedMember.meta({ description: 'Whom to try the rule with.' }) })
  .catchall(z.string().max(CLAIM_LENGTH_MAX));

export const audienceMembersQuery = z.strictObject({
  after: z
    .string()
    .max(MEMBER_TEXT_LENGTH_MAX)
    .default('')
    .meta({ description: 'The `next` of the previous page; without it from the first member.' }),
  limit,
});
