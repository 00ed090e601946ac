/**
 * Stores webhooks: addresses of shops to which relays send the feed, and the position of each.
 *
 * A webhook has one position in the feed of its seller. The end of a batch is stored before the batch is sent, so a batch that is sent again
 * has the same id and the same bytes. One relay at a time holds the lease of a webhook, and every step of a delivery names that relay.
 * `testing/contracts/webhooks-contract.ts` tests every back end.
 */
import type { CouponId, MemberId } from '../domain/coupon.js';
import type { EventKind, FeedPosition } from '../domain/events.js';
import type { AuditEntry } from './audit-log.js';
import type { KeyedRequest } from './idempotency.js';

export const WEBHOOKS_PER_SELLER_MAX = 20;
export const WEBHOOK_COUPONS_MAX = 100;

export interface NewWebhook {
  readonly sellerId: MemberId;
  readonly url: string;
  readonly kinds: readonly EventKind[];
  /** Absent: all coupons of the seller. */
  readonly couponIds: readonly CouponId[] | undefined;
  /** `whsec_` and base64. */
  readonly secret: string;
  readonly createdAtMs: number;
}

export interface Webhook extends NewWebhook {
  readonly id: number;
  /** The secret before the last rotation: it signs as well until then. */
  readonly previousSecret: { readonly secret: string; readonly untilMs: number } | undefined;
  readonly state: 'enabled' | 'disabled';
  /** The first of the failures in a row; `undefined` where the last delivery arrived. */
  readonly failingSinceMs: number | undefined;
  /** Failures in a row. */
  readonly attempts: number;
  /** The next attempt is not before this. */
  readonly nextAtMs: number;
  /** Events up to this one have been delivered, or are not wanted. */
  readonly position: FeedPosition;
  /** The end of the batch that was begun and not delivered yet. */
  readonly sendingTo: FeedPosition | undefined;
}

/** Issuances to deliver once more, beside the feed: the position of the webhook stays. */
export interface Replay {
  readonly id: number;
  readonly couponId: CouponId;
  readonly nextNo: number;
  readonly lastNo: number;
}

export interface LeasedWebhook extends Webhook {
  readonly replay: Replay | undefined;
}

/** One request to a webhook. */
export interface Delivery {
  readonly messageId: string;
  readonly couponId: CouponId;
  readonly events: number;
  readonly atMs: number;
  readonly durationMs: number;
  /** Status of the response; `undefined` without one. */
  readonly status: number | undefined;
  readonly result: DeliveryResult;
}

export const deliveryResults = [
  'delivered',
  'status',
  'redirect',
  'timeout',
  'connection',
  'address',
] as const;
/** `address`: the name led to an address that is not public. */
export type DeliveryResult = (typeof deliveryResults)[number];

export type CreateWebhookReply =
  | { readonly status: 'created' | 'repeated'; readonly webhook: Webhook }
  /** `no_seller`: the account was removed, or no longer belongs to a seller. */
  | { readonly status: 'key_reused' | 'too_many' | 'no_seller' };

export interface SecretRotation {
  readonly id: number;
  readonly sellerId: MemberId;
  readonly secret: string;
  readonly previousUntilMs: number;
}

export type RotateSecretReply =
  | { readonly status: 'rotated' | 'repeated'; readonly webhook: Webhook }
  | { readonly status: 'unknown' | 'key_reused' };

/** A relay, and how long its lease lasts from each step. */
export interface Lessee {
  readonly owner: string;
  readonly leaseMs: number;
}

/** @throws StoreUnavailableError: nothing was written. StoreOutcomeUnknownError: it may have been; every method may be repeated. */
export interface Webhooks {
  /** @param start the deliveries begin after it. */
  create(
    webhook: NewWebhook,
    start: FeedPosition,
    entry: (id: number) => AuditEntry,
    keyed?: KeyedRequest,
  ): Promise<CreateWebhookReply>;
  /** Ascending by id. @param sellerId `undefined`: of all sellers. */
  list(sellerId: MemberId | undefined): Promise<Webhook[]>;
  /** @param sellerId whose it has to be; `undefined`: of any seller. */
  find(id: number, sellerId: MemberId | undefined): Promise<Webhook | undefined>;
  /** Safe to repeat. */
  remove(id: number, sellerId: MemberId, entry: AuditEntry): Promise<'removed' | 'unknown'>;
  /**
   * Replaces the secret; the previous one signs as well until `previousUntilMs`. `repeated`: the key was taken by the same request before, and
   * this is the webhook as it is now.
   */
  rotateSecret(rotation: SecretRotation, entry: AuditEntry, keyed?: KeyedRequest): Promise<RotateSecretReply>;
  /** Deliveries continue where they stopped. */
  enable(id: number, entry: AuditEntry): Promise<'enabled' | 'unknown'>;
  addReplay(id: number, replay: Omit<Replay, 'id'>): Promise<void>;
  /** The latest first. */
  deliveries(id: number, limit: number): Promise<Delivery[]>;
  countDisabled(): Promise<number>;

  /** Takes webhooks that are enabled and free, renews those the relay has, and returns all of them, up to `limit`. */
  lease(lessee: Lessee, limit: number): Promise<LeasedWebhook[]>;
  /** Releases the leases of this relay, so that others need not wait for their end. */
  release(owner: string): Promise<void>;
  /**
   * Stores the end of the batch that is sent next (absent: of a replay, whose batches need no bounds) and renews the lease.
   * False: another relay has the webhook, or it is disabled or deleted.
   */
  begin(id: number, lessee: Lessee, sendingTo: FeedPosition | undefined): Promise<boolean>;
  /** Events up to this position have arrived, or (without `delivery`) are not wanted. False as in {@link begin}. */
  advance(id: number, lessee: Lessee, position: FeedPosition, delivery?: Delivery): Promise<boolean>;
  /** Part of a replay has arrived; `nextNo` beyond its last number ends the replay. False as in {@link begin}. */
  advanceReplay(id: number, lessee: Lessee, replay: Replay, delivery?: Delivery): Promise<boolean>;
  /** @param disabling set where the webhook is disabled by this. False as in {@link begin}. */
  fail(
    id: number,
    lessee: Lessee,
    delivery: Delivery,
    nextAtMs: number,
    disabling?: AuditEntry,
  ): Promise<boolean>;
}
