/**
 * Remembers the units that were issued on this page, until the wallet has them.
 *
 * The wallet lists recorded issuances. A member whose row is still on its way would read there that there are no coupons.
 */
export interface JustIssued {
  readonly memberId: string;
  readonly couponId: number;
  readonly unit: number;
  readonly name: string;
  readonly issueNo: number;
  readonly issuedAtMs: number;
}

/** More than a member downloads before the rows of the first ones are there. */
const UNITS_MAX = 20;

/** The latest first. */
let units: readonly JustIssued[] = [];

type Unit = Pick<JustIssued, 'memberId' | 'couponId' | 'unit'>;

export function rememberIssued(issued: JustIssued): void {
  forgetIssued(issued);
  units = [issued, ...units].slice(0, UNITS_MAX);
}

/** It is recorded, or the member has it no more. */
export function forgetIssued({ memberId, couponId, unit }: Unit): void {
  units = units.filter((one) => one.memberId !== memberId || one.couponId !== couponId || one.unit !== unit);
}

export function justIssuedTo(memberId: string): readonly JustIssued[] {
  return units.filter((one) => one.memberId === memberId);
}
