/** Plants bugs in how a process takes a broken channel of news. */
import { ALWAYS_RECEIVING, type NewsReception, type Versions } from '../../ports/versions.js';
import type { Planting } from './planting.js';

/** What a broken channel leaves out is never asked for: memory answers as if no news were missing. */
function neverCutOff(versions: Versions): Versions {
  return { ...portOf(versions), reception: ALWAYS_RECEIVING };
}

/** The channel is back, and what was read before counts as if no news had been missed. */
function gapIgnored(versions: Versions): Versions {
  const reception: NewsReception = {
    get untilMs() {
      return versions.reception.untilMs;
    },
    sinceMs: Number.NEGATIVE_INFINITY,
  };
  return { ...portOf(versions), reception, listen: (onVersion) => versions.listen(onVersion) };
}

function portOf(versions: Versions): Versions {
  return {
    reception: versions.reception,
    publish: (couponId, version) => versions.publish(couponId, version),
    listen: (onVersion, onGap) => versions.listen(onVersion, onGap),
  };
}

export const newsBugs: Readonly<Record<string, Partial<Planting>>> = {
  'a process without news keeps answering from memory': { versions: neverCutOff },
  'what was read before a gap of news is trusted': { versions: gapIgnored },
};
