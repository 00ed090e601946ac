/**
 * Notices when slots of a Cluster are served by another node, without a connection of its own.
 *
 * ioredis learns slots over a connection that it opens for that, and then writes 16,384 entries twice. So a node is asked over the connection
 * that is there, and ioredis learns them only where the reply differs from what it knows.
 */
import type { Cluster, Redis } from 'ioredis';

const INTERVAL_MS = 1_000;
/** As long as ioredis itself waits for one node before it asks the next. */
export const SLOTS_WAIT_MS = 500;

/** First slot, last slot, then the nodes as host and port, the master first. */
type SlotRange = readonly [number, number, ...(readonly [string | null, number])[]];

/**
 * @param reachableAs `host:port` of a node from here, for the one that the Cluster announces.
 * @returns ends it.
 */
export function followSlots(cluster: Cluster, reachableAs: (announced: string) => string): () => void {
  // ioredis's own interval begins anew when the close comes while the nodes are being asked, and then never ends.
  const interval = setInterval(() => {
    if (cluster.status !== 'ready') return;
    void areKnown(cluster, reachableAs).then((known) => {
      if (!known && cluster.status === 'ready') cluster.refreshSlotsCache();
    });
  }, INTERVAL_MS).unref();
  return () => {
    clearInterval(interval);
  };
}

/** Whether the slots are as ioredis knows them. False where no node answers in time. */
async function areKnown(cluster: Cluster, reachableAs: (announced: string) => string): Promise<boolean> {
  const ready = cluster.nodes().filter(({ status }) => status === 'ready');
  const node = ready[Math.floor(Math.random() * ready.length)];
  if (node === undefined) return false;
  const ranges = await rangesAt(node);
  return ranges?.every((range) => isKnown(cluster.slots, range, reachableAs)) === true;
}

/** @returns `undefined` where the node does not answer in time. */
function rangesAt(node: Redis): Promise<readonly SlotRange[] | undefined> {
  return new Promise((resolve) => {
    const give = (ranges?: readonly SlotRange[]): void => {
      clearTimeout(timer);
      resolve(ranges);
    };
    const timer = setTimeout(give, SLOTS_WAIT_MS);
    node.cluster('SLOTS').then(
      (reply) => give(reply as unknown as SlotRange[]),
      () => give(),
    );
  });
}

function isKnown(
  slots: readonly (readonly string[] | undefined)[],
  [first, last, ...nodes]: SlotRange,
  reachableAs: (announced: string) => string,
): boolean {
  const names = nodes
    .flatMap(([host, port]) => (host === null || host === '' ? [] : [reachableAs(`${host}:${port}`)]))
    .join();
  // The slots that ioredis learnt together share one list.
  let same: readonly string[] | undefined;
  for (let slot = first; slot <= last; slot += 1) {
    const known = slots[slot];
    if (known !== undefined && known === same) continue;
    if (known?.join() !== names) return false;
    same = known;
  }
  return true;
}
