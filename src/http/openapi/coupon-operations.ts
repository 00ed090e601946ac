/** Describes the routes that show coupons to anyone. */
import { couponListQuery } from '../wire/coupon-schemas.js';
import { forAnyone } from './operation.js';
import type { Operation } from './operation.js';

/** The entity tag of a coupon, in the answers that hold one coupon. */
export const TAGGED = {
  headers: { ETag: 'Names this revision of what a seller sets. Send it as If-Match with the next change.' },
} as const;
export const COUPON = {
  200: { description: 'The coupon as it is now.', json: 'Coupon', ...TAGGED },
} as const;

export const couponOperations: Readonly<Record<string, Operation>> = {
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
      'Its head describes the coupon to messengers (title, description, image). A browser opens the coupon in the console.',
    answers: {
      200: { description: 'The page.', text: ['text/html'] },
      404: { description: 'A page for a coupon that does not exist.', text: ['text/html'] },
    },
  }),
};
