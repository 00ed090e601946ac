/** Creates the shop's server key and registers its coupons, once. All of it is safe to repeat after a crash. */
import { createSeonchakClient, SeonchakError, untilDefinite } from '@seonchak/client';
import { SignJWT } from 'jose';
import { saveSetting, setting } from './database.js';

const SCOPES = ['issue', 'redeem', 'read', 'manage'];
const KINDS = [
  ...['issuance.recorded', 'issuance.revoked', 'redemption.made', 'redemption.cancelled'],
  'hold.expired',
];

export const HALF_PRICE = { name: 'Half price', quantity: 10, redeemBy: 'seller' };
/** A seat is held while its buyer pays. Only the shop confirms it. */
export const seatHeldFor = (holdSeconds) => ({
  name: 'A seat',
  quantity: 2,
  redeemBy: 'seller',
  holdSeconds,
});

/** A key does not expire; the token that makes it is the seller's, signed with the secret that both sides have. */
export async function serverKey(database, baseUrl, secret) {
  const known = setting(database, 'key');
  if (known !== undefined) return known;
  const token = await new SignJWT({ role: 'seller' })
    .setProtectedHeader({ alg: 'HS256' })
    .setSubject('example-shop')
    .setIssuer('seonchak')
    .setAudience('seonchak')
    .setExpirationTime('5m')
    .sign(new TextEncoder().encode(secret));
  const seller = createSeonchakClient({ baseUrl, token });
  // A key whose answer was lost stays unused: it is listed with the others and can be revoked.
  const { key } = await definite((signal) =>
    seller.POST('/v1/keys', { body: { name: 'example shop', scopes: SCOPES }, signal }),
  );
  saveSetting(database, 'key', key);
  return key;
}

/**
 * The secret that signs what Seonchak sends to `${shopUrl}/webhooks/seonchak`; shown once, and again to a repeat with the same key.
 * It is asked for before there is a coupon, so that no event comes before the webhook.
 */
export async function webhookSecret(database, client, shopUrl) {
  const known = setting(database, 'webhook-secret');
  if (known !== undefined) return known;
  const { secret } = await definite((signal) =>
    client.POST('/v1/webhooks', {
      params: { header: { 'Idempotency-Key': 'example-shop-webhook-1' } },
      body: { url: `${shopUrl}/webhooks/seonchak`, kinds: KINDS },
      signal,
    }),
  );
  saveSetting(database, 'webhook-secret', secret);
  return secret;
}

/**
 * With an Idempotency-Key a repeat finds the coupon of the first request.
 *
 * @param name of the setting that keeps its id, and of the key.
 */
export async function couponOfShop(database, client, name, body) {
  const known = setting(database, name);
  if (known !== undefined) return Number(known);
  const { id } = await definite((signal) =>
    client.POST('/v1/coupons', {
      params: { header: { 'Idempotency-Key': `example-shop-${name}-1` } },
      body,
      signal,
    }),
  );
  saveSetting(database, name, String(id));
  return id;
}

async function definite(send) {
  const answer = await untilDefinite(send);
  if (answer?.data !== undefined) return answer.data;
  throw answer === undefined ? new Error('Seonchak does not answer.') : new SeonchakError(answer.error);
}
