/** Shows the picture of the camera until a QR code is found in it. */
import { useEffect, useRef, useState } from 'preact/hooks';
import { useConsole } from '../context.js';
import { codeFinder } from './find-code.js';

/** Between two pictures that are searched: a search takes up to 50 ms on an old phone. */
const SEARCH_EVERY_MS = 150;

interface ScannerOptions {
  /** The code of the previous customer, whose telephone may still be there. */
  readonly ignored: string;
  readonly onFound: (text: string) => void;
  readonly onStop: () => void;
}

export function Scanner({ ignored, onFound, onStop }: ScannerOptions) {
  const { till } = useConsole().words;
  const video = useRef<HTMLVideoElement>(null);
  const [state, setState] = useState<'starting' | 'searching' | 'refused'>('starting');
  const found = useRef(onFound);
  found.current = onFound;

  useEffect(() => {
    const ended = new AbortController();
    search(
      video,
      ignored,
      () => ended.signal.aborted,
      () => setState('searching'),
    ).then(
      (text) => {
        if (text !== undefined && !ended.signal.aborted) found.current(text);
      },
      () => {
        if (!ended.signal.aborted) setState('refused');
      },
    );
    return () => ended.abort();
  }, []);

  return (
    <div class="scanner">
      {state !== 'refused' && (
        <div class="scanner-picture" data-state={state}>
          <video ref={video} muted playsInline aria-label={till.camera} />
        </div>
      )}
      <p class={state === 'refused' ? 'hint-box hint-bad' : 'quiet centred'} role="status">
        {state === 'refused' ? till.cameraRefused : state === 'starting' ? till.starting : till.aim}
      </p>
      <button type="button" class="button button-wide" onClick={onStop}>
        {till.stop}
      </button>
    </div>
  );
}

/** @returns the text that was found; `undefined` after the end. @throws DOMException without a camera. */
async function search(
  shown: { readonly current: HTMLVideoElement | null },
  ignored: string,
  isEnded: () => boolean,
  onStarted: () => void,
): Promise<string | undefined> {
  const stream = await navigator.mediaDevices.getUserMedia({ video: { facingMode: 'environment' } });
  try {
    const find = await codeFinder();
    const video = shown.current;
    if (video === null || isEnded()) return undefined;
    video.srcObject = stream;
    await video.play();
    onStarted();
    while (!isEnded()) {
      const text = await find(video);
      if (text !== undefined && text !== '' && text !== ignored) return text;
      await new Promise((resolve) => window.setTimeout(resolve, SEARCH_EVERY_MS));
    }
    return undefined;
  } finally {
    for (const track of stream.getTracks()) track.stop();
  }
}

/** A page of plain HTTP from another machine has no camera. */
export function hasCamera(): boolean {
  return (navigator as { readonly mediaDevices?: unknown }).mediaDevices !== undefined;
}
