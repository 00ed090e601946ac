/** Describes the routes of passes and tills. */
import { ownUnitQuery } from '../wire/redemption-schemas.js';
import { forMembers, forShops } from './operation.js';
import type { Operation } from './operation.js';
import { REDEEMING, REDEMPTION } from './redemption-operations.js';

export const tillOperations: Readonly<Record<string, Operation>> = {
  'GET /v1/me/coupons/:couponId/pass': forMembers({
    id: 'showOwnPass',
    tag: 'Members',
    summary: 'Get a pass to show at a till',
    description:
      'A signed text for a QR code, valid for 60 seconds, and the number to read out. Only for a coupon that a till would redeem now.',
    query: ownUnitQuery,
    answers: { 200: { description: 'The pass.', json: 'Pass' } },
    problems: [
      'unknown_coupon',
      'not_issued',
      'not_recorded',
      'already_used',
      'coupon_expired',
      'not_confirmed',
    ],
  }),
  'POST /v1/till/check': forShops('redeem', {
    id: 'checkShownCode',
    tag: 'Sellers',
    summary: 'Check what a member shows at a till',
    description:
      'Changes nothing. A coupon that is used, expired or held is answered 200 as well, with its `state`, so that the till can show the reason.',
    body: 'ShownCode',
    answers: { 200: { description: 'The issuance that the code names.', json: 'TillCheck' } },
    problems: ['pass_invalid', 'unknown_coupon', 'forbidden', 'not_issued', 'not_recorded', 'pass_expired'],
  }),
  'POST /v1/till/redemptions': forShops('redeem', {
    id: 'redeemShownCode',
    tag: 'Sellers',
    summary: 'Redeem what a member shows at a till',
    description:
      'The same order always gets the same answer, also after the pass has run out, so a till whose answer was lost repeats its request.',
    body: 'NewTillRedemption',
    answers: REDEMPTION,
    problems: ['pass_invalid', ...REDEEMING, 'forbidden', 'pass_expired'],
  }),
};
