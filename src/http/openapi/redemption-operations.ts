/** Describes the routes of holds and redemptions. */
import { pageQuery } from '../wire/field-schemas.js';
import { ownUnitQuery } from '../wire/redemption-schemas.js';
import { forMembers, forShops } from './operation.js';
import type { Operation } from './operation.js';

/** In the order in which they are checked. */
export const REDEEMING = [
  'unknown_coupon',
  'not_issued',
  'redemption_cancelled',
  'already_used',
  'coupon_expired',
  'not_confirmed',
  'not_recorded',
] as const;

export const REDEMPTION = {
  200: { description: 'The same order redeemed it earlier.', json: 'Redemption' },
  201: { description: 'It is redeemed now.', json: 'Redemption' },
} as const;

const REDEEM_TEXT =
  'The same order always gets the same answer, also after the coupon has expired. ' +
  'The id of a cancelled order cannot be used again: use a new id for a new attempt.';

/** In the order in which they are checked. */
const CONFIRMING = [
  'unknown_coupon',
  'no_hold',
  'not_issued',
  'confirmed_by_other_order',
  'hold_expired',
  'not_recorded',
] as const;

const CONFIRMED = {
  200: { description: 'The hold is confirmed by this order; a repeat returns the same.', json: 'Confirmed' },
} as const;

const CONFIRM_TEXT =
  'The same order always gets the same answer. A confirmation succeeds as long as the hold has not been taken back, also after ' +
  '`confirmBy`; after that it is refused with hold_expired, and a payment has to be refunded.';

const RELEASED = {
  200: {
    description: 'The hold has ended and its unit is in stock; a repeat returns the same.',
    json: 'HoldReleased',
  },
} as const;
const RELEASING = ['unknown_coupon', 'no_hold', 'not_issued', 'already_confirmed', 'not_recorded'] as const;

const CANCELLED = {
  200: { description: 'It is cancelled; a repeat returns the same.', json: 'CancelledRedemption' },
} as const;

export const redemptionOperations: Readonly<Record<string, Operation>> = {
  'POST /v1/me/coupons/:couponId/confirm': forMembers({
    id: 'confirmOwnHold',
    tag: 'Members',
    summary: 'Confirm the hold of your coupon',
    description: CONFIRM_TEXT,
    body: 'NewConfirmation',
    answers: CONFIRMED,
    problems: [...CONFIRMING, 'redeem_at_shop'],
  }),
  'DELETE /v1/me/coupons/:couponId/hold': forMembers({
    id: 'releaseOwnHold',
    tag: 'Members',
    summary: 'Release your hold',
    query: ownUnitQuery,
    answers: RELEASED,
    problems: RELEASING,
  }),
  'GET /v1/coupons/:id/holds': forShops('read', {
    id: 'listHolds',
    tag: 'Sellers',
    summary: 'List the open holds of a coupon',
    description: 'Recorded issuances that are neither confirmed nor taken back, ascending by number.',
    query: pageQuery,
    answers: { 200: { description: 'A page, and the clock by which holds end.', json: 'HoldPage' } },
    problems: ['unknown_coupon', 'forbidden', 'no_hold'],
  }),
  'POST /v1/coupons/:id/issuances/:issueNo/confirm': forShops('redeem', {
    id: 'confirmHold',
    tag: 'Sellers',
    summary: 'Confirm a hold for an order',
    description: CONFIRM_TEXT,
    body: 'NewRedemption',
    answers: CONFIRMED,
    problems: [...CONFIRMING, 'forbidden'],
  }),
  'DELETE /v1/coupons/:id/issuances/:issueNo/hold': forShops('redeem', {
    id: 'releaseHold',
    tag: 'Sellers',
    summary: 'Release a hold before it runs out',
    answers: RELEASED,
    problems: [...RELEASING, 'forbidden'],
  }),
  'POST /v1/coupons/:id/recall': forShops('manage', {
    id: 'recallUnused',
    tag: 'Sellers',
    summary: 'Take back every issuance that is neither used nor confirmed',
    description:
      'For a coupon that should not have been issued. The coupon must be paused or closed. One request takes back up to 1,000 issuances: ' +
      'repeat with `after` until `next` is null and `unrecorded` is 0. Members lose the coupon, and the units return to stock.',
    body: 'NewRecall',
    answers: { 200: { description: 'What was taken back, and what is left.', json: 'Recalled' } },
    problems: ['unknown_coupon', 'forbidden', 'recall_while_open'],
  }),

  'POST /v1/coupons/:id/issuances/:issueNo/redemptions': forShops('redeem', {
    id: 'redeemIssuance',
    tag: 'Sellers',
    summary: 'Redeem an issuance for an order',
    description: REDEEM_TEXT,
    body: 'NewRedemption',
    answers: REDEMPTION,
    problems: [...REDEEMING, 'forbidden'],
  }),
  'GET /v1/coupons/:id/issuances/:issueNo/redemptions': forShops('redeem', {
    id: 'listRedemptions',
    tag: 'Sellers',
    summary: 'List the redemptions of an issuance',
    description: 'The latest 100, cancelled ones included.',
    answers: { 200: { description: 'The latest first.', json: 'RedemptionHistory' } },
    problems: ['unknown_coupon', 'forbidden', 'not_issued', 'not_recorded'],
  }),
  'DELETE /v1/coupons/:id/issuances/:issueNo/redemptions/:orderId': forShops('redeem', {
    id: 'cancelRedemption',
    tag: 'Sellers',
    summary: 'Cancel the redemption of an order',
    description: 'The coupon can be used again, or stays used where its `onCancel` is `void`.',
    answers: CANCELLED,
    problems: ['unknown_coupon', 'forbidden', 'not_issued', 'not_redeemed', 'not_recorded'],
  }),
  'POST /v1/members/:memberId/coupons/:id/redemptions': forShops('redeem', {
    id: 'redeemForMember',
    tag: 'Sellers',
    summary: 'Redeem a member’s coupon for an order',
    description: REDEEM_TEXT,
    body: 'NewRedemption',
    answers: REDEMPTION,
    problems: [...REDEEMING, 'forbidden', 'invalid_member'],
  }),
  'DELETE /v1/members/:memberId/coupons/:id/redemptions/:orderId': forShops('redeem', {
    id: 'cancelForMember',
    tag: 'Sellers',
    summary: 'Cancel the redemption of an order of a member',
    answers: CANCELLED,
    problems: ['unknown_coupon', 'forbidden', 'invalid_member', 'not_issued', 'not_redeemed', 'not_recorded'],
  }),
};
