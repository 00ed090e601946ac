/** Sends one signed message to a webhook over HTTPS, to a public address, without following redirects. */
import { Agent, request } from 'undici';
import type { SendMessage } from '../engine/feed/webhook-delivery.js';
import type { DeliveryResult } from '../engine/ports/webhooks.js';
import { AddressRefusedError, isPublicHost, lookupPublic } from './public-addresses.js';
import { secretsInForce, signedHeaders } from './signature.js';

/** From the resolution of the name to the status line of the response. */
const TIMEOUT_MS = 10_000;
const BODY_BYTES_READ_MAX = 16_384;

export interface SenderSettings {
  /** For test installations: private addresses and plain HTTP. */
  readonly allowPrivate: boolean;
  readonly timeoutMs?: number;
}

export interface WebhookSender {
  readonly send: SendMessage;
  close(): Promise<void>;
}

export function webhookSender({ allowPrivate, timeoutMs = TIMEOUT_MS }: SenderSettings): WebhookSender {
  const agent = new Agent({
    connect: { timeout: timeoutMs, ...(allowPrivate ? {} : { lookup: lookupPublic }) },
    connections: 4,
    headersTimeout: timeoutMs,
    bodyTimeout: timeoutMs,
  });
  return {
    async send(webhook, message) {
      const { url } = webhook;
      if (!allowPrivate && !isPublicHost(new URL(url).hostname))
        return { status: undefined, result: 'address' };
      const nowMs = Date.now();
      const inTime = AbortSignal.timeout(timeoutMs);
      try {
        const { statusCode, body } = await request(url, {
          method: 'POST',
          dispatcher: agent,
          headers: {
            'content-type': 'application/json',
            'user-agent': 'Seonchak-Webhooks/1',
            ...signedHeaders(secretsInForce(webhook, nowMs), message, nowMs),
          },
          body: message.body,
          signal: inTime,
        });
        // What the receiver says besides its status is of no interest, and may have no end.
        await body.dump({ limit: BODY_BYTES_READ_MAX, signal: inTime }).catch(() => undefined);
        return { status: statusCode, result: resultOf(statusCode) };
      } catch (fault) {
        return { status: undefined, result: faultResult(fault) };
      }
    },
    close: () => agent.destroy(),
  };
}

function resultOf(status: number): DeliveryResult {
  if (status >= 200 && status < 300) return 'delivered';
  return status >= 300 && status < 400 ? 'redirect' : 'status';
}

function faultResult(fault: unknown): DeliveryResult {
  if (fault instanceof AddressRefusedError) return 'address';
  const { name = '', code = '' } = fault as { readonly name?: string; readonly code?: string };
  return name === 'TimeoutError' || code.endsWith('_TIMEOUT') ? 'timeout' : 'connection';
}
