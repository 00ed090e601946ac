/** Describes the routes with which sellers register, change and watch their coupons. */
import { IDEMPOTENCY_HEADER } from '../wire/idempotency-key.js';
import { issuanceListQuery } from '../wire/issuance-schemas.js';
import { COUPON, TAGGED } from './coupon-operations.js';
import { forShops, forShopsAndAdmins } from './operation.js';
import type { Operation } from './operation.js';

const IF_MATCH = {
  'If-Match': 'The ETag of the coupon as it was read: the change is refused if another change came between.',
} as const;

const KEY_FORM = '1 to 64 characters of A–Z, a–z, 0–9, ".", "_" and "-"';

const RULE_PROBLEMS = ['rules_too_many', 'claim_unknown', 'not_exclusive', 'upgrade_running'] as const;

export const sellerOperations: Readonly<Record<string, Operation>> = {
  'POST /v1/coupons': forShops('manage', {
    id: 'registerCoupon',
    tag: 'Sellers',
    summary: 'Register a coupon',
    description:
      'Once the answer has arrived, the coupon can be downloaded, or counts down to its opening. ' +
      'With an Idempotency-Key a repeat of the same request within 24 hours is answered 200 with the same coupon and registers nothing.',
    headers: { [IDEMPOTENCY_HEADER]: `${KEY_FORM}, new for each coupon.` },
    body: 'NewCoupon',
    answers: {
      200: {
        description: 'An earlier request with this key registered this coupon.',
        json: 'Coupon',
        headers: { Location: 'The path of the coupon.', ...TAGGED.headers },
      },
      201: {
        description: 'Registered.',
        json: 'Coupon',
        headers: { Location: 'The path of the coupon.', ...TAGGED.headers },
      },
    },
    problems: ['window_invalid', 'presence_disabled', 'presence_too_many', ...RULE_PROBLEMS, 'key_reused'],
  }),
  'PATCH /v1/coupons/:id': forShops('manage', {
    id: 'changeCoupon',
    tag: 'Sellers',
    summary: 'Change name, quantity, window, discount or rules',
    description:
      'Absent fields stay unchanged; null removes a bound of the window, the discount, the validity or the eligibility. ' +
      'While the coupon is open its eligibility can be narrowed, and widened only after a pause (pause_first). ' +
      'A change that opens it cannot give it a rule at the same time (pause_first). ' +
      'A validity can be shortened after a pause too, and only while no member holds the coupon (validity_shortened). ' +
      'The same holds for any change of the discount (discount_fixed).',
    body: 'CouponChange',
    headers: IF_MATCH,
    answers: COUPON,
    problems: [
      'unknown_coupon',
      'forbidden',
      'window_invalid',
      'quantity_below_issued',
      'closed',
      'changed_meanwhile',
      'presence_disabled',
      'presence_too_many',
      ...RULE_PROBLEMS,
      'pause_first',
      'validity_shortened',
      'discount_fixed',
      'hold_fixed',
    ],
  }),
  'POST /v1/coupons/:id/top-up': forShops('manage', {
    id: 'topUpCoupon',
    tag: 'Sellers',
    summary: 'Add units to the quantity',
    description:
      'Concurrent top-ups all count. With an Idempotency-Key a repeat of the same request within 24 hours is answered 200 and adds nothing.',
    headers: {
      ...IF_MATCH,
      [IDEMPOTENCY_HEADER]: `${KEY_FORM}, new for each top-up.`,
    },
    body: 'TopUp',
    answers: COUPON,
    problems: ['unknown_coupon', 'forbidden', 'closed', 'changed_meanwhile', 'key_reused'],
  }),
  'POST /v1/coupons/:id/pause': forShopsAndAdmins('manage', {
    id: 'pauseCoupon',
    tag: 'Sellers',
    summary: 'Pause the downloads',
    headers: IF_MATCH,
    answers: COUPON,
    problems: ['unknown_coupon', 'forbidden', 'closed', 'changed_meanwhile'],
  }),
  'POST /v1/coupons/:id/resume': forShopsAndAdmins('manage', {
    id: 'resumeCoupon',
    tag: 'Sellers',
    summary: 'Resume the downloads',
    headers: IF_MATCH,
    answers: COUPON,
    problems: ['unknown_coupon', 'forbidden', 'closed', 'changed_meanwhile'],
  }),
  'POST /v1/coupons/:id/close': forShopsAndAdmins('manage', {
    id: 'closeCoupon',
    tag: 'Sellers',
    summary: 'Close a coupon permanently',
    headers: IF_MATCH,
    answers: COUPON,
    problems: ['unknown_coupon', 'forbidden', 'closed', 'changed_meanwhile'],
  }),
  'GET /v1/coupons/:id/stats': forShopsAndAdmins('read', {
    id: 'showStats',
    tag: 'Sellers',
    summary: 'Count the units by stage',
    description:
      'While no download is in progress, quantity = remaining + queued + claimed + recorded + deadLettered.',
    answers: { 200: { description: 'The figures.', json: 'Stats' } },
    problems: ['unknown_coupon', 'forbidden'],
  }),
  'GET /v1/coupons/:id/quantities': forShopsAndAdmins('read', {
    id: 'listQuantities',
    tag: 'Sellers',
    summary: 'List what the quantity was and when',
    description: 'Ascending from the registration; of very many changes only the latest are kept.',
    answers: { 200: { description: 'The quantities.', json: 'QuantityList' } },
    problems: ['unknown_coupon', 'forbidden'],
  }),
  'GET /v1/coupons/:id/issuances': forShopsAndAdmins('read', {
    id: 'listIssuances',
    tag: 'Sellers',
    summary: 'List the issuances of a coupon',
    description:
      'Ascending by number. As CSV or NDJSON all issuances are streamed, regardless of the limit. ' +
      'Rows are written in any order: a reader that follows new ones with `after` and without `settled=true` loses some for good. ' +
      'With it the list ends at the frontier, the highest number up to which every number is settled, and `next` is null there. ' +
      'With a filter a page may be short, even empty, and still have a `next`.',
    query: issuanceListQuery,
    answers: {
      200: {
        description: 'A page, or with Accept CSV or NDJSON the whole list.',
        json: 'IssuanceListPage',
        text: ['text/csv', 'application/x-ndjson'],
      },
    },
    problems: ['unknown_coupon', 'forbidden'],
  }),
  'DELETE /v1/coupons/:id/issuances/:issueNo': forShops('manage', {
    id: 'revokeIssuance',
    tag: 'Sellers',
    summary: 'Revoke an issuance',
    description: 'The unit returns to stock; the number is never issued again. Safe to repeat.',
    answers: { 200: { description: 'Revoked.', json: 'Revoked' } },
    problems: ['unknown_coupon', 'forbidden', 'not_issued', 'already_used'],
  }),
};
