/** Orders a batch so that downloads that only ask come last; each kind keeps its order of arrival. */
import type { PendingDownload } from '../domain/download.js';

export interface OrderedDownloads {
  readonly downloads: readonly PendingDownload[];
  /** How many at the end only ask. */
  readonly askers: number;
}

/** Nearly every batch has no asker, and is returned as it is. */
export function askersLast(downloads: readonly PendingDownload[]): OrderedDownloads {
  let askers = 0;
  for (const { refusedAs } of downloads) if (refusedAs !== undefined) askers += 1;
  if (askers === 0) return { downloads, askers };
  const mayWin = downloads.filter(({ refusedAs }) => refusedAs === undefined);
  const asking = downloads.filter(({ refusedAs }) => refusedAs !== undefined);
  return { downloads: [...mayWin, ...asking], askers };
}
