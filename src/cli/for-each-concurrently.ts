/**
 * Works through all items in their order, so many at a time. After a fault nothing new is begun; it is thrown when what runs has ended,
 * so that nobody closes the stores under it.
 */
export async function forEachConcurrently<Item>(
  items: readonly Item[],
  concurrency: number,
  work: (item: Item, place: number) => Promise<void>,
): Promise<void> {
  const waiting = items.entries();
  const faults: unknown[] = [];
  const worker = async (): Promise<void> => {
    for (const [place, item] of waiting) {
      if (faults.length > 0) return;
      await work(item, place).catch((fault: unknown) => faults.push(fault));
    }
  };
  await Promise.all(Array.from({ length: concurrency }, worker));
  if (faults.length > 0) throw faults[0];
}
