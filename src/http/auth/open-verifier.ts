/** Opens the configured verifier: a shared secret, or the keys of an outside service. */
import type { Clock } from '../../engine/domain/clock.js';
import type { TokenSettings } from './token-settings.js';
import type { TokenRefused } from '../wire/identity.js';
import type { KeysListener, KeysState } from './provider-keys.js';
import { ProviderTokenVerifier } from './provider-token-verifier.js';
import type { TokenKind } from './token-policy.js';
import { TokenVerifier } from './token-verifier.js';

export interface Verifier<Verdict> {
  /**
   * Tokens under a shared secret are judged at once; those of an outside service take a promise, which is `undefined` when too many are
   * being verified already.
   */
  verify(token: string, nowMs: number): Verdict | TokenRefused | Promise<Verdict | TokenRefused | undefined>;
  /** Absent under a shared secret: there is nothing to fetch. */
  keysState?(): KeysState;
}

export function openVerifier<Verdict>(
  settings: TokenSettings,
  kind: TokenKind<Verdict>,
  clock: Clock,
  listener?: KeysListener,
): Verifier<Verdict> {
  return settings.secret === undefined
    ? new ProviderTokenVerifier(settings.jwksUrl, settings, kind, clock, listener)
    : new TokenVerifier(settings.secret, settings, kind);
}
