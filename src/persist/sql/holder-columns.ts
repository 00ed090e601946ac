/** Converts holders to and from the columns `member_id` and `unit`. */
import type { HolderId, MemberId } from '../../engine/domain/coupon.js';
import { holderOf, memberOf, unitOf } from '../../engine/domain/holder.js';

export interface HolderRow {
  readonly memberId: MemberId;
  readonly unit: number;
}

export function holderColumns(holder: HolderId): { readonly member_id: MemberId; readonly unit: number } {
  return { member_id: memberOf(holder), unit: unitOf(holder) };
}

/** A row with the holder in place of the two columns. */
export function withHolder<Row extends HolderRow>({
  memberId,
  unit,
  ...row
}: Row): Omit<Row, 'memberId' | 'unit'> & { readonly holder: HolderId } {
  return { ...row, holder: holderOf(memberId, unit) };
}
