/** Repeats what may be lost: messages between processes are best effort. */

/** Longer than any message takes that was not lost. */
const REPEAT_MS = 2_000;

/**
 * Does `act` now, and again every 2 s until `arrived` resolves. Nodes of a Cluster connect anew when one was silent for half of its
 * timeout, as on a busy machine, and what is published meanwhile is lost.
 *
 * @throws what `arrived` rejects with
 */
export async function repeatUntil(arrived: Promise<unknown>, act: () => void): Promise<void> {
  act();
  const repeating = setInterval(act, REPEAT_MS);
  await arrived.finally(() => clearInterval(repeating));
}
