/** Parses coupons and issuances of the API into the console's units (milliseconds). */
import {
  fieldsOf,
  instantIn,
  instantOrNothingIn,
  listIn,
  numberIn,
  textIn,
  UnexpectedAnswerError,
} from './read.js';

export const couponStates = ['scheduled', 'open', 'paused', 'sold_out', 'closed'] as const;
export type CouponState = (typeof couponStates)[number];

export type Discount =
  | { readonly type: 'percent'; readonly value: number }
  /** In the smallest unit of the currency. */
  | { readonly type: 'amount'; readonly value: number; readonly currency: string };

/** How long an issuance can be used; `undefined`: without end. */
export type Validity =
  | { readonly until: string }
  | { readonly hours: number }
  /** To the end of the n-th day after the day of issue, in this time zone. */
  | { readonly days: number; readonly zone: string };

export type RedeemBy = 'member' | 'seller';

export interface Coupon {
  readonly id: number;
  readonly sellerId: string;
  readonly name: string;
  readonly quantity: number;
  readonly remaining: number;
  readonly issued: number;
  readonly state: CouponState;
  readonly discount: Discount | undefined;
  readonly opensAtMs: number | undefined;
  readonly closesAtMs: number | undefined;
  readonly createdAtMs: number;
  readonly validity: Validity | undefined;
  readonly redeemBy: RedeemBy;
  /** How many units a member may have. */
  readonly perMember: number;
  /** Names the revision that was read; `undefined` for a coupon of a list. */
  readonly etag: string | undefined;
}

export interface LiveUpdate {
  readonly state: CouponState;
  readonly quantity: number;
  readonly issued: number;
  readonly remaining: number;
  readonly issuedPerSecond: number;
  readonly opensAtMs: number | undefined;
  readonly closesAtMs: number | undefined;
  readonly storeNowMs: number;
}

export interface CouponStats {
  readonly quantity: number;
  readonly remaining: number;
  readonly queued: number;
  readonly claimed: number;
  readonly recorded: number;
  readonly deadLettered: number;
}

export interface QuantitySince {
  readonly atMs: number;
  readonly quantity: number;
}

export interface Issuance {
  readonly couponId: number;
  readonly memberId: string;
  /** Which of the member's units of the coupon, from 1. */
  readonly unit: number;
  readonly issueNo: number;
  readonly issuedAtMs: number;
  readonly usedAtMs: number | undefined;
}

/** What a member holds, as a wallet shows it. */
export interface WalletItem extends Issuance {
  readonly name: string;
  readonly discount: Discount | undefined;
  readonly expiresAtMs: number | undefined;
  readonly state: 'usable' | 'used' | 'expired';
  readonly orderId: string | undefined;
}

/** An order that redeemed an issuance. */
export interface Redemption {
  readonly orderId: string;
  readonly cancelledAtMs: number | undefined;
}

export interface Page<Item> {
  readonly items: readonly Item[];
  /** Where the next page begins; `undefined` on the last page. */
  readonly next: number | string | undefined;
}

export function readCoupon(value: unknown): Coupon {
  const fields = fieldsOf(value);
  const { sellerId } = fields;
  return {
    id: numberIn(fields, 'id'),
    // A number for an account of ours, text for one of an outside identity provider.
    sellerId: typeof sellerId === 'number' ? String(sellerId) : textIn(fields, 'sellerId'),
    name: textIn(fields, 'name'),
    quantity: numberIn(fields, 'quantity'),
    remaining: numberIn(fields, 'remaining'),
    issued: numberIn(fields, 'issued'),
    state: readState(fields['state']),
    discount: readDiscount(fields['discount']),
    opensAtMs: instantOrNothingIn(fields, 'opensAt'),
    closesAtMs: instantOrNothingIn(fields, 'closesAt'),
    createdAtMs: instantIn(fields, 'createdAt'),
    validity: readValidity(fields['validity']),
    redeemBy: fields['redeemBy'] === 'seller' ? 'seller' : 'member',
    perMember: fields['perMember'] === undefined ? 1 : numberIn(fields, 'perMember'),
    etag: undefined,
  };
}

