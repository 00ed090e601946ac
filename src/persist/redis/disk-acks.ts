/**
 * Decides at start what an acknowledgement of a replica means at level `replica` (docs/adr/0064).
 *
 * WAITAOF (Redis 7.2) counts the replicas that have a write on their disks, WAIT those that have received it. A replica without an append-only file
 * never confirms, and one that syncs once a second confirms a second late, so both are counted by WAIT, and the operator is warned.
 */
import { PROBE_KEYS } from './keys.js';
import type { RedisCalls } from './redis-calls.js';

/** Less than the second that a replica with `appendfsync everysec` takes for the later of two writes. */
const CONFIRM_WITHIN_MS = 500;
/** In a row: the first one may happen to be just before the sync of that second. */
const CONFIRMED_WRITES = 2;
/** A replica that has just received its first copy writes an append-only file of it before it confirms anything. */
const ACK_WAIT_MAX_MS = 5_000;

const CONSEQUENCE =
  'at level replica a replica counts as soon as it has received a decision, so a loss of power on the master and its replicas at once may lose winners';

/** @returns the warning for the operator, `undefined` where replicas acknowledge from their disks. */
export async function requireDiskAcks(calls: RedisCalls): Promise<string | undefined> {
  const deadline = performance.now() + ACK_WAIT_MAX_MS;
  for (let confirmedWrites = 0; confirmedWrites < CONFIRMED_WRITES;) {
    const confirmed = await calls.confirmsOnDisk(PROBE_KEYS, CONFIRM_WITHIN_MS);
    if (confirmed === 'unsupported') {
      return `Redis does not have WAITAOF (Redis 7.2 or later), or does not grant it: ${CONSEQUENCE}.`;
    }
    confirmedWrites = confirmed ? confirmedWrites + 1 : 0;
    if (!confirmed && performance.now() > deadline) {
      return (
        `Replicas did not confirm writes on their disks within ${CONFIRM_WITHIN_MS} ms: ${CONSEQUENCE}. ` +
        'Set appendonly yes and appendfsync always on the replicas, and start again.'
      );
    }
  }
  calls.countAcksOnDisk();
  return undefined;
}
