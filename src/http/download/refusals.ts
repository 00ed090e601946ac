/** Provides the answers to downloads that are refused before the engine is asked, each put together once. */
import type { TokenFault } from '../wire/identity.js';
import { tokenProblem } from '../auth/token-problems.js';
import { RATE_LIMITED_RETRY_SECONDS } from '../limits/caller-limits.js';
import type { PresenceFault } from '../presence/presence-tickets.js';
import { HEAD_TOO_LARGE } from '../wire/request-head.js';
import { REQUEST_ID_HEADER } from '../wire/request-id.js';
import { constantReply } from './replies.js';
import type { ConstantReply } from './replies.js';

export const WRONG_ROLE = constantReply('wrong_role', 'Only members can download coupons.');
export const NO_SUCH_UNIT = constantReply('not_found', 'There is no such unit: units are 1 to 100.');
export const TOO_LARGE_HEAD = constantReply(HEAD_TOO_LARGE.code, HEAD_TOO_LARGE.detail);
export const RATE_LIMITED = constantReply(
  'rate_limited',
  'Too many requests. No download was attempted.',
  undefined,
  {
    'Retry-After': String(RATE_LIMITED_RETRY_SECONDS),
  },
);

export function internalError(requestId: string): ConstantReply {
  const headers = { [REQUEST_ID_HEADER]: requestId };
  return constantReply(
    'internal_error',
    'The request failed. The error has been logged.',
    undefined,
    headers,
  );
}

export const unauthenticated: Readonly<Record<TokenFault, ConstantReply>> = {
  token_missing: tokenReply('token_missing'),
  token_invalid: tokenReply('token_invalid'),
  token_expired: tokenReply('token_expired'),
  keys_unavailable: tokenReply('keys_unavailable'),
  account_locked: tokenReply('account_locked'),
};

function tokenReply(reason: TokenFault): ConstantReply {
  const { code, detail, fields, headers } = tokenProblem(reason);
  return constantReply(code, detail, fields, headers);
}

export const notPresent: Readonly<Record<PresenceFault, ConstantReply>> = {
  presence_required: constantReply(
    'presence_required',
    'This coupon requires a presence ticket in the header X-Presence-Ticket. No download was attempted.',
  ),
  presence_invalid: constantReply(
    'presence_invalid',
    'The presence ticket does not come from the configured service, or is not valid at this time. No download was attempted.',
  ),
  presence_mismatch: constantReply(
    'presence_mismatch',
    'The presence ticket is for another member or another coupon. No download was attempted.',
  ),
  presence_unavailable: constantReply(
    'presence_unavailable',
    'Presence tickets cannot be verified at the moment. No download was attempted, try again later.',
  ),
};
