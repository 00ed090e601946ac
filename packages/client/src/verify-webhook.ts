/**
 * Verifies a webhook by the Standard Webhooks signature: HMAC-SHA256 over `id.timestamp.body`.
 *
 * Uses Web Crypto, which Node.js and browsers share. Give it the body as it came: parsed and printed again it has other bytes.
 */

const TOLERANCE_S = 300;
const SECRET_PREFIX = 'whsec_';

/** A `Headers`, or the headers of a Node.js request. */
export type WebhookHeaders =
  { get(name: string): string | null } | Readonly<Record<string, string | readonly string[] | undefined>>;

export interface VerifyOptions {
  /** As it was shown when the webhook was registered (`whsec_…`); several while it is rotated. */
  readonly secret: string | readonly string[];
  readonly headers: WebhookHeaders;
  /** The body as it came. */
  readonly body: string | Uint8Array;
  /** How far `webhook-timestamp` may be from now, 300 unless given. */
  readonly toleranceS?: number;
  readonly nowMs?: number;
}

export interface VerifiedWebhook<Body> {
  /** The same for every delivery of the same batch: a receiver that has stored this id has nothing to do. */
  readonly id: string;
  readonly sentAt: Date;
  readonly body: Body;
}

/** The request is not one of your webhooks: answer 400, and do nothing. */
export class WebhookRejected extends Error {
  readonly reason: 'header_missing' | 'timestamp_too_far' | 'signature_wrong' | 'body_not_json';

  constructor(reason: WebhookRejected['reason']) {
    super(`The webhook was rejected: ${reason}.`);
    this.name = 'WebhookRejected';
    this.reason = reason;
  }
}

/** @throws WebhookRejected, with its reason. */
export async function verifyWebhook<Body = unknown>(options: VerifyOptions): Promise<VerifiedWebhook<Body>> {
  const { secret, headers, toleranceS = TOLERANCE_S, nowMs = Date.now() } = options;
  const id = headerOf(headers, 'webhook-id');
  const timestamp = headerOf(headers, 'webhook-timestamp');
  const signatures = headerOf(headers, 'webhook-signature');
  const sentAtS = /^\d{1,12}$/.test(timestamp) ? Number(timestamp) : Number.NaN;
  if (!(Math.abs(nowMs / 1_000 - sentAtS) <= toleranceS)) throw new WebhookRejected('timestamp_too_far');

  const encoder = new TextEncoder();
  const body = typeof options.body === 'string' ? encoder.encode(options.body) : options.body;
  const signed = joined(encoder.encode(`${id}.${timestamp}.`), body);
  const secrets = typeof secret === 'string' ? [secret] : secret;
  if (!(await isSigned(signed, signatures, secrets))) throw new WebhookRejected('signature_wrong');
  try {
    return {
      id,
      sentAt: new Date(sentAtS * 1_000),
      body: JSON.parse(new TextDecoder().decode(body)) as Body,
    };
  } catch {
    throw new WebhookRejected('body_not_json');
  }
}

/** Any of the signatures under any of the secrets: both sides may be rotating. `subtle.verify` compares in constant time. */
async function isSigned(
  signed: Uint8Array<ArrayBuffer>,
  signatures: string,
  secrets: readonly string[],
): Promise<boolean> {
  const given = signatures
    .split(' ')
    .flatMap((part) => (part.startsWith('v1,') ? [bytesOf(part.slice(3))] : []));
  for (const secret of secrets) {
    const key = bytesOf(secret.startsWith(SECRET_PREFIX) ? secret.slice(SECRET_PREFIX.length) : secret);
    if (key === undefined || key.length === 0) throw new TypeError('The secret of a webhook is not base64.');
    const imported = await crypto.subtle.importKey('raw', key, { name: 'HMAC', hash: 'SHA-256' }, false, [
      'verify',
    ]);
    for (const signature of given) {
      if (signature !== undefined && (await crypto.subtle.verify('HMAC', imported, signature, signed)))
        return true;
    }
  }
  return false;
}

function headerOf(headers: WebhookHeaders, name: string): string {
  const value =
    typeof headers['get'] === 'function'
      ? headers['get'](name)
      : (headers as Readonly<Record<string, unknown>>)[name];
  if (typeof value !== 'string' || value === '') throw new WebhookRejected('header_missing');
  return value;
}

function bytesOf(base64: string): Uint8Array<ArrayBuffer> | undefined {
  try {
    return Uint8Array.from(atob(base64), (character) => character.charCodeAt(0));
  } catch {
    return undefined;
  }
}

function joined(first: Uint8Array, second: Uint8Array): Uint8Array<ArrayBuffer> {
  const whole = new Uint8Array(first.length + second.length);
  whole.set(first);
  whole.set(second, first.length);
  return whole;
}
