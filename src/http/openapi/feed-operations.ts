/** Describes the routes of events and webhooks. */
import { IDEMPOTENCY_HEADER } from '../wire/idempotency-key.js';
import { eventListQuery } from '../wire/feed-schemas.js';
import { forShops } from './operation.js';
import type { Operation } from './operation.js';

export const feedOperations: Readonly<Record<string, Operation>> = {
  'GET /v1/events': forShops('read', {
    id: 'listEvents',
    tag: 'Sellers',
    summary: 'Follow what happens to your coupons',
    description:
      'Issuances, revokes, redemptions, cancels, sold-out and closed coupons, each once and in an order that never changes: per coupon ' +
      'by number, and what happens to a number after the number. Store `cursor` and continue from it; `next` is null when there is no more ' +
      'at the moment. Events are kept for 30 days.',
    query: eventListQuery,
    answers: { 200: { description: 'A page, the oldest event first.', json: 'EventPage' } },
    problems: ['events_removed'],
  }),
  'POST /v1/webhooks': forShops('manage', {
    id: 'createWebhook',
    tag: 'Sellers',
    summary: 'Have events sent to your shop',
    description:
      'Signed as Standard Webhooks describe it. Events are sent in order, up to 100 of one coupon in a request; a request that failed is ' +
      'repeated with the same id and body. After 72 hours of failures, or a 410, the webhook is disabled.',
    body: 'NewWebhook',
    headers: {
      [IDEMPOTENCY_HEADER]: 'A repeat with the same key and body makes no second webhook. Kept 24 hours.',
    },
    answers: {
      200: {
        description: 'An earlier request with this key created this webhook.',
        json: 'WebhookWithSecret',
      },
      201: { description: 'The webhook, and its secret, shown this once.', json: 'WebhookWithSecret' },
    },
    problems: ['url_refused', 'unknown_coupon', 'forbidden', 'key_reused', 'webhooks_too_many'],
  }),
  'GET /v1/webhooks': forShops('read', {
    id: 'listWebhooks',
    tag: 'Sellers',
    summary: 'List your webhooks',
    answers: { 200: { description: 'Disabled ones included.', json: 'WebhookList' } },
  }),
  'DELETE /v1/webhooks/:id': forShops('manage', {
    id: 'removeWebhook',
    tag: 'Sellers',
    summary: 'Remove a webhook',
    answers: { 200: { description: 'Removed.', json: 'WebhookRemoved' } },
    problems: ['unknown_webhook'],
  }),
  'POST /v1/webhooks/:id/rotate-secret': forShops('manage', {
    id: 'rotateWebhookSecret',
    tag: 'Sellers',
    summary: 'Replace the secret of a webhook',
    description:
      'For 24 hours requests carry two signatures, of the new secret and of the previous one, so that the receiver can change over without losing any.',
    headers: {
      [IDEMPOTENCY_HEADER]:
        'A repeat with the same key returns the same secret and rotates nothing. Kept 24 hours.',
    },
    answers: { 200: { description: 'The new secret, shown this once.', json: 'WebhookSecretRotated' } },
    problems: ['unknown_webhook', 'key_reused'],
  }),
  'POST /v1/webhooks/:id/enable': forShops('manage', {
    id: 'enableWebhook',
    tag: 'Sellers',
    summary: 'Enable a disabled webhook',
    description: 'Deliveries continue where they stopped. Enabling an enabled webhook changes nothing.',
    answers: { 200: { description: 'The webhook as it is now.', json: 'Webhook' } },
    problems: ['unknown_webhook'],
  }),
  'POST /v1/webhooks/:id/test': forShops('manage', {
    id: 'testWebhook',
    tag: 'Sellers',
    summary: 'Send a test message now',
    description: 'The message has one event of the type `webhook.test`. Nothing else of the webhook changes.',
    answers: { 200: { description: 'How the receiver answered.', json: 'WebhookTested' } },
    problems: ['unknown_webhook'],
  }),
  'POST /v1/webhooks/:id/replay': forShops('manage', {
    id: 'replayWebhook',
    tag: 'Sellers',
    summary: 'Deliver issuances again',
    description:
      'Recorded issuances of a coupon from a number on, under their event ids, revoked ones included. New events continue beside it.',
    body: 'NewReplay',
    answers: { 200: { description: 'What is delivered again.', json: 'Replay' } },
    problems: ['unknown_webhook', 'unknown_coupon', 'forbidden'],
  }),
  'GET /v1/webhooks/:id/deliveries': forShops('read', {
    id: 'listDeliveries',
    tag: 'Sellers',
    summary: 'List the latest deliveries of a webhook',
    answers: { 200: { description: 'The latest first, up to 100.', json: 'DeliveryList' } },
    problems: ['unknown_webhook'],
  }),
};
