/** Shows a coupon to a till: a QR code that is renewed, the number to read out, and the news that it has been redeemed. */
import { useRef, useState } from 'preact/hooks';
import type { Pass, WalletItem } from '../api/coupon.js';
import type { Problem } from '../api/problem.js';
import { isTransient } from '../api/problem.js';
import { useConsole } from '../context.js';
import { useInterval, useLoaded, useRedraw } from '../hooks.js';
import { Modal } from '../parts/dialog.js';
import { QrCode } from '../parts/qr-code.js';
import { Loading } from '../parts/states.js';
import { problemText } from '../problem-text.js';

/** A till redeems without the member's page; the next answer shows it. */
const POLL_MS = 4_000;
/** A code that changes under the camera is hard to scan, so an answer takes the place of the shown one only after a while. */
const SHOWN_MS = 20_000;
/** A pass is valid for a minute; the last seconds are left out, for a slow network. */
const VALID_MS = 55_000;

interface PassOptions {
  readonly item: WalletItem;
  /** No till takes the coupon any more, for the reason of this problem. */
  readonly onRefused: (problem: Problem) => void;
}

/** The button that opens the dialog. */
export function ShowPass({ item, onRefused }: PassOptions) {
  const { words } = useConsole();
  const [shown, setShown] = useState(false);
  const [refused, setRefused] = useState<Problem>();
  return (
    <>
      <button type="button" class="button button-primary" onClick={() => setShown(true)}>
        {words.till.show}
      </button>
      {shown && (
        <PassDialog
          item={item}
          onRefused={setRefused}
          onClose={() => {
            setShown(false);
            // Only now: the card around this button changes, and the member should read the news first.
            if (refused !== undefined) onRefused(refused);
          }}
        />
      )}
    </>
  );
}

function PassDialog({ item, onRefused, onClose }: PassOptions & { readonly onClose: () => void }) {
  const { words, api } = useConsole();
  const { till } = words;
  const [over, setOver] = useState<Problem>();
  const { result, reload } = useLoaded(async () => {
    const answer = await api.pass(item);
    if (!answer.ok && !isTransient(answer.problem) && answer.problem.code !== 'not_recorded') {
      setOver(answer.problem);
      onRefused(answer.problem);
    }
    return answer;
  }, [item.couponId, item.unit]);
  useInterval(() => void (over === undefined && reload()), POLL_MS);
  const latest = result?.ok === true ? result.value : undefined;
  const pass = useSteady(latest);
  return (
    <Modal title={over === undefined ? till.showTitle : item.name} focusAfter={undefined} onClose={onClose}>
      {(heading, close) => (
        <div class="pass">
          {heading}
          {over !== undefined ? (
            <div class="pass-over" role="status">
              <span class="stamp">{over.code === 'already_used' ? words.mine.used : words.till.notNow}</span>
              <p>{over.code === 'already_used' ? till.usedNow : problemText(words, over)}</p>
            </div>
          ) : pass === undefined ? (
            result?.ok === false ? (
              <p class="hint-box">{problemText(words, result.problem)}</p>
            ) : (
              <Loading />
            )
          ) : (
            <ShownPass pass={pass.value} shownAtMs={pass.sinceMs} name={item.name} />
          )}
          <button type="button" class="button button-wide" onClick={close}>
            {till.close}
          </button>
        </div>
      )}
    </Modal>
  );
}

function ShownPass({
  pass,
  shownAtMs,
  name,
}: {
  readonly pass: Pass;
  readonly shownAtMs: number;
  readonly name: string;
}) {
  const { till } = useConsole().words;
  useInterval(useRedraw(), 1_000);
  const isOver = performance.now() - shownAtMs > VALID_MS;
  return (
    <>
      <p class="pass-name">{name}</p>
      {isOver ? (
        <p class="hint-box hint-bad" role="alert">
          {till.stale}
        </p>
      ) : (
        <QrCode text={pass.text} label={till.qr} />
      )}
      <p class="pass-number">
        <span class="quiet">{till.readOut}</span>
        <strong>{pass.number}</strong>
      </p>
      {!isOver && <p class="quiet">{till.renewed}</p>}
    </>
  );
}

/** @returns the pass to show: the latest, but the previous one while it is fresh. */
function useSteady(latest: Pass | undefined): { readonly value: Pass; readonly sinceMs: number } | undefined {
  const shown = useRef<{ readonly value: Pass; readonly sinceMs: number }>(undefined);
  const nowMs = performance.now();
  const isNew = latest !== undefined && latest.text !== shown.current?.value.text;
  if (isNew && (shown.current === undefined || nowMs - shown.current.sinceMs > SHOWN_MS))
    shown.current = { value: latest, sinceMs: nowMs };
  return shown.current;
}
