/** Splits a list into chunks of at most `sizeMax` items, in its order; an empty list has none. */
export function* chunksOf<Item>(items: readonly Item[], sizeMax: number): Generator<Item[], void> {
  for (let start = 0; start < items.length; start += sizeMax) yield items.slice(start, start + sizeMax);
}
