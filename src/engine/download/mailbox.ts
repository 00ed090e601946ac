/** Holds a bounded line of downloads, first in, first out, each with the time it came. */
import type { PendingDownload } from '../domain/download.js';

/** Downloads that leave together. `sinceMs` has one arrival time per download, ascending. */
export interface DownloadBatch {
  readonly downloads: PendingDownload[];
  readonly sinceMs: number[];
}

export class Mailbox {
  readonly #limit: number;
  #downloads: PendingDownload[] = [];
  #sinceMs: number[] = [];

  constructor(limit: number) {
    this.#limit = limit;
  }

  get size(): number {
    return this.#downloads.length;
  }

  /** `false` when the mailbox is full: the download was not taken. */
  offer(download: PendingDownload, nowMs: number): boolean {
    if (this.#downloads.length >= this.#limit) return false;
    this.#downloads.push(download);
    this.#sinceMs.push(nowMs);
    return true;
  }

  /** Up to `most` from the front, without abandoned downloads; the next in line take their places. */
  take(most: number): DownloadBatch {
    const batch = presentOf(this.#cut(most));
    while (batch.downloads.length < most && this.#downloads.length > 0) {
      const { downloads, sinceMs } = presentOf(this.#cut(most - batch.downloads.length));
      batch.downloads.push(...downloads);
      batch.sinceMs.push(...sinceMs);
    }
    return batch;
  }

  /** Abandoned downloads take no place from new ones. */
  dropAbandoned(): void {
    const present = presentOf({ downloads: this.#downloads, sinceMs: this.#sinceMs });
    this.#downloads = present.downloads;
    this.#sinceMs = present.sinceMs;
  }

  /** All that came at or before `beforeMs`. */
  takeOverdue(beforeMs: number): PendingDownload[] {
    const firstFresh = this.#sinceMs.findIndex((since) => since > beforeMs);
    return this.#cut(firstFresh === -1 ? this.#downloads.length : firstFresh).downloads;
  }

  #cut(most: number): DownloadBatch {
    if (this.#downloads.length <= most) {
      const all = { downloads: this.#downloads, sinceMs: this.#sinceMs };
      this.#downloads = [];
      this.#sinceMs = [];
      return all;
    }
    return { downloads: this.#downloads.splice(0, most), sinceMs: this.#sinceMs.splice(0, most) };
  }
}

function presentOf(batch: DownloadBatch): DownloadBatch {
  if (!batch.downloads.some((download) => download.abandoned)) return batch;
  const present: DownloadBatch = { downloads: [], sinceMs: [] };
  batch.downloads.forEach((download, place) => {
    if (download.abandoned) return;
    present.downloads.push(download);
    present.sinceMs.push(batch.sinceMs[place] ?? 0);
  });
  return present;
}
