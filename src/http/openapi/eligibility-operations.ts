/** Describes the routes about who may have a coupon. */
import { audienceMembersQuery, audienceQuery, trialQuery } from '../wire/eligibility-schemas.js';
import { forShops } from './operation.js';
import type { Operation } from './operation.js';

export const eligibilityOperations: Readonly<Record<string, Operation>> = {
  'POST /v1/coupons/:id/audience': forShops('manage', {
    id: 'changeAudience',
    tag: 'Sellers',
    summary: 'Add members to the list of a coupon, or remove them',
    description:
      'For coupons whose `eligibility` has `audience`. In force on every process within a second. Safe to repeat. ' +
      'If one id is not valid, nothing is changed, and the errors name its position in the list.',
    body: 'AudienceChange',
    answers: { 200: { description: 'Changed.', json: 'AudienceChanged' } },
    problems: ['unknown_coupon', 'forbidden', 'audience_full'],
  }),
  'GET /v1/coupons/:id/audience': forShops('read', {
    id: 'showAudience',
    tag: 'Sellers',
    summary: 'Count the members on the list of a coupon, or find one',
    query: audienceQuery,
    answers: { 200: { description: 'The list.', json: 'Audience' } },
    problems: ['unknown_coupon', 'forbidden', 'invalid_member'],
  }),
  'GET /v1/coupons/:id/audience/members': forShops('read', {
    id: 'listAudience',
    tag: 'Sellers',
    summary: 'List the members on the list of a coupon',
    query: audienceMembersQuery,
    answers: { 200: { description: 'A page, in the order of member ids.', json: 'AudienceMemberPage' } },
    problems: ['unknown_coupon', 'forbidden', 'invalid_member'],
  }),
  'DELETE /v1/coupons/:id/audience': forShops('manage', {
    id: 'clearAudience',
    tag: 'Sellers',
    summary: 'Remove all members from the list of a coupon',
    description:
      'One request removes up to 1,000 members: repeat it until `members` is 0. ' +
      'A coupon whose `eligibility` has `audience` admits no member once its list is empty.',
    answers: { 200: { description: 'Removed.', json: 'AudienceChanged' } },
    problems: ['unknown_coupon', 'forbidden'],
  }),
  'GET /v1/member-claims': forShops('read', {
    id: 'listMemberClaims',
    tag: 'Sellers',
    summary: 'List what rules can ask for here',
    answers: {
      200: { description: 'Names of claims, and whether presence can be required.', json: 'MemberClaimList' },
    },
    problems: [],
  }),
  'GET /v1/coupons/:id/eligibility': forShops('read', {
    id: 'tryEligibility',
    tag: 'Sellers',
    summary: 'Try the rule of a coupon with a member',
    description:
      'Every other name in the query is a claim of the member, such as `grade=gold`. Nothing is issued.',
    query: trialQuery,
    answers: { 200: { description: 'Whether the member is eligible.', json: 'Trial' } },
    problems: ['unknown_coupon', 'forbidden', 'invalid_member'],
  }),
};
