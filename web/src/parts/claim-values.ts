/** Reads and writes the values of a claim as a seller types them: separated by commas, quoted where they would mean something else. */
import type { ClaimValue } from '../api/coupon.js';

const VALUES_MAX = 16;
const LENGTH_MAX = 64;

const token = /\s*("(?:[^"\\]|\\.)*"|[^",]*?)\s*(?:,|$)/y;

/** @returns the values, or `undefined` where the text has none, too many, or one that is too long. */
export function readClaimValues(text: string): readonly ClaimValue[] | undefined {
  const values: ClaimValue[] = [];
  token.lastIndex = 0;
  while (token.lastIndex < text.length) {
    const [, typed] = token.exec(text) ?? [];
    if (typed === undefined || typed === '') return undefined;
    const value = valueOf(typed);
    if (value === undefined || String(value).length > LENGTH_MAX) return undefined;
    values.push(value);
  }
  return values.length >= 1 && values.length <= VALUES_MAX ? values : undefined;
}

export function claimValuesText(values: readonly ClaimValue[]): string {
  return values
    .map((value) => {
      if (typeof value !== 'string') return String(value);
      return valueOf(value) === value && /^[^\s",](?:[^",]*[^\s",])?$/.test(value)
        ? value
        : JSON.stringify(value);
    })
    .join(', ');
}

function valueOf(typed: string): ClaimValue | undefined {
  if (typed.startsWith('"')) {
    try {
      return String(JSON.parse(typed));
    } catch {
      return undefined;
    }
  }
  if (typed === 'true' || typed === 'false') return typed === 'true';
  // `007` is text: as a number it would be another value.
  return /^-?\d+(\.\d+)?$/.test(typed) && String(Number(typed)) === typed ? Number(typed) : typed;
}
