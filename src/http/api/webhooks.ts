/** Handles webhooks of a seller: make, list, remove, enable, test, replay, and what was delivered. */
import type { Clock } from '../../engine/domain/clock.js';
import type { EventFeed } from '../../engine/feed/event-feed.js';
import { WEBHOOK_SECRET_OVERLAP_MS } from '../../engine/domain/limits.js';
import { testMessage } from '../../engine/feed/test-message.js';
import type { SendMessage } from '../../engine/feed/webhook-delivery.js';
import type { AuditEntry } from '../../engine/ports/audit-log.js';
import type { EventLog } from '../../engine/ports/event-log.js';
import { WEBHOOKS_PER_SELLER_MAX } from '../../engine/ports/webhooks.js';
import type { Webhook, Webhooks } from '../../engine/ports/webhooks.js';
import type { CouponRegistry } from '../../engine/sellers/coupon-registry.js';
import { tokenProblem } from '../auth/token-problems.js';
import { type Identity, SESSION_ENDED } from '../wire/identity.js';
import type { WebhookAnswer } from '../openapi/feed-answers.js';
import { json } from '../wire/exchange.js';
import type { ApiRequest, Reply } from '../wire/exchange.js';
import { keyedRequest, refuseReusedKey } from '../wire/idempotency-key.js';
import { parseBody } from '../wire/parse-input.js';
import { refuse, RequestRefused } from '../wire/problems.js';
import { rfc3339, rfc3339OrNull } from '../wire/rfc3339.js';
import { issueNo as numberInput } from '../wire/issuance-schemas.js';
import { replayInput, webhookInput } from '../wire/feed-schemas.js';
import { ownedCouponBy } from './owned-coupon.js';
import { callerActor } from './caller-actor.js';

const DELIVERIES_MAX = 100;

export interface WebhookPorts {
  readonly webhooks: Webhooks;
  readonly events: Pick<EventLog, 'followedOf'>;
  readonly feed: Pick<EventFeed, 'read' | 'end' | 'place'>;
  readonly registry: CouponRegistry;
  readonly clock: Clock;
  /** How webhooks are reached; the addresses it refuses are refused here as well. */
  readonly webhookAccess: WebhookAccess;
}

export interface WebhookAccess {
  readonly send: SendMessage;
  newSecret(): string;
  /** Why a webhook with this address is refused; `undefined` where it is accepted. */
  faultOfUrl(url: string): string | undefined;
}

export class WebhookHandlers {
  readonly #ports: WebhookPorts;

  constructor(ports: WebhookPorts) {
    this.#ports = ports;
  }

