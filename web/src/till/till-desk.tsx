/** Takes a code, shows what it names, redeems it, and lists what was redeemed here. */
import { useLayoutEffect, useRef, useState } from 'preact/hooks';
import type { WalletItem } from '../api/coupon.js';
import type { CheckedCode, TillCalls } from '../api/till-calls.js';
import { useConsole } from '../context.js';
import { useTitle } from '../hooks.js';
import { Field, useField } from '../parts/field.js';
import { problemText } from '../problem-text.js';
import { CheckedCard } from './checked-card.js';
import { LatestRedemptions } from './latest-redemptions.js';
import type { RedeemedHere } from './latest-redemptions.js';
import { hasCamera, Scanner } from './scanner.js';

const LATEST_MAX = 20;

interface Checked extends CheckedCode {
  readonly code: string;
}

export function TillDesk({ calls }: { readonly calls: TillCalls }) {
  const { words } = useConsole();
  const { till } = words;
  const code = useField();
  const [scanning, setScanning] = useState(false);
  const [checked, setChecked] = useState<Checked>();
  const [busy, setBusy] = useState(false);
  const [latest, setLatest] = useState<readonly RedeemedHere[]>([]);
  const scanned = useRef(false);
  const before = useRef('');
  useTitle(till.title);
  // A scanner that types needs the field to have the keyboard.
  useLayoutEffect(() => {
    if (checked === undefined && !scanning) code.input.current?.focus();
  }, [checked, scanning]);

  async function check(shown: string): Promise<void> {
    if (busy) return;
    setBusy(true);
    const result = await calls.check(shown);
    setBusy(false);
    if (result.ok) {
      setChecked({ ...result.value, code: shown });
      return;
    }
    code.set(shown);
    code.setFault(problemText(words, result.problem));
    code.input.current?.select();
  }

  function next(): void {
    before.current = checked?.code ?? '';
    setChecked(undefined);
    code.set('');
    setScanning(scanned.current);
  }

  function noteRedeemed(item: WalletItem, orderId: string, redeemedAtMs: number): void {
    setLatest((before) =>
      [{ item, orderId, redeemedAtMs, cancelled: false }, ...before].slice(0, LATEST_MAX),
    );
  }

  return (
    <>
      {checked === undefined ? (
        <section class="panel form">
          <p class="lead">{till.lead}</p>
          {scanning ? (
            <Scanner
              ignored={before.current}
              onFound={(text) => {
                setScanning(false);
                void check(text);
              }}
              onStop={() => {
                scanned.current = false;
                setScanning(false);
              }}
            />
          ) : (
            hasCamera() && (
              <button
                type="button"
                class="button button-primary button-wide"
                onClick={() => {
                  scanned.current = true;
                  setScanning(true);
                }}
              >
                {till.scan}
              </button>
            )
          )}
          <form
            class="till-code"
            noValidate
            onSubmit={(event) => {
              event.preventDefault();
              if (code.value === '') code.setFault(words.form.required);
              else void check(numberOf(code.value) ?? code.value);
            }}
          >
            <Field
              state={code}
              label={till.code}
              name="code"
              hint={till.codeHint}
              spellcheck={false}
              maxLength={128}
            />
            <button type="submit" class="button" aria-busy={busy}>
              {till.check}
            </button>
          </form>
        </section>
      ) : (
        <CheckedCard
          {...checked}
          calls={calls}
          onRedeemed={(orderId, atMs) => noteRedeemed(checked.item, orderId, atMs)}
          onNext={next}
        />
      )}
      {latest.length > 0 && (
        <LatestRedemptions
          calls={calls}
          items={latest}
          onCancelled={(one) =>
            setLatest((before) =>
              before.map((other) => (other.orderId === one.orderId ? { ...other, cancelled: true } : other)),
            )
          }
        />
      )}
    </>
  );
}

/** As people write and pronounce it: `42 - 1,017`, `42/17`, `42 17`. @returns `42-1017`, or `undefined` for other text. */
function numberOf(typed: string): string | undefined {
  const [, coupon, number] = /^(\d+)\s*[-–—/\s]\s*(\d[\d,]*)$/.exec(typed) ?? [];
  return coupon === undefined || number === undefined ? undefined : `${coupon}-${number.replaceAll(',', '')}`;
}
