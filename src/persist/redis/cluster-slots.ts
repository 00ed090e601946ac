/**
 * Notices when slots of a Cluster are served by another node, without a connection of its own.
 *
 * ioredis opens a connection whenever it learns the slots, and then writes 16,384 entries twice. So a node is asked over an open connection,
 * and ioredis learns the slots again only if the reply differs from its table.
 */
import type { Cluster, Redis } from 'ioredis';

const POLL_MS = 1_000;
/** As long as ioredis itself waits for one node before it asks the next. */
export const SLOTS_WAIT_MS = 500;

/** First slot, last slot, then the nodes as host and port, the master first. */
type SlotRange = readonly [number, number, ...(readonly [string | null, number])[]];

/**
 * Polls until the returned function is called.
 *
 * @param reachableAs `host:port` at which a node is reached from here, for the one that the Cluster announces.
 */
export function followSlots(cluster: Cluster, reachableAs: (announced: string) => string): () => void {
  // ioredis's own interval begins anew when the close comes while the nodes are being asked, and then never ends.
  const interval = setInterval(() => {
    if (cluster.status !== 'ready') return;
    void areKnown(cluster, reachableAs).then((known) => {
      if (!known && cluster.status === 'ready') cluster.refreshSlotsCache();
    });
  }, POLL_MS).unref();
  return () => {
    clearInterval(interval);
  };
}

/** Whether ioredis knows the slots as they are. False if no node replies in time. */
async function areKnown(cluster: Cluster, reachableAs: (announced: string) => string): Promise<boolean> {
  const ready = cluster.nodes().filter(({ status }) => status === 'ready');
  const node = ready[Math.floor(Math.random() * ready.length)];
  if (node === undefined) return false;
  const ranges = await rangesAt(node);
  return ranges !== undefined && isKnown(cluster.slots, ranges, reachableAs);
}

/** @returns `undefined`: the node refuses, or does not reply in time. Its connection may be silent for longer than that. */
function rangesAt(node: Redis): Promise<readonly SlotRange[] | undefined> {
  return new Promise((resolve) => {
    const settle = (ranges?: readonly SlotRange[]): void => {
      clearTimeout(timer);
      resolve(ranges);
    };
    const timer = setTimeout(settle, SLOTS_WAIT_MS);
    node.cluster('SLOTS').then(
      (reply) => settle(reply as unknown as SlotRange[]),
      () => settle(),
    );
  });
}

/** Whether ioredis has these nodes for every slot of the ranges. Without any range the node that replied has left its Cluster. */
export function isKnown(
  slots: readonly (readonly string[] | undefined)[],
  ranges: readonly SlotRange[],
  reachableAs: (announced: string) => string,
): boolean {
  return ranges.length > 0 && ranges.every((range) => isRangeKnown(slots, range, reachableAs));
}

function isRangeKnown(
  slots: readonly (readonly string[] | undefined)[],
  [first, last, ...nodes]: SlotRange,
  reachableAs: (announced: string) => string,
): boolean {
  const names = nodes.flatMap(([host, port]) =>
    host === null || host === '' ? [] : [reachableAs(`${host}:${port}`)],
  );
  // The slots that ioredis learnt together share one list.
  let same: readonly string[] | undefined;
  for (let slot = first; slot <= last; slot += 1) {
    const known = slots[slot];
    if (known !== undefined && known === same) continue;
    if (known === undefined || !areSameNodes(known, names)) return false;
    same = known;
  }
  return true;
}

/** The master is first. Nodes of one Cluster list the replicas in different orders. */
function areSameNodes(known: readonly string[], names: readonly string[]): boolean {
  return (
    known.length === names.length && known[0] === names[0] && names.every((name) => known.includes(name))
  );
}
