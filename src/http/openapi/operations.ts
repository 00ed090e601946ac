/** Describes every route, here or in the files that are joined below, under the same key as its line in routes.ts; a test compares both. */
import { PRESENCE_HEADER } from '../presence/presence-ticket.js';
import { audienceQuery, trialQuery } from '../wire/eligibility-schemas.js';
import { IDEMPOTENCY_HEADER } from '../wire/idempotency-key.js';
import { couponListQuery, issuanceListQuery, walletQuery } from '../wire/schemas.js';
import { adminOperations } from './admin-operations.js';
import { accountOperations } from './account-operations.js';
import { feedOperations } from './feed-operations.js';
import { redemptionOperations, REDEEMING } from './redemption-operations.js';
import { forAnyone, forMembers, forShops, forShopsAndAdmins } from './operation.js';
import type { Operation } from './operation.js';
import { serviceOperations } from './service-operations.js';
import { shopOperations } from './shop-operations.js';

/** The entity tag of a coupon, in the answers that hold one coupon. */
const TAGGED = {
  headers: { ETag: 'Names this revision of what a seller sets. Send it as If-Match with the next change.' },
} as const;
const COUPON = { 200: { description: 'The coupon as it is now.', json: 'Coupon', ...TAGGED } } as const;
const IF_MATCH = {
  'If-Match': 'The ETag of the coupon as it was read: the change is refused if another change came between.',
} as const;

const KEY_FORM = '1 to 64 characters of A–Z, a–z, 0–9, ".", "_" and "-"';

const RULE_PROBLEMS = ['rules_too_many', 'claim_unknown', 'not_exclusive', 'upgrade_running'] as const;

/** Of a member's own download; the routes are outside the wrapper, so the list of problems is written out. */
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

export const operations: Readonly<Record<string, Operation>> = {
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

  'GET /v1/coupons': forAnyone({
    id: 'listCoupons',
    tag: 'Coupons',
    summary: 'List coupons',
    description:
      'Ascending by id, or by `sort`. With `state` or `q` a page may be short, even empty, and still have a `next`.',
    query: couponListQuery,
    answers: { 200: { description: 'A page.', json: 'CouponPage' } },
  }),
  'GET /v1/coupons/:id': forAnyone({
    id: 'showCoupon',
    tag: 'Coupons',
    summary: 'Show a coupon',
    answers: COUPON,
    problems: ['unknown_coupon'],
  }),
  // Outside the wrapper, too.
  'GET /v1/coupons/:id/live': {
    id: 'watchCoupon',
    tag: 'Coupons',
    summary: 'Watch a coupon live',
    description:
      'Server-sent events, at most five a second. The data of each is a LiveUpdate as JSON; its id is the store’s clock in ' +
      'milliseconds. Reconnect with this id in Last-Event-ID (or `lastEventId` in the query) to get the missed updates that are still kept.',
    access: 'anyone',
    answers: {
      200: { description: 'Events, until the client disconnects.', text: ['text/event-stream'] },
    },
    problems: ['unknown_coupon', 'busy', 'not_ready', 'internal_error'],
  },

  'GET /coupons/:id': forAnyone({
    id: 'showCouponPage',
    tag: 'Coupons',
    summary: 'Show a page that links to a coupon lead to',
    description:
      'Its head describes the coupon to messengers (title, description, image). A browser goes on to the coupon in the console.',
    answers: {
      200: { description: 'The page.', text: ['text/html'] },
      404: { description: 'A page that says that there is no such coupon.', text: ['text/html'] },
    },
  }),

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
        description: 'The same request had registered this coupon before.',
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
    summary: 'Change name, quantity, window or rules',
    description:
      'Absent fields stay unchanged; null removes a bound of the window, the validity or the eligibility. ' +
      'While the coupon is open its eligibility can be narrowed, and widened only after a pause (pause_first).',
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
      'hold_fixed',
    ],
  }),
  'POST /v1/coupons/:id/audience': forShops('manage', {
    id: 'changeAudience',
    tag: 'Sellers',
    summary: 'Add members to the list of a coupon, or remove them',
    description:
      'For coupons whose `eligibility` has `audience`. In force on every process within a second. Safe to repeat. ' +
      'With one id that is none, nothing is changed, and the errors name its place in the list.',
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
  ...feedOperations,
  'DELETE /v1/coupons/:id/issuances/:issueNo': forShops('manage', {
    id: 'revokeIssuance',
    tag: 'Sellers',
    summary: 'Revoke an issuance',
    description: 'The unit returns to stock; the number is never issued again. Safe to repeat.',
    answers: { 200: { description: 'Revoked.', json: 'Revoked' } },
    problems: ['unknown_coupon', 'forbidden', 'not_issued', 'already_used'],
  }),

  ...redemptionOperations,
  ...shopOperations,
  'POST /v1/accounts': forAnyone({
    id: 'signUp',
    tag: 'Accounts',
    summary: 'Sign up',
    body: 'NewAccount',
    answers: { 201: { description: 'The account.', json: 'Account' } },
    problems: [
      'seller_signup_closed',
      'member_signup_closed',
      'rate_limited',
      'sessions_disabled',
      'email_taken',
      'busy',
    ],
  }),
  'POST /v1/sessions': forAnyone({
    id: 'signIn',
    tag: 'Accounts',
    summary: 'Sign in',
    body: 'NewSession',
    answers: { 200: { description: 'An access token.', json: 'Session' } },
    problems: ['invalid_credentials', 'account_locked', 'sessions_disabled', 'busy'],
  }),

  ...accountOperations,
  ...adminOperations,

  ...serviceOperations,
};