export function readLiveUpdate(value: unknown): LiveUpdate {
  const fields = fieldsOf(value);
  return {
    state: readState(fields['state']),
    quantity: numberIn(fields, 'quantity'),
    issued: numberIn(fields, 'issued'),
    remaining: numberIn(fields, 'remaining'),
    issuedPerSecond: numberIn(fields, 'issuedPerSecond'),
    opensAtMs: instantOrNothingIn(fields, 'opensAt'),
    closesAtMs: instantOrNothingIn(fields, 'closesAt'),
    storeNowMs: instantIn(fields, 'storeNow'),
  };
}

export function readStats(value: unknown): CouponStats {
  const fields = fieldsOf(value);
  return {
    quantity: numberIn(fields, 'quantity'),
    remaining: numberIn(fields, 'remaining'),
    queued: numberIn(fields, 'queued'),
    claimed: numberIn(fields, 'claimed'),
    recorded: numberIn(fields, 'recorded'),
    deadLettered: numberIn(fields, 'deadLettered'),
  };
}

export function readQuantitySince(value: unknown): QuantitySince {
  const fields = fieldsOf(value);
  return { atMs: instantIn(fields, 'at'), quantity: numberIn(fields, 'quantity') };
}

/** Absent for the first. */
export function unitOf(fields: Readonly<Record<string, unknown>>): number {
  return fields['unit'] === undefined ? 1 : numberIn(fields, 'unit');
}

export function readIssuance(value: unknown): Issuance {
  const fields = fieldsOf(value);
  return {
    couponId: numberIn(fields, 'couponId'),
    memberId: textIn(fields, 'memberId'),
    unit: unitOf(fields),
    issueNo: numberIn(fields, 'issueNo'),
    issuedAtMs: instantIn(fields, 'issuedAt'),
    usedAtMs: instantOrNothingIn(fields, 'usedAt'),
  };
}

export function readWalletItem(value: unknown): WalletItem {
  const fields = fieldsOf(value);
  const { orderId } = fields;
  const state = textIn(fields, 'state');
  return {
    ...readIssuance(value),
    name: textIn(fields, 'name'),
    discount: readDiscount(fields['discount']),
    expiresAtMs: instantOrNothingIn(fields, 'expiresAt'),
    state: state === 'used' || state === 'expired' ? state : 'usable',
    orderId: typeof orderId === 'string' ? orderId : undefined,
  };
}

export function readHistory(value: unknown): readonly Redemption[] {
  return listIn(fieldsOf(value), 'items', (item) => {
    const fields = fieldsOf(item);
    return { orderId: textIn(fields, 'orderId'), cancelledAtMs: instantOrNothingIn(fields, 'cancelledAt') };
  });
}

export function pageOf<Item>(readItem: (value: unknown) => Item): (value: unknown) => Page<Item> {
  return (value) => {
    const fields = fieldsOf(value);
    const { next } = fields;
    return {
      items: listIn(fields, 'items', readItem),
      next: typeof next === 'number' || typeof next === 'string' ? next : undefined,
    };
  };
}

function readState(value: unknown): CouponState {
  const state = couponStates.find((known) => known === value);
  if (state === undefined) throw new UnexpectedAnswerError('state is none that is known');
  return state;
}

function readValidity(value: unknown): Validity | undefined {
  if (value === null || value === undefined) return undefined;
  const fields = fieldsOf(value);
  if ('until' in fields) return { until: textIn(fields, 'until') };
  if ('hours' in fields) return { hours: numberIn(fields, 'hours') };
  return { days: numberIn(fields, 'days'), zone: textIn(fields, 'zone') };
}

function readDiscount(value: unknown): Discount | undefined {
  if (value === null || value === undefined) return undefined;
  const fields = fieldsOf(value);
  const size = numberIn(fields, 'value');
  return textIn(fields, 'type') === 'percent'
    ? { type: 'percent', value: size }
    : { type: 'amount', value: size, currency: textIn(fields, 'currency') };
}
