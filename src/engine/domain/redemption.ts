/** Defines redemption: its rules, until when an issuance is valid, and the state that a wallet shows. */

/** At most one of the three. `days`: to the end of the n-th local day after the day of issue. */
export type Validity =
  | { readonly untilMs: number }
  | { readonly hours: number }
  | { readonly days: number; readonly zone: string };

export const cancelEffects = ['restore', 'void'] as const;
/** What a cancelled redemption leaves: a coupon that can be used again, or a used one. */
export type CancelEffect = (typeof cancelEffects)[number];

export const redeemers = ['member', 'seller'] as const;
/** `seller`: only the seller's side redeems, at the till or with the order. */
export type Redeemer = (typeof redeemers)[number];

export interface RedemptionRules {
  readonly validity: Validity | undefined;
  readonly onCancel: CancelEffect;
  readonly redeemBy: Redeemer;
  /** An issuance is taken back unless it is confirmed for this long. Absent: an issuance is not held. */
  readonly holdSeconds?: number | undefined;
}

export const HOLD_SECONDS_MIN = 30;
export const HOLD_SECONDS_MAX = 86_400;

export const defaultRedemptionRules: RedemptionRules = Object.freeze({
  validity: undefined,
  onCancel: 'restore',
  redeemBy: 'member',
});

/** Rules to change; what is absent stays. `null` takes a rule away, also in a change that is kept as JSON. */
export interface RulesChange {
  readonly validity?: Validity | null;
  readonly onCancel?: CancelEffect;
  readonly redeemBy?: Redeemer;
  /** `null`: issuances are not held. */
  readonly holdSeconds?: number | null;
}

export function rulesAfter(before: RedemptionRules, change: RulesChange): RedemptionRules {
  const { validity, onCancel, redeemBy, holdSeconds = before.holdSeconds ?? null } = change;
  return {
    validity: validity === undefined ? before.validity : (validity ?? undefined),
    onCancel: onCancel ?? before.onCancel,
    redeemBy: redeemBy ?? before.redeemBy,
    ...(holdSeconds === null ? {} : { holdSeconds }),
  };
}

export function sameRules(one: RedemptionRules, other: RedemptionRules): boolean {
  return (
    one.onCancel === other.onCancel &&
    one.redeemBy === other.redeemBy &&
    one.holdSeconds === other.holdSeconds &&
    validityKey(one.validity) === validityKey(other.validity)
  );
}

function validityKey(validity: Validity | undefined): string {
  if (validity === undefined) return '';
  if ('untilMs' in validity) return `until ${validity.untilMs}`;
  return 'hours' in validity ? `hours ${validity.hours}` : `days ${validity.days} ${validity.zone}`;
}

export const VALID_HOURS_MAX = 87_600;
export const VALID_DAYS_MAX = 3_650;

export const walletStates = ['held', 'usable', 'used', 'expired'] as const;
/** `held`: not confirmed, and usable once it is. */
export type WalletState = (typeof walletStates)[number];

declare const orderIdBrand: unique symbol;
/** The shop's name for one order, 1–64 characters of `[A-Za-z0-9._:-]`. */
export type OrderId = string & { readonly [orderIdBrand]: true };

const orderIdPattern = /^[A-Za-z0-9._:-]{1,64}$/;

export function parseOrderId(text: string): OrderId | undefined {
  return orderIdPattern.test(text) ? (text as OrderId) : undefined;
}

const HOUR_MS = 3_600_000;
const DAY_MS = 24 * HOUR_MS;
/** No zone is further from UTC than this. */
const ZONE_OFFSET_MAX_MS = 15 * HOUR_MS;

/** The first instant at which an issuance is no longer valid; `undefined`: it does not expire. */
export function expiryOf(validity: Validity | undefined, issuedAtMs: number): number | undefined {
  if (validity === undefined) return undefined;
  if ('untilMs' in validity) return validity.untilMs;
  if ('hours' in validity) return issuedAtMs + validity.hours * HOUR_MS;
  const issuedOn = localDay(validity.zone, issuedAtMs);
  return startOfDay(validity.zone, issuedOn + validity.days + 1);
}

