/** Keeps the changes of a coupon's quantity in its row, for charts of the hours before. */
import type { QuantityChange } from '../../engine/ports/coupon-catalogue.js';

/** A change takes at most 38 characters, in a column of 4,000. The oldest are dropped. */
const CHANGES_MAX = 100;

type Stored = readonly (readonly [atMs: number, before: number, quantity: number])[];

/** @param text the column as it is, NULL where the quantity never changed. @returns the column with one change more. */
export function withQuantityChange(
  text: string | null,
  { atMs, before, quantity }: QuantityChange,
): string | null {
  if (before === quantity) return text;
  const stored: Stored = text === null ? [] : (JSON.parse(text) as Stored);
  return JSON.stringify([...stored, [atMs, before, quantity]].slice(-CHANGES_MAX));
}

export function quantityChangesOf(text: string): readonly QuantityChange[] {
  // Written by this file alone, from this type.
  return (JSON.parse(text) as Stored).map(([atMs, before, quantity]) => ({ atMs, before, quantity }));
}
