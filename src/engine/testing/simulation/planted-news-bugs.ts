/** Plants bugs in how a process takes a broken channel of news. */
import { HEARS_ALWAYS, type Hearing, type Versions } from '../../ports/versions.js';
import type { Planting } from './planting.js';

/** What a broken channel leaves out is never asked for: memory answers as if no news were missing. */
function neverDeaf(versions: Versions): Versions {
  return { ...portOf(versions), hearing: HEARS_ALWAYS };
}

/** The channel is back, and what was read before counts as if no news had been missed. */
function gapIgnored(versions: Versions): Versions {
  const hearing: Hearing = {
    get untilMs() {
      return versions.hearing.untilMs;
    },
    sinceMs: Number.NEGATIVE_INFINITY,
  };
  return { ...portOf(versions), hearing, listen: (onVersion) => versions.listen(onVersion) };
}

function portOf(versions: Versions): Versions {
  return {
    hearing: versions.hearing,
    publish: (couponId, version) => versions.publish(couponId, version),
    listen: (onVersion, onGap) => versions.listen(onVersion, onGap),
  };
}

export const newsBugs: Readonly<Record<string, Partial<Planting>>> = {
  'a deaf process keeps answering from memory': { versions: neverDeaf },
  'what was read before a gap of news is trusted': { versions: gapIgnored },
};
