/**
 * Runs a function for all items, in order and with bounded concurrency.
 *
 * After an error no further item is started. The error is thrown once the running items have ended, so that the caller
 * cannot close the stores while they are in use.
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
