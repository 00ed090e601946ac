/**
 * Sends the member's download and shows each of its outcomes.
 *
 * Temporary outcomes (a full mailbox, a lost answer, a dropped connection) are retried automatically. The server gives
 * a winner the same number at every retry, so a retry is always safe.
 */
import { useEffect, useRef, useState } from 'preact/hooks';
import type { Held } from '../api/held.js';
import type { CouponState } from '../api/coupon.js';
import { isTransient } from '../api/problem.js';
import type { Problem } from '../api/problem.js';
import { useConsole } from '../context.js';
import type { Words } from '../language/en.js';
import { problemText } from '../problem-text.js';
import { signInAddress } from '../route.js';

const ASK_FOR_MS = 30_000;
const RETRY_DEFAULT_MS = 1_000;

interface DownloadButtonOptions {
  readonly couponId: number;
  readonly state: CouponState;
  /** Which of the member's units. */
  readonly unit: number;
  /** The member holds the coupon. */
  readonly onHeld: (held: Held) => void;
  /** No member without the coupon gets it now: the page should read it again. */
  readonly onRefused: () => void;
}

export function DownloadButton({ couponId, state, unit, onHeld, onRefused }: DownloadButtonOptions) {
  const { words, format, session, api, go, address } = useConsole();
  const [asking, setAsking] = useState(false);
  const [note, setNote] = useState('');
  const signedIn = session.current !== undefined;
  const usable = state === 'open';
  const waiting = state === 'scheduled';
  const left = useRef(false);
  /** Attempts of the present press that had no definite answer. */
  const tried = useRef(0);
  useEffect(
    () => () => {
      left.current = true;
    },
    [],
  );
  useEffect(() => {
    if (usable && !asking) setNote('');
  }, [usable]);
  useEffect(() => {
    // The next attempt may take long to fail, and no crowd is the reason any more.
    const say = (): void => {
      if (tried.current > 0) setNote(words.event.offlineAgain(format.whole(tried.current)));
    };
    window.addEventListener('offline', say);
    return () => window.removeEventListener('offline', say);
  }, [words]);

  async function download(): Promise<void> {
    if (!signedIn) {
      go(signInAddress(address));
      return;
    }
    if (asking || !usable) return;
    setAsking(true);
    setNote('');
    const problem = await askUntilDefinite();
    tried.current = 0;
    setAsking(false);
    if (problem === undefined) return;
    setNote(isTransient(problem) ? words.event.gaveUp : problemText(words, problem));
    onRefused();
  }

  async function askUntilDefinite(): Promise<Problem | undefined> {
    const untilMs = performance.now() + ASK_FOR_MS;
    for (let times = 1; ; times++) {
      const result = await api.download(couponId, unit);
      if (result.ok) {
        onHeld(result.value);
        return undefined;
      }
      const { problem } = result;
      if (!isTransient(problem) || performance.now() > untilMs || left.current) return problem;
      tried.current = times;
      setNote(againText(words, problem)(format.whole(times)));
      // Spread out, or all refused members come back in the same instant.
      const pauseMs = (problem.retryAfterMs ?? RETRY_DEFAULT_MS) * (0.7 + 0.6 * Math.random());
      await new Promise((resolve) => window.setTimeout(resolve, pauseMs));
    }
  }

  const ready = unit === 1 ? words.event.download : words.event.downloadAnother;
  const label = !signedIn ? words.event.signInFirst : asking ? words.event.asking : ready;
  const shownNote =
    note === '' && waiting ? (signedIn ? words.event.waitForOpening : words.event.signInEarly) : note;
  return (
    <div class="download-place" hidden={!usable && !waiting}>
      <button
        type="button"
        class="download"
        aria-describedby="download-note"
        // Not `disabled`: the button keeps the focus of a member who waits on it for the opening.
        aria-disabled={!usable && signedIn}
        aria-busy={asking}
        onClick={() => void download()}
      >
        <span class="spinner spinner-small" aria-hidden="true" />
        <span>{label}</span>
      </button>
      <p class="download-note" id="download-note" role="status">
        {shownNote}
      </p>
    </div>
  );
}

/** Only the server itself knows of a crowd: a lost connection, or a proxy without a server, shows nothing about the load. */
function againText({ event }: Words, { code }: Problem): (times: string) => string {
  switch (code) {
    case 'busy':
      return event.askingAgain;
    case 'offline':
      return navigator.onLine ? event.unreachableAgain : event.offlineAgain;
    case 'unreachable':
      return event.unreachableAgain;
    default:
      return event.unansweredAgain;
  }
}
