/** Fetches a JSON Web Key Set, and reports faults in words that an operator can act on. */
import { createLocalJWKSet } from 'jose';

const FETCH_TIMEOUT_MS = 5_000;
/** Providers publish a handful of keys, some 1 KB each. */
const KEYS_BYTES_MAX = 1_000_000;

export type LocalKeys = ReturnType<typeof createLocalJWKSet>;

export interface FetchedKeys {
  readonly keys: LocalKeys;
  /** The keys work, and the provider should be informed: two keys of one id. */
  readonly warning: string | undefined;
}

/** Why the keys cannot be used. The label `reason` of a counter, and a sentence. */
export class KeysUnusable extends Error {
  readonly reason: 'unreachable' | 'timeout' | 'redirect' | 'status' | 'not_json' | 'not_keys';

  constructor(reason: KeysUnusable['reason'], message: string, options?: ErrorOptions) {
    super(message, options);
    this.reason = reason;
  }
}

/** @throws {@link KeysUnusable}, and nothing else. */
export async function fetchKeys(url: URL): Promise<FetchedKeys> {
  const response = await get(url);
  if (response.status >= 300 && response.status < 400) {
    const target = response.headers.get('location') ?? 'an unnamed address';
    throw new KeysUnusable('redirect', `${url.href} redirects to ${target}: configure that address`);
  }
  if (response.status !== 200) {
    throw new KeysUnusable('status', `${url.href} replied with status ${response.status}`);
  }
  return parseKeys(url, await bodyOf(url, response));
}

async function get(url: URL): Promise<Response> {
  try {
    return await fetch(url, {
      // Followed silently, a redirect would let the owner of the other address choose the keys.
      redirect: 'manual',
      signal: AbortSignal.timeout(FETCH_TIMEOUT_MS),
      headers: { accept: 'application/json, application/jwk-set+json' },
    });
  } catch (fault) {
    throw unreachable(url, fault);
  }
}

async function bodyOf(url: URL, response: Response): Promise<string> {
  try {
    const bytes = await response.arrayBuffer();
    if (bytes.byteLength > KEYS_BYTES_MAX) {
      throw new KeysUnusable('not_keys', `${url.href} replied with more than ${KEYS_BYTES_MAX} bytes`);
    }
    return Buffer.from(bytes).toString('utf8');
  } catch (fault) {
    throw fault instanceof KeysUnusable ? fault : unreachable(url, fault);
  }
}

function unreachable(url: URL, fault: unknown): KeysUnusable {
  if (fault instanceof Error && fault.name === 'TimeoutError') {
    return new KeysUnusable('timeout', `${url.href} did not reply within ${FETCH_TIMEOUT_MS / 1_000} s`);
  }
  const cause = fault instanceof Error ? (fault.cause as { readonly code?: unknown } | undefined) : undefined;
  const code = typeof cause?.code === 'string' ? cause.code : 'no connection';
  return new KeysUnusable('unreachable', `${url.href} cannot be reached (${code})`, { cause: fault });
}

function parseKeys(url: URL, text: string): FetchedKeys {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    const kind = /^\s*</.test(text) ? 'an HTML page' : 'something other than JSON';
    throw new KeysUnusable('not_json', `${url.href} replied with ${kind} instead of a JSON Web Key Set`);
  }
  try {
    const keys = createLocalJWKSet(value as Parameters<typeof createLocalJWKSet>[0]);
    const ids = keys.jwks().keys.map(({ kid }) => kid);
    if (ids.length === 0) throw new KeysUnusable('not_keys', `${url.href} lists no keys`);
    const repeated = ids.find((kid, place) => kid !== undefined && ids.indexOf(kid) !== place);
    return {
      keys,
      warning: repeated === undefined ? undefined : `${url.href} lists two keys with the kid "${repeated}"`,
    };
  } catch (fault) {
    if (fault instanceof KeysUnusable) throw fault;
    throw new KeysUnusable('not_keys', `${url.href} replied with JSON that is not a JSON Web Key Set`);
  }
}
