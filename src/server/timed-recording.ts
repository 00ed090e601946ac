/** Measures a flusher from outside, once per transaction, so that a row costs nothing. */
import type { ClaimedBatch } from '../engine/ports/issuance-ledger.js';
import type { Claim } from '../engine/ports/issuance-queue.js';
import type { FlusherPorts } from '../engine/recording/flusher.js';
import { RecordingTimes } from '../engine/recording/recording-times.js';
import { StoreClock } from '../engine/domain/store-clock.js';

export interface TimedRecording extends Pick<FlusherPorts, 'queue' | 'ledger'> {
  readonly times: RecordingTimes;
}

/** For one flusher and only for its calls. */
export function timedRecording(
  queue: FlusherPorts['queue'],
  ledger: FlusherPorts['ledger'],
  monotonicMs: () => number,
): TimedRecording {
  const times = new RecordingTimes();
  /** What the store's clock showed with each claim: one reading for all claims of a call. */
  const storeClocks = new WeakMap<ClaimedBatch, StoreClock>();

  function observed(claim: Claim, sentAtMs: number, last: StoreClock | undefined): StoreClock | undefined {
    if (claim.storeNowMs === undefined) return undefined;
    if (last !== undefined) return last;
    const storeClock = new StoreClock();
    storeClock.observe(claim.storeNowMs, sentAtMs);
    return storeClock;
  }

  return {
    times,
    queue: {
      claimRound: (round, answer) => {
        const sentAtMs = monotonicMs();
        let storeClock: StoreClock | undefined;
        return queue.claimRound(round, (place, reply) => {
          if (typeof reply === 'object' && 'token' in reply) {
            storeClock = observed(reply, sentAtMs, storeClock);
            if (storeClock !== undefined) storeClocks.set(reply, storeClock);
          }
          answer(place, reply);
        });
      },
      ackRound: (claims, answer) => queue.ackRound(claims, answer),
      releaseRound: (claims, answer) => queue.releaseRound(claims, answer),
    },
    ledger: {
      async record(batch) {
        const startedAtMs = monotonicMs();
        const result = await ledger.record(batch);
        // What was refused as a whole has no rows whose lag could be known.
        if (result.stale === 0) note([batch], startedAtMs);
        return result;
      },
      async recordTogether(batches) {
        const startedAtMs = monotonicMs();
        const outcome = await ledger.recordTogether(batches);
        if (outcome === 'recorded') note(batches, startedAtMs);
        return outcome;
      },
    },
  };

  function note(batches: readonly ClaimedBatch[], startedAtMs: number): void {
    const nowMs = monotonicMs();
    times.transaction(
      batches.reduce((sum, { issuances }) => sum + issuances.length, 0),
      nowMs - startedAtMs,
    );
    for (const batch of batches) {
      const committedAtMs = storeClocks.get(batch)?.latestMs(nowMs);
      if (committedAtMs !== undefined) times.recorded(batch.issuances, committedAtMs);
    }
  }
}