  /** The only answer that contains the secret; a repeat with the same `Idempotency-Key` has it again. */
  async create(request: ApiRequest, seller: Identity): Promise<Reply> {
    const { webhooks, feed, clock, webhookAccess } = this.#ports;
    const { url, kinds, couponIds } = parseBody(webhookInput, request);
    const fault = webhookAccess.faultOfUrl(url);
    if (fault !== undefined) refuse('url_refused', fault);
    for (const couponId of couponIds ?? []) await ownedCouponBy(this.#ports.registry, couponId, seller);
    const createdAtMs = clock.nowMs();
    const keyed = keyedRequest(request, seller.memberId, createdAtMs);
    const reply = await webhooks.create(
      { sellerId: seller.memberId, url, kinds, couponIds, secret: webhookAccess.newSecret(), createdAtMs },
      await feed.end(seller.memberId),
      (id) => ({
        ...{ atMs: createdAtMs, actor: callerActor(request, seller), action: 'webhook_created' },
        ...{ target: `webhook ${id}`, detail: { url, kinds, couponIds } },
      }),
      keyed,
    );
    switch (reply.status) {
      case 'created':
        return json(201, { ...webhookBody(reply.webhook), secret: reply.webhook.secret });
      case 'repeated':
        return json(200, { ...webhookBody(reply.webhook), secret: reply.webhook.secret });
      case 'key_reused':
        return refuseReusedKey();
      case 'no_seller':
        // This process has not yet polled the end of the session.
        throw new RequestRefused(tokenProblem(SESSION_ENDED.reason));
      case 'too_many':
        return refuse(
          'webhooks_too_many',
          `A seller may have ${WEBHOOKS_PER_SELLER_MAX} webhooks. Remove those that are not used.`,
        );
    }
  }

  async list(_request: ApiRequest, seller: Identity): Promise<Reply> {
    const webhooks = await this.#ports.webhooks.list(seller.memberId);
    return json(200, { items: webhooks.map(webhookBody) });
  }

  async remove(request: ApiRequest, seller: Identity): Promise<Reply> {
    const { id } = await this.#owned(request, seller);
    const atMs = this.#ports.clock.nowMs();
    await this.#ports.webhooks.remove(id, seller.memberId, {
      ...{ atMs, actor: callerActor(request, seller), action: 'webhook_removed' },
      ...{ target: `webhook ${id}`, detail: {} },
    });
    return json(200, { id, removed: true });
  }

  /** With an `Idempotency-Key` a repeat has the same secret; without one it is another rotation. */
  async rotateSecret(request: ApiRequest, seller: Identity): Promise<Reply> {
    const { id } = await this.#owned(request, seller);
    const { webhooks, clock, webhookAccess } = this.#ports;
    const atMs = clock.nowMs();
    const { memberId: sellerId } = seller;
    const rotation = {
      ...{ id, sellerId, secret: webhookAccess.newSecret() },
      previousUntilMs: atMs + WEBHOOK_SECRET_OVERLAP_MS,
    };
    const entry: AuditEntry = {
      ...{ atMs, actor: callerActor(request, seller), action: 'webhook_secret_rotated' },
      ...{ target: `webhook ${id}`, detail: {} },
    };
    const reply = await webhooks.rotateSecret(rotation, entry, keyedRequest(request, sellerId, atMs));
    switch (reply.status) {
      case 'rotated':
      case 'repeated': {
        const { secret, previousSecret } = reply.webhook;
        return json(200, { id, secret, previousSecretUntil: rfc3339OrNull(previousSecret?.untilMs) });
      }
      case 'key_reused':
        return refuseReusedKey();
      case 'unknown':
        return refuse('unknown_webhook', 'There is no webhook with this id.');
    }
  }

  /** Safe to repeat. */
  async enable(request: ApiRequest, seller: Identity): Promise<Reply> {
    const { id } = await this.#owned(request, seller);
    const { webhooks, clock } = this.#ports;
    await webhooks.enable(id, {
      ...{ atMs: clock.nowMs(), actor: callerActor(request, seller), action: 'webhook_enabled' },
      ...{ target: `webhook ${id}`, detail: {} },
    });
    // Also the answer for one that was removed in the same moment.
    return json(200, webhookBody(await this.#owned(request, seller)));
  }

  /** Sends a message of its own kind now, whatever the webhook waits for. */
  async test(request: ApiRequest, seller: Identity): Promise<Reply> {
    const webhook = await this.#owned(request, seller);
    const { status, result } = await this.#ports.webhookAccess.send(webhook, testMessage(this.#ports.clock));
    return json(200, { delivered: result === 'delivered', result, status: status ?? null });
  }

  /** Delivers recorded issuances once more, beside the feed. */
  async replay(request: ApiRequest, seller: Identity): Promise<Reply> {
    const { webhooks, feed, events, registry } = this.#ports;
    const { id } = await this.#owned(request, seller);
    const { couponId, fromIssueNo } = parseBody(replayInput, request);
    await ownedCouponBy(registry, couponId, seller);
    await feed.place(seller.memberId);
    const [coupon] = await events.followedOf(seller.memberId, [couponId]);
    const lastNo = coupon?.placedNo ?? 0;
    if (lastNo >= fromIssueNo) await webhooks.addReplay(id, { couponId, nextNo: fromIssueNo, lastNo });
    return json(200, { id, couponId, fromIssueNo, toIssueNo: Math.max(lastNo, fromIssueNo - 1) });
  }

  async deliveries(request: ApiRequest, seller: Identity): Promise<Reply> {
    const { id } = await this.#owned(request, seller);
    const deliveries = await this.#ports.webhooks.deliveries(id, DELIVERIES_MAX);
    return json(200, {
      items: deliveries.map(({ messageId, couponId, events, atMs, durationMs, status, result }) => ({
        ...{ messageId, couponId, events, result, status: status ?? null, durationMs },
        at: rfc3339(atMs),
      })),
    });
  }

  async #owned(request: ApiRequest, seller: Identity): Promise<Webhook> {
    const id = numberInput.safeParse(request.params[0]);
    const webhook = id.success ? await this.#ports.webhooks.find(id.data, seller.memberId) : undefined;
    return webhook ?? refuse('unknown_webhook', 'There is no webhook with this id.');
  }
}

function webhookBody(webhook: Webhook): WebhookAnswer {
  const { id, url, kinds, couponIds, state, createdAtMs, failingSinceMs, attempts } = webhook;
  return {
    ...{ id, url, kinds: [...kinds], couponIds: couponIds === undefined ? null : [...couponIds], state },
    createdAt: rfc3339(createdAtMs),
    failingSince: rfc3339OrNull(failingSinceMs),
    failures: attempts,
  };
}
