/**
 * Names who holds an issuance: a member and, above the first one, which of its units.
 *
 * A coupon with `perMember` above 1 gives a member that many units. The member names the unit, so a repeat of a request is known from a
 * request for one more, and admission needs no counter beside the membership: each unit is a holder of its own (docs/adr/0087).
 */
import { type MemberId, parseMemberId, subjectOf } from './member-id.js';

declare const unitBrand: unique symbol;

/** `7~2`. The character between the two is outside the alphabet of member ids. */
type UnitHolder = string & { readonly [unitBrand]: true };

/** Holds one issuance of a coupon. A member id is the holder of the member's first unit; the others are `memberId~unit`. */
export type HolderId = MemberId | UnitHolder;

/** The most units of one coupon that a member may have. A holder's text ends with three digits at most. */
export const UNIT_MAX = 100;

const SEPARATOR = '~';
const unitPattern = /^[1-9][0-9]{0,2}$/;

/** Canonical decimal from 1 to {@link UNIT_MAX}: `0`, `01`, `1.0` and `101` are no units. */
export function parseUnit(text: string): number | undefined {
  if (!unitPattern.test(text)) return undefined;
  const unit = Number(text);
  return unit <= UNIT_MAX ? unit : undefined;
}

/** @param unit from 1. */
export function holderOf(memberId: MemberId, unit: number): HolderId {
  return unit === 1 ? memberId : (`${memberId}${SEPARATOR}${unit}` as UnitHolder);
}

/** The holders of a member's first units: all of them without `count`. */
export function holdersOf(memberId: MemberId, count: number = UNIT_MAX): HolderId[] {
  return Array.from({ length: count }, (_, place) => holderOf(memberId, place + 1));
}

export function memberOf(holder: HolderId): MemberId {
  const at = holder.indexOf(SEPARATOR);
  return (at < 0 ? holder : holder.slice(0, at)) as MemberId;
}

export function unitOf(holder: HolderId): number {
  const at = holder.indexOf(SEPARATOR);
  return at < 0 ? 1 : Number(holder.slice(at + 1));
}

/** As bodies of answers, events and audit entries name a holder: the unit only above the first. */
export function holderFields(holder: HolderId): { readonly memberId: string; readonly unit?: number } {
  const memberId = subjectOf(memberOf(holder));
  return isFirstUnit(holder) ? { memberId } : { memberId, unit: unitOf(holder) };
}

/** True for a member id: a test cheaper than {@link unitOf}. */
export function isFirstUnit(holder: HolderId): holder is MemberId {
  return !holder.includes(SEPARATOR);
}

/** Reads a holder that a store returned. Like a member id it can never break out of a Redis key or a packed value. */
export function parseHolder(text: string): HolderId | undefined {
  const at = text.indexOf(SEPARATOR);
  if (at < 0) return parseMemberId(text);
  const memberId = parseMemberId(text.slice(0, at));
  const unit = parseUnit(text.slice(at + 1));
  // The first unit has one name, the member's.
  return memberId === undefined || unit === undefined || unit === 1 ? undefined : holderOf(memberId, unit);
}
