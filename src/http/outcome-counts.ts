/** How many downloads ended how, since this process started. */
import type { DownloadOutcome } from '../engine/download.js';

export type OutcomeCounts = Record<DownloadOutcome['outcome'], number>;

/** All names from the beginning: a rate of something that has never happened is zero, not unknown. */
export function newOutcomeCounts(): OutcomeCounts {
  return {
    issued: 0,
    already_issued: 0,
    unknown_coupon: 0,
    not_open: 0,
    paused: 0,
    closed: 0,
    sold_out: 0,
    busy: 0,
    not_ready: 0,
    outcome_unknown: 0,
  };
}
