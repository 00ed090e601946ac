/** Creates secrets and signatures of Standard Webhooks (https://www.standardwebhooks.com). */
import { createHmac, randomBytes } from 'node:crypto';
import type { Message } from '../engine/feed/webhook-delivery.js';
import type { Webhook } from '../engine/ports/webhooks.js';

const SECRET_PREFIX = 'whsec_';
const SECRET_BYTES = 32;

export function newWebhookSecret(): string {
  return SECRET_PREFIX + randomBytes(SECRET_BYTES).toString('base64');
}

/**
 * Headers of a message that is sent now: the receiver refuses old ones, so that a copy cannot be sent again much later.
 *
 * @param secrets each gets a signature, separated by spaces: two while a secret is rotated.
 */
export function signedHeaders(
  secrets: readonly string[],
  { id, body }: Message,
  nowMs: number,
): Record<string, string> {
  const timestamp = String(Math.floor(nowMs / 1_000));
  const signatures = secrets.map((secret) => {
    const key = Buffer.from(secret.slice(SECRET_PREFIX.length), 'base64');
    return `v1,${createHmac('sha256', key).update(`${id}.${timestamp}.${body}`).digest('base64')}`;
  });
  return { 'webhook-id': id, 'webhook-timestamp': timestamp, 'webhook-signature': signatures.join(' ') };
}

/** The new secret first. */
export function secretsInForce(
  { secret, previousSecret }: Pick<Webhook, 'secret' | 'previousSecret'>,
  nowMs: number,
): string[] {
  const isInForce = previousSecret !== undefined && nowMs < previousSecret.untilMs;
  return isInForce ? [secret, previousSecret.secret] : [secret];
}
