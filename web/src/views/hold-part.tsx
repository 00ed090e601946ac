/** Shows how long a unit is held for the member, and what to do until then. */
import { useEffect, useRef, useState } from 'preact/hooks';
import type { Held } from '../api/held.js';
import type { RedeemBy } from '../api/coupon.js';
import { useConsole } from '../context.js';
import { useInterval } from '../hooks.js';
import { Countdown } from '../parts/countdown.js';
import { Dialog } from '../parts/dialog.js';
import { randomKey } from '../parts/random-key.js';
import { problemText } from '../problem-text.js';
import type { ServerClock } from '../server-clock.js';

/** A payment is confirmed by the shop's server, so the page has to ask; all members of a drop do. */
const POLL_MS = 15_000;
/** Between the end of the hold and the return of the unit lie up to half a minute. */
const POLL_ENDING_MS = 3_000;

export interface OpenHeld extends Held {
  readonly confirmByMs: number;
}

interface HoldPartOptions {
  readonly couponId: number;
  readonly name: string;
  readonly held: OpenHeld;
  readonly redeemBy: RedeemBy;
  readonly clock: Pick<ServerClock, 'nowMs'>;
  /** The hold may have been confirmed, or have ended. */
  readonly poll: () => Promise<void>;
  readonly onReleased: () => void;
}

export function HoldPart({ couponId, name, held, redeemBy, clock, poll, onReleased }: HoldPartOptions) {
  const { words, format, notify } = useConsole();
  const { holds } = words;
  const { confirmByMs, unit } = held;
  const [over, setOver] = useState(() => confirmByMs <= clock.nowMs());
  const [releasing, setReleasing] = useState(false);
  const { confirm, confirming } = useConfirmOwn({ couponId, unit });
  useInterval(() => void poll(), over ? POLL_ENDING_MS : POLL_MS);
  useEffect(() => {
    // Back from the page where it was paid.
    const onVisible = (): void => {
      if (!document.hidden) void poll();
    };
    document.addEventListener('visibilitychange', onVisible);
    return () => document.removeEventListener('visibilitychange', onVisible);
  }, [held.issueNo]);

  async function onConfirm(): Promise<void> {
    const problem = await confirm();
    if (problem !== undefined) notify(problem, 'bad');
    await poll();
  }

  return (
    <div class="hold-part">
      {over ? (
        <p class="hold-over" role="status">
          <span class="spinner spinner-small" aria-hidden="true" />
          <span>{holds.over}</span>
        </p>
      ) : (
        <>
          <p class="issued-label">{holds.payUntil(format.moment(confirmByMs))}</p>
          <Countdown
            untilMs={confirmByMs}
            clock={clock}
            brief
            label={holds.timeLeft}
            spokenText={holds.leftSpoken}
            onZero={() => setOver(true)}
          />
          <p>{redeemBy === 'member' ? holds.whatToDo : holds.whatToDoAtShop}</p>
          <p class="quiet">{holds.whatHappens}</p>
        </>
      )}
      <div class="panel-actions">
        {redeemBy === 'member' && (
          <button
            type="button"
            class="button button-primary"
            aria-busy={confirming}
            onClick={() => void onConfirm()}
          >
            {holds.confirm}
          </button>
        )}
        <button type="button" class="button button-quiet-danger" onClick={() => setReleasing(true)}>
          {holds.release}
        </button>
      </div>
      {releasing && (
        <ReleaseOwnHoldDialog
          couponId={couponId}
          unit={unit}
          name={name}
          onReleased={onReleased}
          onClose={() => setReleasing(false)}
        />
      )}
    </div>
  );
}

interface OwnUnit {
  readonly couponId: number;
  readonly unit: number;
}

/** Confirms a hold of the member's own; a repeat is the same order. */
export function useConfirmOwn(own: OwnUnit): {
  /** @returns why it was not done. */
  readonly confirm: () => Promise<string | undefined>;
  readonly confirming: boolean;
} {
  const { words, api } = useConsole();
  const [confirming, setConfirming] = useState(false);
  const orderId = useRef(`console:${randomKey()}`);
  return {
    confirming,
    confirm: async () => {
      if (confirming) return undefined;
      setConfirming(true);
      const result = await api.confirmOwn(own, orderId.current);
      setConfirming(false);
      return result.ok ? undefined : problemText(words, result.problem);
    },
  };
}

interface ReleaseDialogOptions extends OwnUnit {
  readonly name: string;
  readonly onReleased: () => void;
  readonly focusAfter?: () => HTMLElement | null;
  readonly onClose: () => void;
}

export function ReleaseOwnHoldDialog({ couponId, unit, name, onReleased, ...dialog }: ReleaseDialogOptions) {
  const { words, api, notify } = useConsole();
  const { holds } = words;
  return (
    <Dialog
      {...dialog}
      title={holds.releaseTitle}
      text={holds.releaseText(name)}
      submit={holds.release}
      danger
      run={async () => {
        const result = await api.releaseOwn({ couponId, unit });
        if (!result.ok) return problemText(words, result.problem);
        notify(holds.released);
        onReleased();
        return undefined;
      }}
    />
  );
}
