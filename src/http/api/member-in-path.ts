/** Reads the member that a request of the shop's side names. */
import type { MemberId } from '../../engine/domain/coupon.js';
import { memberIdOf } from '../../engine/domain/member-id.js';
import type { ApiRequest } from '../wire/exchange.js';
import { refuse } from '../wire/problems.js';

/** The member of the route's first parameter. @throws RequestRefused: `invalid_member` */
export function memberInPath(request: ApiRequest): MemberId {
  let text: string | undefined;
  try {
    text = decodeURIComponent(request.params[0] ?? '');
  } catch {
    text = undefined;
  }
  return (
    memberNamed(text ?? '') ??
    refuse('invalid_member', 'The path has no valid member id: 1 to 255 characters, percent-encoded.')
  );
}

/** The member whose tokens carry this `sub`; `undefined` for text that no `sub` can be. */
export function memberNamed(text: string): MemberId | undefined {
  return memberIdOf(text);
}
