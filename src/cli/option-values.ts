/** Parses option values of the command line and rejects invalid ones as wrong usage. */
import { InvalidArgumentError, Option } from 'commander';
import type { CouponId } from '../engine/domain/coupon.js';
import type { Claims } from '../http/auth/claim-names.js';
import { parseCouponId } from '../engine/domain/coupon.js';

const unitMs = { s: 1_000, m: 60_000, h: 3_600_000, d: 86_400_000 } as const;

/** Ten years: longer is a slip of the keyboard. */
const DURATION_MAX_MS = 3_650 * unitMs.d;

/** `90s`, `15m`, `1h`, `7d` as milliseconds. */
export function durationMs(text: string): number {
  const [, amount, unit] = /^(\d{1,9})([smhd])$/.exec(text) ?? [];
  const ms = Number(amount) * unitMs[(unit ?? 's') as keyof typeof unitMs];
  if (unit === undefined || ms <= 0 || ms > DURATION_MAX_MS) {
    throw new InvalidArgumentError('Give a number with s, m, h or d, such as 1h, up to 3650d.');
  }
  return ms;
}

/** An option with a default as people write it, which the help repeats. */
export function durationOption(flags: string, description: string, otherwise: string): Option {
  return new Option(flags, description).argParser(durationMs).default(durationMs(otherwise), otherwise);
}

/** A reader for whole numbers within bounds. */
export function wholeNumber(least: number, most: number): (text: string) => number {
  return (text) => {
    const value = /^\d{1,15}$/.test(text) ? Number(text) : Number.NaN;
    if (value >= least && value <= most) return value;
    throw new InvalidArgumentError(
      `Give a whole number from ${least.toLocaleString('en')} to ${most.toLocaleString('en')}.`,
    );
  };
}

export function couponId(text: string): CouponId {
  const id = parseCouponId(text);
  if (id === undefined) throw new InvalidArgumentError('Give the number of a coupon, such as 42.');
  return id;
}

/** For arguments that may be given several times: 1 2 3. */
export function couponIds(text: string, previous: readonly CouponId[] | undefined): readonly CouponId[] {
  return [...(previous ?? []), couponId(text)];
}

/** `true`, `false` and numbers mean what a token would have; in double quotes they are text. */
export function addClaim(text: string, previous: Claims): Claims {
  const [, name = '', value = ''] = /^([^=]+)=(.*)$/s.exec(text) ?? [];
  if (name === '') throw new InvalidArgumentError('Give a claim as name=value, such as grade=gold.');
  if (reservedClaims.has(name))
    throw new InvalidArgumentError(`The claim ${name} is set by the other options.`);
  return { ...previous, [name]: claimValue(value) };
}

const reservedClaims = new Set(['sub', 'iss', 'aud', 'iat', 'exp', 'nbf', 'role', 'coupon']);

function claimValue(text: string): string | number | boolean {
  if (text === 'true' || text === 'false') return text === 'true';
  if (/^-?\d+(\.\d+)?$/.test(text) && String(Number(text)) === text) return Number(text);
  return /^".*"$/s.test(text) ? text.slice(1, -1) : text;
}
