/** Takes back every issuance of a stopped coupon that is neither used nor confirmed. */
import { useState } from 'preact/hooks';
import type { Coupon } from '../api/coupon.js';
import { useConsole } from '../context.js';
import { Dialog } from '../parts/dialog.js';
import { problemText } from '../problem-text.js';

/** Issuances whose rows are still to come are asked for again, this many times. */
const ROUNDS_MAX = 30;
const ROUND_PAUSE_MS = 500;

interface RecallPanelOptions {
  readonly coupon: Coupon;
  readonly onChanged: () => Promise<void>;
}

export function RecallPanel({ coupon, onChanged }: RecallPanelOptions) {
  const { words, api, notify } = useConsole();
  const { holds } = words;
  const [unused, setUnused] = useState<number>();
  /** A coupon that is paused before its opening is `scheduled` too; the server refuses one that is not paused. */
  const mayBeStopped = coupon.state !== 'open' && coupon.state !== 'sold_out';

  async function ask(): Promise<void> {
    const counted = await api.recall(coupon.id, 0, true);
    if (!counted.ok) notify(problemText(words, counted.problem), 'bad');
    else if (counted.value.unused + counted.value.unrecorded === 0) notify(holds.recallNone);
    else setUnused(counted.value.unused + counted.value.unrecorded);
  }

  return (
    <section class="panel recall">
      <h2>{holds.recall}</h2>
      <p class="quiet">{holds.recallText}</p>
      {mayBeStopped ? (
        <div>
          <button type="button" class="button button-danger" onClick={() => void ask()}>
            {holds.recall}
          </button>
        </div>
      ) : (
        <p class="quiet">{holds.recallWhile}</p>
      )}
      {unused !== undefined && (
        <RecallDialog
          couponId={coupon.id}
          unused={unused}
          onChanged={onChanged}
          onClose={() => setUnused(undefined)}
        />
      )}
    </section>
  );
}

interface RecallDialogOptions {
  readonly couponId: number;
  readonly unused: number;
  readonly onChanged: () => Promise<void>;
  readonly onClose: () => void;
}

function RecallDialog({ couponId, unused, onChanged, onClose }: RecallDialogOptions) {
  const { words, api, format, notify } = useConsole();
  const { holds } = words;
  const [done, setDone] = useState<number>();

  async function run(): Promise<string | undefined> {
    let taken = 0;
    let after = 0;
    for (let rounds = 0; rounds < ROUNDS_MAX;) {
      const result = await api.recall(couponId, after, false);
      if (!result.ok) return problemText(words, result.problem);
      const { recalled, next, unrecorded } = result.value;
      taken += recalled;
      setDone(taken);
      after = next ?? 0;
      if (next !== undefined) continue;
      if (unrecorded === 0) break;
      rounds++;
      await new Promise((resolve) => window.setTimeout(resolve, ROUND_PAUSE_MS));
    }
    notify(holds.recalled(format.whole(taken)));
    await onChanged();
    return undefined;
  }

  return (
    <Dialog
      title={holds.recallTitle(format.whole(unused))}
      text={holds.recallWarning}
      submit={holds.recall}
      danger
      run={run}
      onClose={onClose}
    >
      {done !== undefined && <p role="status">{holds.recalling(format.whole(done))}</p>}
    </Dialog>
  );
}
