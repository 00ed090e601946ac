/** Every route in words, under the same key as its line in routes.ts. A test compares the two tables. */
import { PRESENCE_HEADER } from '../presence/presence-ticket.js';
import { couponListQuery, pageQuery } from '../wire/schemas.js';
import { forAnyone, forMembers, forSellers, storeless } from './operation.js';
import type { Operation } from './operation.js';

const COUPON = { 200: { description: 'The coupon as it is now.', json: 'Coupon' } } as const;

export const operations: Readonly<Record<string, Operation>> = {
  // Outside the wrapper, so its list of problems is written out.
  'POST /v1/coupons/:id/download': {
    id: 'downloadCoupon',
    tag: 'Members',
    summary: 'Ask for one',
    description:
      'Exactly the first of the line get one each. Asking again is always safe: a winner is told the same number. ' +
      'Of the outcomes that apply, the first of this order is told: unknown_coupon, already_issued, not_open, paused, closed, ' +
      'sold_out, issued. No body is read. ' +
      'Where the coupon has `presenceRequired`, nothing is attempted without a good ticket of presence (presence_…); it is ' +
      'judged before anything but unknown_coupon.',
    access: 'member',
    headers: {
      [PRESENCE_HEADER]:
        'A ticket of the waiting room or captcha service. Read only where the coupon has `presenceRequired`.',
    },
    answers: {
      200: {
        description: 'The member holds it already: the number of the first answer.',
        json: 'AlreadyIssued',
      },
      201: { description: 'The member holds it from now on.', json: 'Issued' },
    },
    problems: [
      'unauthenticated',
      'account_locked',
      'wrong_role',
      'unknown_coupon',
      'presence_required',
      'presence_invalid',
      'presence_expired',
      'presence_mismatch',
      'presence_unavailable',
      'not_open',
      'paused',
      'closed',
      'sold_out',
      'rate_limited',
      'busy',
      'not_ready',
      'outcome_unknown',
      'keys_unavailable',
      'shutting_down',
      'internal_error',
    ],
  },
  'GET /v1/coupons/:id/issuance': forMembers({
    id: 'showOwnIssuance',
    tag: 'Members',
    summary: 'Look whether you hold one',
    answers: { 200: { description: 'The member holds one.', json: 'HeldIssuance' } },
    problems: ['unknown_coupon', 'not_issued'],
  }),
  'GET /v1/me/coupons': forMembers({
    id: 'listOwnCoupons',
    tag: 'Members',
    summary: 'Your coupons',
    description: 'What is recorded, ascending by coupon id.',
    query: pageQuery,
    answers: { 200: { description: 'A page.', json: 'IssuancePage' } },
  }),
  'POST /v1/me/coupons/:couponId/use': forMembers({
    id: 'useCoupon',
    tag: 'Members',
    summary: 'Use it, once',
    answers: { 200: { description: 'It is used now.', json: 'Issuance' } },
    problems: ['unknown_coupon', 'not_issued', 'already_used', 'not_recorded'],
  }),

  'GET /v1/coupons': forAnyone({
    id: 'listCoupons',
    tag: 'Coupons',
    summary: 'All coupons',
    description: 'Ascending by id. With `state` a page may be short, even empty, and still have a `next`.',
    query: couponListQuery,
    answers: { 200: { description: 'A page.', json: 'CouponPage' } },
  }),
  'GET /v1/coupons/:id': forAnyone({
    id: 'showCoupon',
    tag: 'Coupons',
    summary: 'One coupon',
    answers: COUPON,
    problems: ['unknown_coupon'],
  }),
  // Outside the wrapper, too.
  'GET /v1/coupons/:id/live': {
    id: 'watchCoupon',
    tag: 'Coupons',
    summary: 'Watch it live',
    description:
      'Server-sent events, at most five a second. The data of each is a LiveUpdate as JSON; its id is the store’s clock in ' +
      'milliseconds. Come back with it in Last-Event-ID (or `lastEventId` in the query) to get what was missed, as far as it is kept.',
    access: 'anyone',
    answers: {
      200: { description: 'Events, for as long as the reader stays.', text: ['text/event-stream'] },
    },
    problems: ['unknown_coupon', 'busy', 'not_ready', 'shutting_down', 'internal_error'],
  },

  'POST /v1/coupons': forSellers({
    id: 'registerCoupon',
    tag: 'Sellers',
    summary: 'Register a coupon',
    description: 'It can be downloaded (or counts down) when the answer is there.',
    body: 'NewCoupon',
    answers: {
      201: {
        description: 'Registered.',
        json: 'Coupon',
        headers: { Location: 'The path of the coupon.' },
      },
    },
    problems: ['window_invalid', 'presence_disabled', 'presence_too_many'],
  }),
  'PATCH /v1/coupons/:id': forSellers({
    id: 'changeCoupon',
    tag: 'Sellers',
    summary: 'Change name, quantity, window or the demand for presence',
    description: 'What is absent stays; null takes a bound of the window away.',
    body: 'CouponChange',
    answers: COUPON,
    problems: [
      'unknown_coupon',
      'forbidden',
      'window_invalid',
      'quantity_below_issued',
      'closed',
      'presence_disabled',
      'presence_too_many',
    ],
  }),
  'POST /v1/coupons/:id/pause': forSellers({
    id: 'pauseCoupon',
    tag: 'Sellers',
    summary: 'Stop the downloads',
    answers: COUPON,
    problems: ['unknown_coupon', 'forbidden', 'closed'],
  }),
  'POST /v1/coupons/:id/resume': forSellers({
    id: 'resumeCoupon',
    tag: 'Sellers',
    summary: 'Let them go on',
    answers: COUPON,
    problems: ['unknown_coupon', 'forbidden', 'closed'],
  }),
  'POST /v1/coupons/:id/close': forSellers({
    id: 'closeCoupon',
    tag: 'Sellers',
    summary: 'Close it for good',
    answers: COUPON,
    problems: ['unknown_coupon', 'forbidden', 'closed'],
  }),
  'GET /v1/coupons/:id/stats': forSellers({
    id: 'showStats',
    tag: 'Sellers',
    summary: 'Where every unit is',
    description: 'At rest, quantity = remaining + queued + claimed + recorded + deadLettered.',
    answers: { 200: { description: 'The figures.', json: 'Stats' } },
    problems: ['unknown_coupon', 'forbidden'],
  }),
  'GET /v1/coupons/:id/issuances': forSellers({
    id: 'listIssuances',
    tag: 'Sellers',
    summary: 'Who holds it',
    description: 'Ascending by number. As CSV or NDJSON all of them are streamed, whatever the limit.',
    query: pageQuery,
    answers: {
      200: {
        description: 'A page, or with another Accept the whole list.',
        json: 'IssuancePage',
        text: ['text/csv', 'application/x-ndjson'],
      },
    },
    problems: ['unknown_coupon', 'forbidden'],
  }),
  'DELETE /v1/coupons/:id/issuances/:issueNo': forSellers({
    id: 'revokeIssuance',
    tag: 'Sellers',
    summary: 'Take one back',
    description: 'The unit returns to stock, the number is never used again. May be repeated.',
    answers: { 200: { description: 'Revoked.', json: 'Revoked' } },
    problems: ['unknown_coupon', 'forbidden', 'not_issued', 'already_used'],
  }),

  'POST /v1/accounts': forAnyone({
    id: 'signUp',
    tag: 'Accounts',
    summary: 'Sign up',
    body: 'NewAccount',
    answers: { 201: { description: 'The account.', json: 'Account' } },
    problems: ['seller_signup_closed', 'sessions_disabled', 'email_taken', 'busy'],
  }),
  'POST /v1/sessions': forAnyone({
    id: 'signIn',
    tag: 'Accounts',
    summary: 'Sign in',
    body: 'NewSession',
    answers: { 200: { description: 'An access token.', json: 'Session' } },
    problems: ['invalid_credentials', 'account_locked', 'sessions_disabled', 'busy'],
  }),

  'GET /healthz': storeless({
    id: 'showLiveness',
    tag: 'Operators',
    summary: 'Does the process turn',
    answers: { 200: { description: 'It does.', json: 'Alive' } },
  }),
  'GET /readyz': storeless({
    id: 'showReadiness',
    tag: 'Operators',
    summary: 'Can downloads be decided here now',
    answers: { 200: { description: 'They can.', json: 'Ready' } },
    problems: ['not_ready'],
  }),
  'GET /metrics': storeless({
    id: 'showMetrics',
    tag: 'Operators',
    summary: 'Metrics for Prometheus',
    answers: { 200: { description: 'Of all processes that share the port.', text: ['text/plain'] } },
    problems: ['not_ready'],
  }),
  'GET /openapi.json': storeless({
    id: 'showDescription',
    tag: 'Operators',
    summary: 'This document',
    answers: { 200: { description: 'OpenAPI 3.1.', json: 'Description' } },
  }),
  'GET /': storeless({
    id: 'showHome',
    tag: 'Operators',
    summary: 'The console, or without one a pointer',
    answers: { 200: { description: 'Whichever is there.', json: 'Home', text: ['text/html'] } },
  }),
};
