/** Describes the routes of members: downloads and what a member holds. */
import { PRESENCE_HEADER } from '../presence/presence-ticket.js';
import { walletQuery } from '../wire/redemption-schemas.js';
import { forMembers } from './operation.js';
import type { Operation } from './operation.js';
import { REDEEMING } from './redemption-operations.js';

/** Problems of a member's own download. Its routes are outside the wrapper, so the list is written out. */
const DOWNLOAD_PROBLEMS = [
  'unauthenticated',
  'account_locked',
  'wrong_role',
  'unknown_coupon',
  'presence_required',
  'presence_invalid',
  'presence_expired',
  'presence_mismatch',
  'presence_unavailable',
  'limit_reached',
  'not_eligible',
  'not_open',
  'paused',
  'closed',
  'sold_out',
  'rate_limited',
  'busy',
  'not_ready',
  'outcome_unknown',
  'keys_unavailable',
  'malformed_request',
  'head_too_large',
  'internal_error',
] as const;

const DOWNLOADING = {
  headers: {
    [PRESENCE_HEADER]:
      'A presence ticket of the waiting room or captcha service. Read only if the coupon has `presenceRequired`.',
  },
  answers: {
    200: {
      description: 'The member already holds the coupon; the number is that of the first answer.',
      json: 'Issued',
    },
    201: { description: 'The coupon is issued to the member.', json: 'Issued' },
  },
} as const;

export const memberOperations: Readonly<Record<string, Operation>> = {
  'POST /v1/coupons/:id/download': {
    id: 'downloadCoupon',
    tag: 'Members',
    summary: 'Download a coupon',
    description:
      'Exactly the first members get one each. Repeating a download is always safe: a winner gets the same number again. ' +
      'If several outcomes apply, the first of this order is returned: unknown_coupon, already_issued, limit_reached, not_eligible, ' +
      'not_open, paused, closed, sold_out, issued. The body is not read. ' +
      'If the coupon has `presenceRequired`, no download is attempted without a valid presence ticket (presence_…). The ticket is ' +
      'checked before every outcome but unknown_coupon.',
    access: 'member',
    ...DOWNLOADING,
    problems: DOWNLOAD_PROBLEMS,
  },
  'POST /v1/coupons/:id/units/:unit/download': {
    id: 'downloadUnit',
    tag: 'Members',
    summary: 'Download one more unit of a coupon',
    description:
      'For coupons with `perMember` above 1. The unit, 1 to `perMember`, is a part of the name: repeating it returns the same number, ' +
      'and the next unit is another one. Unit 1 is what `POST /v1/coupons/{id}/download` downloads. Units may be taken in any order. ' +
      'Outcomes and headers are those of that route. A unit above the limit is `limit_reached`, unless the member holds it.',
    access: 'member',
    ...DOWNLOADING,
    problems: [...DOWNLOAD_PROBLEMS, 'not_found'],
  },
  'GET /v1/coupons/:id/issuance': forMembers({
    id: 'showOwnIssuance',
    tag: 'Members',
    summary: 'Check whether you hold the coupon',
    answers: { 200: { description: 'The member holds the coupon.', json: 'HeldIssuance' } },
    problems: ['unknown_coupon', 'not_issued'],
  }),
  'GET /v1/me/coupons/:couponId': forMembers({
    id: 'showOwnCoupon',
    tag: 'Members',
    summary: 'Show what you hold of a coupon',
    description: 'For pages: the answer is 200 and `issuance` null where you hold none.',
    answers: { 200: { description: 'Your issuance, or null.', json: 'OwnCoupon' } },
    problems: ['unknown_coupon'],
  }),
  'GET /v1/me/coupons': forMembers({
    id: 'listOwnCoupons',
    tag: 'Members',
    summary: 'List your coupons',
    description:
      'The recorded issuances of the member, ascending by coupon id or the newest first. ' +
      'With `state` a page may be short, even empty, and still have a `next`.',
    query: walletQuery,
    answers: { 200: { description: 'A page.', json: 'WalletPage' } },
  }),
  'POST /v1/me/coupons/:couponId/use': forMembers({
    id: 'useCoupon',
    tag: 'Members',
    summary: 'Use a coupon, once',
    description:
      'Without a body the coupon is used under an order id of our own. With `orderId` the same request may be repeated: ' +
      'the same order always gets the same answer.',
    body: 'NewUse',
    bodyOptional: true,
    answers: { 200: { description: 'The coupon is now used.', json: 'Used' } },
    problems: [...REDEEMING, 'redeem_at_shop'],
  }),
};
