/** The member a request of the shop's side is about. */
import { parseMemberId } from '../../engine/domain/coupon.js';
import type { MemberId } from '../../engine/domain/coupon.js';
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
    refuse('invalid_member', 'The path names no member: its id has characters that no id has.')
  );
}

/** The member of this id, as the shop writes it; `undefined` for what is no id. */
export function memberNamed(text: string): MemberId | undefined {
  return parseMemberId(text);
}
