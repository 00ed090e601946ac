/** Follows the live view of one coupon for as long as its page is shown. */
import { useEffect, useMemo, useRef, useState } from 'preact/hooks';
import type { LiveUpdate } from './api/coupon.js';
import { LiveStream } from './api/live-stream.js';
import { ServerClock } from './server-clock.js';

export interface Live {
  readonly clock: ServerClock;
  readonly status: 'live' | 'lost';
}

/** @param onUpdate called with every update, the first included. */
export function useLive(couponId: number, onUpdate: (update: LiveUpdate) => void): Live {
  const clock = useMemo(() => new ServerClock(), [couponId]);
  const [status, setStatus] = useState<'live' | 'lost'>('live');
  const latest = useRef(onUpdate);
  latest.current = onUpdate;
  useEffect(() => {
    const stream = new LiveStream(couponId, {
      onUpdate(update) {
        clock.observe(update.storeNowMs);
        latest.current(update);
      },
      onStatus: setStatus,
    });
    return () => stream.end();
  }, [couponId]);
  return { clock, status };
}
