/** Describes the server of a store for `seonchak doctor`. */

export interface StoreCondition {
  /** `Redis 127.0.0.1:6379`, `database`. */
  readonly name: string;
  readonly kind: 'redis' | 'database';
  readonly version: string;
  /** By how much its clock is ahead of this machine's; within half a round trip. */
  readonly clockAheadMs: number;
  readonly usedBytes?: number;
  /** Absent: no limit is set. */
  readonly limitBytes?: number;
}

/** The clock of a server that answered `serverNowMs` to what was sent at `sentAtMs`. */
export function clockAheadMs(serverNowMs: number, sentAtMs: number, receivedAtMs = Date.now()): number {
  return Math.round(serverNowMs - (sentAtMs + receivedAtMs) / 2);
}
