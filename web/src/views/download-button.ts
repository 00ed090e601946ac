/**
 * Sends the member's download and shows each of its outcomes.
 *
 * Temporary outcomes (a full mailbox, a lost answer, a dropped connection) are retried automatically. The server gives
 * a winner the same number at every retry, so a retry is always safe.
 */
import type { Held } from '../api/client.js';
import { isPassing } from '../api/problem.js';
import type { Problem } from '../api/problem.js';
import { element, fill, setText } from '../dom.js';
import { signInAddress } from '../route.js';
import { problemText } from '../view.js';
import type { ViewContext } from '../view.js';

const ASK_FOR_MS = 30_000;
const RETRY_DEFAULT_MS = 1_000;

export interface DownloadButton {
  readonly root: HTMLElement;
  /** Whether pressing makes sense now, and why not. */
  show(usable: boolean, reason: string): void;
}

/**
 * @param onHeld the member holds the coupon.
 * @param onRefused no member without the coupon gets it now: the page should read it again.
 */
export function downloadButton(
  context: ViewContext,
  couponId: number,
  onHeld: (held: Held) => void,
  onRefused: () => void,
): DownloadButton {
  const { words, session } = context;
  const label = element('span', {}, words.event.download);
  const button = element(
    'button',
    {
      type: 'button',
      class: 'download',
      'aria-describedby': 'download-note',
      on: { click: () => void press() },
    },
    element('span', { class: 'spinner spinner-small', 'aria-hidden': 'true' }),
    label,
  );
  const note = element('p', { class: 'download-note', id: 'download-note', role: 'status' });
  const root = element('div', { class: 'download-place' }, button, note);
  let usable = false;
  let asking = false;

  async function press(): Promise<void> {
    if (session.current === undefined) {
      context.go(signInAddress(context.address));
      return;
    }
    if (asking || !usable) return;
    asking = true;
    button.setAttribute('aria-busy', 'true');
    setText(label, words.event.asking);
    fill(note);
    const problem = await askUntilDefinite();
    asking = false;
    button.removeAttribute('aria-busy');
    setText(label, words.event.download);
    if (problem === undefined) return;
    setText(note, isPassing(problem) ? words.event.gaveUp : problemText(words, problem));
    onRefused();
  }

  async function askUntilDefinite(): Promise<Problem | undefined> {
    const untilMs = performance.now() + ASK_FOR_MS;
    for (let times = 1; ; times++) {
      const result = await context.api.download(couponId);
      if (result.ok) {
        onHeld(result.value);
        return undefined;
      }
      const { problem } = result;
      if (!isPassing(problem) || performance.now() > untilMs) return problem;
      setText(note, words.event.askingAgain(context.format.whole(times)));
      // Spread out, or all refused members come back in the same instant.
      const pauseMs = (problem.retryAfterMs ?? RETRY_DEFAULT_MS) * (0.7 + 0.6 * Math.random());
      await new Promise((resolve) => window.setTimeout(resolve, pauseMs));
    }
  }

  return {
    root,
    show(isUsable, reason) {
      usable = isUsable;
      // Not `disabled`: the button keeps the focus of a member who waits on it for the opening.
      button.setAttribute('aria-disabled', String(!usable && session.current !== undefined));
      if (!asking) {
        const signedIn = session.current !== undefined;
        setText(label, signedIn ? words.event.download : words.event.signInFirst);
        if (reason !== '' || usable)
          setText(note, signedIn || reason === '' ? reason : words.event.signInEarly);
      }
    },
  };
}
