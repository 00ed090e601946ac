/** Revokes several issuances, one after another, and shows what became of each. */
import { useEffect, useRef, useState } from 'preact/hooks';
import type { ApiClient } from '../api/client.js';
import { isTransient } from '../api/problem.js';
import type { Problem } from '../api/problem.js';
import { useConsole } from '../context.js';
import { Modal } from '../parts/dialog.js';
import { problemText } from '../problem-text.js';

/** A crowd may be asking for the same coupon: a few at once are enough. */
const CONCURRENT = 3;
const ATTEMPTS_MAX = 5;
const RETRY_DEFAULT_MS = 1_000;

type Outcome = 'waiting' | 'revoked' | 'stopped' | Problem;

interface RevokeManyOptions {
  readonly couponId: number;
  readonly numbers: readonly number[];
  /** Given the numbers that were revoked. */
  readonly onDone: (revoked: readonly number[]) => void;
  readonly onClose: () => void;
  readonly focusAfter: () => HTMLElement | null | undefined;
}

export function RevokeManyDialog({ couponId, numbers, onDone, onClose, focusAfter }: RevokeManyOptions) {
  const { words, api, format } = useConsole();
  const { sales } = words;
  // The numbers of the question: the table behind the dialog keeps changing.
  const [asked] = useState(numbers);
  const [outcomes, setOutcomes] = useState<ReadonlyMap<number, Outcome>>();
  const [running, setRunning] = useState(false);
  const stopped = useRef(false);
  const first = useRef<HTMLButtonElement>(null);
  useEffect(() => first.current?.focus(), [running]);
  useEffect(
    () => () => {
      stopped.current = true;
    },
    [],
  );

  async function run(): Promise<void> {
    setRunning(true);
    const found = new Map<number, Outcome>(asked.map((number) => [number, 'waiting']));
    const queue = [...asked];
    async function work(): Promise<void> {
      for (let number = queue.shift(); number !== undefined; number = queue.shift()) {
        found.set(number, stopped.current ? 'stopped' : await revokeOne(api, couponId, number));
        setOutcomes(new Map(found));
      }
    }
    setOutcomes(found);
    await Promise.all(Array.from({ length: CONCURRENT }, work));
    setRunning(false);
    onDone(asked.filter((number) => found.get(number) === 'revoked'));
  }

  const all = format.whole(asked.length);
  const results = [...(outcomes ?? [])];
  const done = results.filter(([, outcome]) => outcome !== 'waiting').length;
  const revoked = results.filter(([, outcome]) => outcome === 'revoked').length;
  return (
    <Modal title={sales.revokeManyTitle(all)} focusAfter={focusAfter} onClose={onClose}>
      {(heading, close) => (
        <div class="revoke-many">
          {heading}
          {outcomes === undefined ? (
            <p class="dialog-text">{sales.revokeManyText}</p>
          ) : (
            <>
              <progress max={asked.length} value={done} aria-label={sales.revokeManyTitle(all)} />
              <p role="status">
                {running
                  ? sales.revoking(format.whole(done), all)
                  : sales.revokedMany(format.whole(revoked), all)}
              </p>
              {/* The keyboard scrolls only what it can reach. */}
              <ul tabIndex={0} aria-label={words.detail.issuances}>
                {results.map(([number, outcome]) => (
                  <li key={number} data-outcome={typeof outcome === 'string' ? outcome : 'failed'}>
                    <span class="cell-number">{format.whole(number)}</span>
                    <span>
                      {outcome === 'waiting'
                        ? sales.rowWaiting
                        : outcome === 'revoked'
                          ? sales.rowRevoked
                          : outcome === 'stopped'
                            ? sales.stopped
                            : problemText(words, outcome)}
                    </span>
                  </li>
                ))}
              </ul>
            </>
          )}
          <div class="dialog-actions">
            {outcomes === undefined ? (
              <>
                <button type="button" class="button" ref={first} onClick={close}>
                  {words.detail.keepIt}
                </button>
                <button type="button" class="button button-danger" onClick={() => void run()}>
                  {sales.revokeMany(all)}
                </button>
              </>
            ) : running ? (
              <button
                type="button"
                class="button"
                ref={first}
                onClick={() => {
                  stopped.current = true;
                }}
              >
                {sales.stop}
              </button>
            ) : (
              <button type="button" class="button button-primary" ref={first} onClick={close}>
                {sales.done}
              </button>
            )}
          </div>
        </div>
      )}
    </Modal>
  );
}

/** Retries where the outcome is unknown or nothing was done: revoking a number twice returns the same answer. */
async function revokeOne(api: ApiClient, couponId: number, issueNo: number): Promise<'revoked' | Problem> {
  for (let attempt = 1; ; attempt++) {
    const result = await api.revoke(couponId, issueNo);
    if (result.ok) return 'revoked';
    const { problem } = result;
    const isWorthIt = isTransient(problem) || problem.code === 'rate_limited';
    if (!isWorthIt || attempt === ATTEMPTS_MAX) return problem;
    await new Promise((resolve) => window.setTimeout(resolve, problem.retryAfterMs ?? RETRY_DEFAULT_MS));
  }
}
