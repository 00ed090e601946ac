/** Sends one signed message to a webhook over HTTPS, to a public address, without following redirects. */
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
  const open = async () => {
    const { Agent, request } = await import('undici');
    const agent = new Agent({
      connect: { timeout: timeoutMs, ...(allowPrivate ? {} : { lookup: lookupPublic }) },
      connections: 4,
      headersTimeout: timeoutMs,
      bodyTimeout: timeoutMs,
    });
    return { agent, request };
  };
  // Loading the library is a third of what it costs to start a command, and most processes deliver nothing.
  let client: ReturnType<typeof open> | undefined;
  return {
    async send(webhook, message) {
      const { url } = webhook;
      if (!allowPrivate && !isPublicHost(new URL(url).hostname))
        return { status: undefined, result: 'address' };
      const nowMs = Date.now();
      const inTime = AbortSignal.timeout(timeoutMs);
      try {
        const { agent, request } = await (client ??= open());
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
        // The body of the response is of no interest, and may have no end.
        await body.dump({ limit: BODY_BYTES_READ_MAX, signal: inTime }).catch(() => undefined);
        return { status: statusCode, result: resultOf(statusCode) };
      } catch (fault) {
        return { status: undefined, result: faultResult(fault) };
      }
    },
    async close() {
      await (await client)?.agent.destroy();
    },
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
