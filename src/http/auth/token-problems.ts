/** Formats a refused token as a problem. */
import type { Problem } from '../wire/problems.js';
import type { TokenFault } from '../wire/identity.js';

const details: Readonly<Record<Exclude<TokenFault, 'keys_unavailable' | 'account_locked'>, string>> = {
  token_missing: 'Send an access token: Authorization: Bearer <token>.',
  token_invalid: 'The access token was not issued for this service, or is not valid at this time.',
  token_expired: 'The access token has expired, or its session has ended. Get a new one.',
};

/** The answer to a valid token or the right password of a locked account. */
export const ACCOUNT_LOCKED_PROBLEM: Problem = {
  code: 'account_locked',
  detail: 'The operator has locked this account. Its tokens are refused until the lock is lifted.',
};

/**
 * RFC 6750, 3.1: without a token there is a challenge and no error. `reason` shows a client whether a new session will
 * help.
 */
export function tokenProblem(reason: TokenFault): Problem {
  if (reason === 'keys_unavailable') {
    return {
      code: 'keys_unavailable',
      detail: 'Access tokens cannot be verified at the moment. Nothing was attempted, try again later.',
    };
  }
  if (reason === 'account_locked') return ACCOUNT_LOCKED_PROBLEM;
  const challenge = reason === 'token_missing' ? 'Bearer' : 'Bearer error="invalid_token"';
  return {
    code: 'unauthenticated',
    detail: details[reason],
    fields: { reason },
    headers: { 'WWW-Authenticate': challenge },
  };
}
