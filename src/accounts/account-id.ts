/**
 * Forms the ids of accounts: the `sub` of their tokens, and their member id or seller id in every table.
 *
 * A row number alone would be in one namespace with the members of a shop: the person with the third account would be
 * the shop's member `3` (docs/adr/0060).
 */
import type { MemberId } from '../engine/domain/coupon.js';

/** No token of a shop or an identity provider may carry a subject that begins like this. */
export const ACCOUNT_ID_PREFIX = 'seonchak.account.';

const accountIdPattern = /^seonchak\.account\.([1-9][0-9]{0,14})$/;

/** @param row number of the row in the table `account`. */
export function accountIdOf(row: number): MemberId {
  return `${ACCOUNT_ID_PREFIX}${row}` as MemberId;
}

export function isReservedForAccounts(subject: string): boolean {
  return subject.startsWith(ACCOUNT_ID_PREFIX);
}

/** The number of the row; `undefined` for a subject that is not an account's. */
export function accountRowOf(subject: string): number | undefined {
  const [, row] = accountIdPattern.exec(subject) ?? [];
  return row === undefined ? undefined : Number(row);
}
