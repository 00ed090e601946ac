/** Parses coupons and issuances of the API into the console's units (milliseconds). */
import {
  fieldsOf,
  instantIn,
  instantOrNothingIn,
  listIn,
  numberIn,
  textIn,
  textOrNothingIn,
  UnexpectedAnswerError,
} from './read.js';
import type { Fields } from './read.js';

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

export type ClaimValue = string | number | boolean;

/** Every part that is there must be met. */
export interface Eligibility {
  readonly claims?: Readonly<Record<string, readonly ClaimValue[]>>;
  /** The member must be on the coupon's list. */
  readonly audience?: true;
  /** The member must hold none of these coupons. */
  readonly notIssued?: readonly number[];
}

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
  /** Address of an image, https. */
  readonly image: string | undefined;
  readonly description: string | undefined;
  readonly presenceRequired: boolean;
  /** How long an issuance is held unless it is confirmed; `undefined`: it is not held. */
  readonly holdSeconds: number | undefined;
  /** Who may have the coupon; `undefined`: every member. */
  readonly eligibility: Eligibility | undefined;
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
  /** `undefined`: the coupon has no holds. */
  readonly holds: HoldCounts | undefined;
}

/** Issuances of a coupon with holds, by what became of them. */
export interface HoldCounts {
  /** Recorded and not confirmed. */
  readonly held: number;
  readonly confirmed: number;
  /** Taken back, so that their units are in stock again. */
  readonly expired: number;
  readonly released: number;
  readonly recalled: number;
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

const walletStates = ['usable', 'held', 'used', 'expired'] as const;

/** What a member holds, as a wallet shows it. */
export interface WalletItem extends Issuance {
  readonly name: string;
  readonly discount: Discount | undefined;
  readonly expiresAtMs: number | undefined;
  readonly state: (typeof walletStates)[number];
  /** End of a hold that is not confirmed. */
  readonly confirmByMs: number | undefined;
  readonly redeemBy: RedeemBy;
  readonly orderId: string | undefined;
}

/** What a member shows at a till, for a minute. */
export interface Pass {
  /** For a QR code. */
  readonly text: string;
  /** To read out. */
  readonly number: string;
}

/** An order that redeemed an issuance. */
export interface Redemption {
  readonly orderId: string;
  /** Who redeemed: a seller, a member, or the id of a server key. */
  readonly by: { readonly kind: string; readonly id: string };
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
    redeemBy: readRedeemBy(fields),
    perMember: fields['perMember'] === undefined ? 1 : numberIn(fields, 'perMember'),
    holdSeconds: typeof fields['holdSeconds'] === 'number' ? fields['holdSeconds'] : undefined,
    eligibility: readEligibility(fields['eligibility']),
    image: textOrNothingIn(fields, 'image'),
    description: textOrNothingIn(fields, 'description'),
    presenceRequired: fields['presenceRequired'] === true,
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
    holds: fields['held'] === undefined ? undefined : readHoldCounts(fields),
  };
}

function readHoldCounts(fields: ReturnType<typeof fieldsOf>): HoldCounts {
  const takenBack = fieldsOf(fields['takenBack']);
  return {
    held: numberIn(fields, 'held'),
    confirmed: numberIn(fields, 'confirmed'),
    expired: numberIn(takenBack, 'expired'),
    released: numberIn(takenBack, 'released'),
    recalled: numberIn(takenBack, 'recalled'),
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
    state: walletStates.find((known) => known === state) ?? 'usable',
    confirmByMs: instantOrNothingIn(fields, 'confirmBy'),
    redeemBy: readRedeemBy(fields),
    orderId: typeof orderId === 'string' ? orderId : undefined,
  };
}

export function readPass(value: unknown): Pass {
  const fields = fieldsOf(value);
  return { text: textIn(fields, 'pass'), number: textIn(fields, 'number') };
}

export function readHistory(value: unknown): readonly Redemption[] {
  return listIn(fieldsOf(value), 'items', (item) => {
    const fields = fieldsOf(item);
    const by = fieldsOf(fields['by']);
    return {
      orderId: textIn(fields, 'orderId'),
      by: { kind: textIn(by, 'kind'), id: textIn(by, 'id') },
      cancelledAtMs: instantOrNothingIn(fields, 'cancelledAt'),
    };
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

function readRedeemBy(fields: Fields): RedeemBy {
  return fields['redeemBy'] === 'seller' ? 'seller' : 'member';
}

function readEligibility(value: unknown): Eligibility | undefined {
  if (value === null || value === undefined) return undefined;
  const fields = fieldsOf(value);
  const claims = fields['claims'] === undefined ? undefined : fieldsOf(fields['claims']);
  return {
    ...(claims === undefined
      ? {}
      : {
          claims: Object.fromEntries(
            Object.keys(claims).map((name) => [name, listIn(claims, name, (one) => one as ClaimValue)]),
          ),
        }),
    ...(fields['audience'] === true ? { audience: true } : {}),
    ...(fields['notIssued'] === undefined ? {} : { notIssued: listIn(fields, 'notIssued', Number) }),
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
