/** Parses server keys and webhooks of the API. */
import { fieldsOf, instantIn, instantOrNothingIn, listIn, numberIn, textIn } from './read.js';

export const keyScopes = ['read', 'redeem', 'issue', 'manage'] as const;
export type KeyScope = (typeof keyScopes)[number];

export interface ServerKey {
  readonly id: number;
  readonly name: string;
  readonly scopes: readonly string[];
  readonly createdAtMs: number;
  readonly expiresAtMs: number | undefined;
  readonly revokedAtMs: number | undefined;
}

export interface NewServerKey extends ServerKey {
  /** No later answer has it. */
  readonly key: string;
}

export const eventKinds = [
  'issuance.recorded',
  'issuance.revoked',
  'redemption.made',
  'redemption.cancelled',
  'hold.expired',
  'coupon.sold_out',
  'coupon.closed',
] as const;

export interface Webhook {
  readonly id: number;
  readonly url: string;
  readonly kinds: readonly string[];
  readonly enabled: boolean;
  readonly failingSinceMs: number | undefined;
  readonly failures: number;
}

/** How a request to a webhook ended. */
export interface Tested {
  readonly result: string;
  /** Status of the response; `undefined` without one. */
  readonly status: number | undefined;
}

export interface Delivery extends Tested {
  readonly messageId: string;
  readonly couponId: number;
  readonly events: number;
  readonly atMs: number;
}

export function readServerKey(value: unknown): ServerKey {
  const fields = fieldsOf(value);
  return {
    id: numberIn(fields, 'id'),
    name: textIn(fields, 'name'),
    scopes: listIn(fields, 'scopes', String),
    createdAtMs: instantIn(fields, 'createdAt'),
    expiresAtMs: instantOrNothingIn(fields, 'expiresAt'),
    revokedAtMs: instantOrNothingIn(fields, 'revokedAt'),
  };
}

export function readNewKey(value: unknown): NewServerKey {
  return { ...readServerKey(value), key: textIn(fieldsOf(value), 'key') };
}

export function readWebhook(value: unknown): Webhook {
  const fields = fieldsOf(value);
  return {
    id: numberIn(fields, 'id'),
    url: textIn(fields, 'url'),
    kinds: listIn(fields, 'kinds', String),
    enabled: fields['state'] === 'enabled',
    failingSinceMs: instantOrNothingIn(fields, 'failingSince'),
    failures: numberIn(fields, 'failures'),
  };
}

export function readTested(value: unknown): Tested {
  const fields = fieldsOf(value);
  const { status } = fields;
  return { result: textIn(fields, 'result'), status: typeof status === 'number' ? status : undefined };
}

export function readDelivery(value: unknown): Delivery {
  const fields = fieldsOf(value);
  return {
    ...readTested(value),
    messageId: textIn(fields, 'messageId'),
    couponId: numberIn(fields, 'couponId'),
    events: numberIn(fields, 'events'),
    atMs: instantIn(fields, 'at'),
  };
}
