/**
 * Lets a shop's backend in by its server key: which key it is, whether it may call this route, and how often.
 *
 * Keys are compared with what this process holds in memory, so a flood of wrong ones reaches no store; it is throttled by address.
 */
import { KEY_PREFIX } from '../../accounts/server-keys.js';
import type { KeyScope, ServerKey, ServerKeys } from '../../accounts/server-keys.js';
import type { AccessLocks } from '../../accounts/access-locks.js';
import type { Clock } from '../../engine/domain/clock.js';
import { RATE_LIMITED_RETRY_SECONDS } from '../limits/caller-limits.js';
import type { LimitSettings } from '../limits/caller-limits.js';
import { TokenBuckets } from '../limits/token-buckets.js';
import { refuse, RequestRefused } from '../wire/problems.js';
import type { Identity } from '../wire/identity.js';
import { bearerToken } from './token-policy.js';
import { ACCOUNT_LOCKED_PROBLEM, tokenProblem } from './token-problems.js';

/** Wrong keys at once from one address, for each wrong password that is allowed; one more every three seconds. */
const WRONG_KEYS_PER_FAILURE = 10;
const WRONG_KEY_REFILL_MS = 3_000;

type KeyResult = 'accepted' | 'wrong' | 'scope_missing' | 'wrong_role' | 'rate_limited' | 'locked';

export interface ServerKeyCallersPorts {
  readonly keys: Pick<ServerKeys, 'verify'>;
  readonly locks: Pick<AccessLocks, 'has'>;
  readonly clock: Clock;
}

export class ServerKeyCallers {
  readonly #ports: ServerKeyCallersPorts;
  readonly #rates: TokenBuckets | undefined;
  readonly #wrongKeys: TokenBuckets | undefined;
  readonly #counts = new Map<string, { scope: string; result: KeyResult; count: number }>();

  constructor(
    ports: ServerKeyCallersPorts,
    { key, signInFailuresMax }: Pick<LimitSettings, 'key' | 'signInFailuresMax'>,
  ) {
    this.#ports = ports;
    this.#rates =
      key === undefined || key.rate === 0
        ? undefined
        : new TokenBuckets({ burst: key.burst, refillMs: 1_000 / key.rate });
    this.#wrongKeys =
      signInFailuresMax === 0
        ? undefined
        : new TokenBuckets({
            burst: signInFailuresMax * WRONG_KEYS_PER_FAILURE,
            refillMs: WRONG_KEY_REFILL_MS,
          });
  }

  /** The key in this header; `wrong` for one that is none of ours, `undefined` where the header carries something else. */
  identify(authorization: string): ServerKey | 'wrong' | undefined {
    const token = bearerToken(authorization);
    if (token === undefined || !token.startsWith(KEY_PREFIX)) return undefined;
    return this.#ports.keys.verify(token) ?? 'wrong';
  }

  /** The seller on whose behalf the key calls. @throws RequestRefused */
  callerOf(key: ServerKey | 'wrong', scope: KeyScope | undefined, address: string): Identity {
    const refused = (result: KeyResult): void => this.#count(scope, result);
    const nowMs = this.#ports.clock.monotonicMs();
    if (key === 'wrong') {
      refused('wrong');
      if (this.#wrongKeys !== undefined && this.#wrongKeys.take(address, nowMs) > 0)
        refuseRate('Too many wrong keys.');
      throw new RequestRefused(tokenProblem('token_invalid'));
    }
    if (scope === undefined) {
      refused('wrong_role');
      refuse('wrong_role', 'Server keys cannot send this request.');
    }
    if (this.#ports.locks.has(key.sellerId)) {
      refused('locked');
      throw new RequestRefused(ACCOUNT_LOCKED_PROBLEM);
    }
    if (!key.scopes.includes(scope)) {
      refused('scope_missing');
      refuse('scope_missing', `This key does not have the scope ${scope}.`, { scope });
    }
    if (this.#rates !== undefined && this.#rates.take(String(key.id), nowMs) > 0) {
      refused('rate_limited');
      refuseRate('Too many requests with this key.');
    }
    this.#count(scope, 'accepted');
    const { sellerId, expiresAtMs } = key;
    return {
      kind: 'identity',
      memberId: sellerId,
      role: 'seller',
      expiresAtMs: expiresAtMs ?? Infinity,
      key,
    };
  }

  /** For `GET /metrics`. */
  get counts(): readonly { readonly scope: string; readonly result: string; readonly count: number }[] {
    return [...this.#counts.values()];
  }

  #count(scope: KeyScope | undefined, result: KeyResult): void {
    const name = `${scope ?? 'none'} ${result}`;
    const counted = this.#counts.get(name);
    if (counted === undefined) this.#counts.set(name, { scope: scope ?? 'none', result, count: 1 });
    else counted.count += 1;
  }
}

function refuseRate(what: string): never {
  throw new RequestRefused({
    code: 'rate_limited',
    detail: `${what} Nothing was attempted.`,
    headers: { 'Retry-After': String(RATE_LIMITED_RETRY_SECONDS) },
  });
}
