/** Describes the routes on behalf of members and those of server keys. */
import { walletQuery } from '../wire/redemption-schemas.js';
import { forSellers, forShops } from './operation.js';
import type { Operation } from './operation.js';

export const shopOperations: Readonly<Record<string, Operation>> = {
  'POST /v1/members/:memberId/coupons/:id/download': forShops('issue', {
    id: 'downloadForMember',
    tag: 'Sellers',
    summary: 'Download a coupon on behalf of a member',
    description:
      'Exactly the outcomes of the member’s own download. No presence ticket is required, because the shop has authenticated the member.',
    answers: {
      200: { description: 'The member already holds the coupon.', json: 'Issued' },
      201: { description: 'The member holds the coupon from now on.', json: 'Issued' },
    },
    body: 'ShopDownload',
    bodyOptional: true,
    problems: [
      ...(['unknown_coupon', 'forbidden', 'invalid_member', 'limit_reached', 'not_eligible'] as const),
      ...(['not_open', 'paused', 'closed', 'sold_out'] as const),
    ],
  }),
  'POST /v1/coupons/:id/grants': forShops('issue', {
    id: 'grantCoupons',
    tag: 'Sellers',
    summary: 'Download a coupon on behalf of up to 1,000 members',
    description:
      'The downloads are decided in the order of the list. Where a member is answered `busy`, repeat the same request, ' +
      'and those who hold one are `already_issued`.',
    body: 'NewGrant',
    answers: { 200: { description: 'One outcome for each member, in their order.', json: 'Granted' } },
    problems: ['unknown_coupon', 'forbidden', 'invalid_member'],
  }),
  'GET /v1/members/:memberId/coupons': forShops('read', {
    id: 'listCouponsOfMember',
    tag: 'Sellers',
    summary: 'List the coupons of a member',
    description: 'Only coupons of this seller are listed.',
    query: walletQuery,
    answers: { 200: { description: 'A page.', json: 'WalletPage' } },
    problems: ['invalid_member'],
  }),
  'GET /v1/members/:memberId/coupons/:id/issuance': forShops('read', {
    id: 'showIssuanceOfMember',
    tag: 'Sellers',
    summary: 'Check whether a member holds a coupon',
    answers: { 200: { description: 'The member holds the coupon.', json: 'HeldIssuance' } },
    problems: ['unknown_coupon', 'forbidden', 'invalid_member', 'not_issued'],
  }),
  'POST /v1/keys': forSellers({
    id: 'createKey',
    tag: 'Sellers',
    summary: 'Make a server key',
    description: 'With a seller’s token only: a key cannot make keys.',
    body: 'NewServerKey',
    answers: { 201: { description: 'The key, shown this once.', json: 'ServerKeyWithText' } },
    problems: ['keys_too_many'],
  }),
  'GET /v1/keys': forSellers({
    id: 'listKeys',
    tag: 'Sellers',
    summary: 'List your server keys',
    answers: { 200: { description: 'Revoked and expired ones included.', json: 'ServerKeyList' } },
  }),
  'DELETE /v1/keys/:id': forSellers({
    id: 'revokeKey',
    tag: 'Sellers',
    summary: 'Revoke a server key',
    description: 'Refused on every process within a second. May be repeated.',
    answers: { 200: { description: 'Revoked.', json: 'KeyRevoked' } },
    problems: ['unknown_key'],
  }),
};
