/**
 * Signs and verifies passes: the short-lived texts that members show at a till as a QR code (docs/adr/0099).
 *
 * `SP1.<coupon>.<number>.<end>.<holder>.<mac>`: the end in seconds in base 36, a tag of the holder, and the signature. Only characters of the
 * alphanumeric mode of QR codes, which takes 5.5 bits for each, so the squares are large enough for the camera of an old phone.
 */
import { createHash, createHmac, timingSafeEqual } from 'node:crypto';
import type { Clock } from '../../engine/domain/clock.js';
import type { CouponId } from '../../engine/domain/coupon.js';
import { parseCouponId } from '../../engine/domain/coupon.js';
import type { HolderId } from '../../engine/domain/holder.js';

/** Long enough for a queue at a till, too short for a picture that is sent to a friend. */
export const PASS_SECONDS = 60;

/** By how much the clock of the process that signed a pass may be behind that of the till’s. */
export const CLOCK_TOLERANCE_MS = 5_000;

/** Bytes of the HMAC: 128 bits are too many to guess within the life of a pass. */
const MAC_BYTES = 16;
const TAG_BYTES = 8;
/** Above the longest pass, and the bound of what is read at all. */
export const CODE_LENGTH_MAX = 128;

const passPattern =
  /^(SP1\.([1-9]\d{0,14})\.([1-9]\d{0,9})\.([0-9A-Z]{1,8})\.([A-Z2-7]{13}))\.([A-Z2-7]{26})$/;
const numberPattern = /^([1-9]\d{0,14})-([1-9]\d{0,9})$/;

/** What a member shows or reads out, as far as it can be judged without a store. */
export interface ShownCode {
  readonly couponId: CouponId;
  readonly issueNo: number;
  /** Absent for a number that was read out, which proves nothing about the person. */
  readonly pass?: { readonly expiresAtMs: number; readonly holderTag: string };
}

export class CouponPasses {
  readonly #key: Buffer;
  readonly #clock: Clock;

  /** @param key shared by every process of the installation. */
  constructor(key: Buffer, clock: Clock) {
    this.#key = key;
    this.#clock = clock;
  }

  sign({
    couponId,
    issueNo,
    holder,
  }: {
    readonly couponId: CouponId;
    readonly issueNo: number;
    readonly holder: HolderId;
  }): { readonly text: string; readonly expiresAtMs: number } {
    const endsAt = Math.floor(this.#clock.nowMs() / 1_000) + PASS_SECONDS;
    const signed = `SP1.${couponId}.${issueNo}.${endsAt.toString(36).toUpperCase()}.${holderTag(holder)}`;
    return { text: `${signed}.${this.#mac(signed)}`, expiresAtMs: endsAt * 1_000 };
  }

  /** @returns `undefined` for text that is neither a pass signed here nor a number such as `42-17`. */
  read(code: string): ShownCode | undefined {
    const text = code.trim().toUpperCase();
    const [, first = '', second] = numberPattern.exec(text) ?? [];
    if (second !== undefined) return named(first, second);
    const [, signed = '', coupon = '', number = '', end = '', tag = '', mac = ''] =
      passPattern.exec(text) ?? [];
    const rightful = Buffer.from(this.#mac(signed));
    if (mac.length !== rightful.length || !timingSafeEqual(Buffer.from(mac), rightful)) return undefined;
    const shown = named(coupon, number);
    return shown && { ...shown, pass: { expiresAtMs: Number.parseInt(end, 36) * 1_000, holderTag: tag } };
  }

  isOver(expiresAtMs: number): boolean {
    return expiresAtMs + CLOCK_TOLERANCE_MS <= this.#clock.nowMs();
  }

  #mac(signed: string): string {
    // The prefix keeps this use of the key apart from any other.
    return base32(
      createHmac('sha256', this.#key).update(`seonchak pass ${signed}`).digest().subarray(0, MAC_BYTES),
    );
  }
}

/** A number that Redis lost may be issued again, to another member: a pass from before the loss must not serve that one. */
export function holderTag(holder: HolderId): string {
  return base32(createHash('sha256').update(holder).digest().subarray(0, TAG_BYTES));
}

function named(coupon: string, number: string): ShownCode | undefined {
  const couponId = parseCouponId(coupon);
  return couponId === undefined ? undefined : { couponId, issueNo: Number(number) };
}

const ALPHABET = 'ABCDEFGHIJKLMNOPQRSTUVWXYZ234567';

/** RFC 4648, without padding. */
function base32(bytes: Uint8Array): string {
  let text = '';
  let bits = 0;
  let value = 0;
  for (const byte of bytes) {
    value = (value << 8) | byte;
    for (bits += 8; bits >= 5; bits -= 5) text += ALPHABET.charAt((value >>> (bits - 5)) & 31);
    value &= (1 << bits) - 1;
  }
  return bits === 0 ? text : text + ALPHABET.charAt((value << (5 - bits)) & 31);
}
