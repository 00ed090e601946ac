/** Defines what a seller's feed reports: events, their kinds, and positions in the feed. */
import type { CouponId } from './coupon.js';

export const eventKinds = [
  'issuance.recorded',
  'issuance.revoked',
  'redemption.made',
  'redemption.cancelled',
  'hold.expired',
  'coupon.sold_out',
  'coupon.closed',
] as const;
export type EventKind = (typeof eventKinds)[number];

export interface FeedEvent {
  /** The same for every delivery of the same event. */
  readonly id: string;
  readonly kind: EventKind;
  readonly couponId: CouponId;
  /** As they are sent; no member data beyond the id. */
  readonly fields: EventFields;
}

export type EventFields = Readonly<Record<string, string | number | boolean | null>>;

/** How far a follower has read: every entry up to `seq`, or of that entry only the numbers up to `no`. */
export interface FeedPosition {
  readonly seq: number;
  readonly no?: number;
}

export const FEED_START: FeedPosition = Object.freeze({ seq: 0 });

const cursorPattern = /^(0|[1-9][0-9]{0,14})(?:\.([1-9][0-9]{0,9}))?$/;

/** `undefined` for text that no feed has given out. */
export function parseFeedCursor(text: string): FeedPosition | undefined {
  const [, seq, no] = cursorPattern.exec(text) ?? [];
  if (seq === undefined) return undefined;
  return no === undefined ? { seq: Number(seq) } : { seq: Number(seq), no: Number(no) };
}

export function feedCursor({ seq, no }: FeedPosition): string {
  return no === undefined ? String(seq) : `${seq}.${no}`;
}

export function isSamePosition(one: FeedPosition, other: FeedPosition): boolean {
  return one.seq === other.seq && one.no === other.no;
}
