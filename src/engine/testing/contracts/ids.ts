/** Makes ids and holders for contracts, so that they may share a store. */
import { randomInt } from 'node:crypto';
import {
  type CouponId,
  type HolderId,
  type MemberId,
  parseCouponId,
  parseMemberId,
} from '../../domain/coupon.js';
import { parseHolder } from '../../domain/holder.js';

/** An id no other test uses, so that a suite can run against a store that is shared. */
export function freshCouponId(): CouponId {
  const id = parseCouponId(String(randomInt(1, 2 ** 47)));
  if (id === undefined) throw new Error('randomInt gave no id');
  return id;
}

/**
 * Fresh ids in a row. A store may keep coupons together by their ids: with `apart` 1 these lie in many places of it, with 16 in one.
 */
export function freshCouponIds(count: number, apart: number): CouponId[] {
  const first = freshCouponId();
  return Array.from({ length: count }, (_, place) => (first + place * apart) as CouponId);
}

export function member(text: string): MemberId {
  const memberId = parseMemberId(text);
  if (memberId === undefined) throw new Error(`${JSON.stringify(text)} is not a member id`);
  return memberId;
}

/** `m7`, or of a further unit `m7~2`. */
export function holder(text: string): HolderId {
  const parsed = parseHolder(text);
  if (parsed === undefined) throw new Error(`${JSON.stringify(text)} is not a holder`);
  return parsed;
}

/** Many different ones: `m1` … `m<count>`. */
export function members(count: number, prefix = 'm'): MemberId[] {
  return Array.from({ length: count }, (_, index) => member(`${prefix}${index + 1}`));
}