/** @param confirmByMs of a hold that is not confirmed. */
export function walletState(
  usedAtMs: number | undefined,
  expiresAtMs: number | undefined,
  nowMs: number,
  confirmByMs?: number,
): WalletState {
  if (usedAtMs !== undefined) return 'used';
  if (expiresAtMs !== undefined && expiresAtMs <= nowMs) return 'expired';
  return confirmByMs === undefined ? 'usable' : 'held';
}

/** When a hold that is not confirmed may be taken back; `undefined` where issuances are not held. */
export function confirmByOf(
  { holdSeconds }: Pick<RedemptionRules, 'holdSeconds'>,
  issuedAtMs: number,
): number | undefined {
  return holdSeconds === undefined ? undefined : issuedAtMs + holdSeconds * 1_000;
}

/**
 * Whether an issuance may expire sooner under `later` than under `earlier`. A fixed end and a term that runs from the issue are not
 * comparable without every issuance, so a change between them counts as shorter.
 */
export function mayShorten(earlier: Validity | undefined, later: Validity | undefined): boolean {
  if (later === undefined) return false;
  if (earlier === undefined) return true;
  if ('untilMs' in earlier) return !('untilMs' in later) || later.untilMs < earlier.untilMs;
  if ('untilMs' in later) return true;
  if ('days' in earlier && 'days' in later && earlier.zone === later.zone) return later.days < earlier.days;
  return shortestMs(later) < longestMs(earlier);
}

/** A day of a clock change has an hour less or more; two keep clear of that. */
const DAY_SLACK_MS = 2 * HOUR_MS;

function shortestMs(term: Exclude<Validity, { untilMs: number }>): number {
  return 'hours' in term ? term.hours * HOUR_MS : term.days * DAY_MS - DAY_SLACK_MS;
}

function longestMs(term: Exclude<Validity, { untilMs: number }>): number {
  return 'hours' in term ? term.hours * HOUR_MS : (term.days + 1) * DAY_MS + DAY_SLACK_MS;
}

/** Whether the runtime knows this name of a time zone. */
export function isTimeZone(name: string): boolean {
  if (!/^[A-Za-z][A-Za-z0-9_+/-]{0,63}$/.test(name)) return false;
  try {
    formatOf(name);
    return true;
  } catch {
    return false;
  }
}

const formats = new Map<string, Intl.DateTimeFormat>();
const FORMATS_MAX = 1_000;

/** Making a format takes some 50 µs, using one takes 1. */
function formatOf(zone: string): Intl.DateTimeFormat {
  let format = formats.get(zone);
  if (format === undefined) {
    format = new Intl.DateTimeFormat('en-US', {
      ...{ timeZone: zone, calendar: 'gregory', numberingSystem: 'latn' },
      ...{ year: 'numeric', month: 'numeric', day: 'numeric' },
    });
    if (formats.size >= FORMATS_MAX) formats.clear();
    formats.set(zone, format);
  }
  return format;
}

/** Days since 1970 of the local date at an instant. */
function localDay(zone: string, atMs: number): number {
  const date = { year: 0, month: 0, day: 0 };
  for (const { type, value } of formatOf(zone).formatToParts(atMs)) {
    if (type === 'year' || type === 'month' || type === 'day') date[type] = Number(value);
  }
  return Date.UTC(date.year, date.month - 1, date.day) / DAY_MS;
}

/** A wallet shows many issuances of one day. */
const starts = new Map<string, number>();
const STARTS_MAX = 10_000;

/** The first instant of a local day. Searched, since a clock change may skip midnight, and a zone may skip the whole day. */
function startOfDay(zone: string, day: number): number {
  const key = `${zone} ${day}`;
  const known = starts.get(key);
  if (known !== undefined) return known;
  let before = day * DAY_MS - ZONE_OFFSET_MAX_MS;
  let from = day * DAY_MS + ZONE_OFFSET_MAX_MS;
  while (from - before > 1) {
    const middle = Math.floor((before + from) / 2);
    if (localDay(zone, middle) >= day) from = middle;
    else before = middle;
  }
  if (starts.size >= STARTS_MAX) starts.clear();
  starts.set(key, from);
  return from;
}
