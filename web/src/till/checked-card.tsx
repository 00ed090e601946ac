/** Shows what a code names, and redeems it. */
import { useEffect, useRef, useState } from 'preact/hooks';
import { isTransient } from '../api/problem.js';
import type { Problem } from '../api/problem.js';
import type { CheckedCode, TillCalls } from '../api/till-calls.js';
import { useConsole } from '../context.js';
import type { ConsoleContext } from '../context.js';
import { Field, useField } from '../parts/field.js';
import { problemText } from '../problem-text.js';

/** Problems after which the use may have been made. */
const LOST = new Set(['offline', 'unreachable', 'outcome_unknown']);

const ORDER = /^[A-Za-z0-9._:-]{1,64}$/;

interface CheckedCardOptions extends CheckedCode {
  readonly code: string;
  readonly calls: TillCalls;
  readonly onRedeemed: (orderId: string, atMs: number) => void;
  readonly onNext: () => void;
}

type Appearance = 'good' | 'bad' | 'done';

export function CheckedCard({ item, proof, code, calls, onRedeemed, onNext }: CheckedCardOptions) {
  const context = useConsole();
  const { words, format } = context;
  const { till } = words;
  const receipt = useField();
  // One order for this customer: sent again after a lost answer, it redeems once.
  const [ownOrder] = useState(() => `till:${randomText()}`);
  const [redeemedAtMs, setRedeemedAtMs] = useState<number>();
  const [fault, setFault] = useState<Problem>();
  const [busy, setBusy] = useState(false);
  const root = useRef<HTMLElement>(null);
  const next = useRef<HTMLButtonElement>(null);
  useEffect(() => root.current?.focus(), []);
  useEffect(() => {
    if (redeemedAtMs !== undefined) next.current?.focus();
  }, [redeemedAtMs]);

  async function redeem(): Promise<void> {
    if (busy) return;
    if (receipt.value !== '' && !ORDER.test(receipt.value)) {
      receipt.setFault(till.receiptWrong);
      receipt.input.current?.focus();
      return;
    }
    const orderId = receipt.value === '' ? ownOrder : receipt.value;
    setBusy(true);
    setFault(undefined);
    const result = await calls.redeem(code, orderId);
    setBusy(false);
    if (!result.ok) {
      setFault(result.problem);
      return;
    }
    setRedeemedAtMs(result.value);
    onRedeemed(orderId, result.value);
  }

  const usable = item.state === 'usable' && redeemedAtMs === undefined;
  const refused = fault !== undefined && !isTransient(fault);
  const [appearance, title, text] = ((): readonly [Appearance, string, string] => {
    if (redeemedAtMs !== undefined)
      return ['done', till.redeemed, till.redeemedText(format.happened(redeemedAtMs))];
    return stateOf(context, item);
  })();
  return (
    <section
      class="panel checked"
      data-appearance={appearance}
      ref={root}
      tabIndex={-1}
      aria-label={item.name}
    >
      <div role="status">
        <p class="checked-state">{title}</p>
        {text !== '' && <p>{text}</p>}
      </div>
      <h2 title={item.name}>{item.name}</h2>
      {item.discount !== undefined && <p class="discount">{format.discount(item.discount)}</p>}
      <p>{till.of(format.whole(item.issueNo), item.memberId)}</p>
      {usable && (
        <p class={proof === 'pass' ? 'quiet' : 'hint-box hint-warn'}>
          {proof === 'pass' ? till.shownPass : till.shownNumber(item.memberId)}
        </p>
      )}
      {usable && !refused && (
        <Field
          state={receipt}
          label={till.receipt}
          name="receipt"
          hint={till.receiptHint}
          maxLength={64}
          spellcheck={false}
          // The order that may have been redeemed must be the one that is sent again.
          disabled={fault !== undefined || busy}
        />
      )}
      <p class="form-fault" role="alert">
        {fault !== undefined && (LOST.has(fault.code) ? till.lost : problemText(words, fault))}
      </p>
      <div class="checked-actions">
        {usable && !refused && (
          <button
            type="button"
            class="button button-primary button-wide button-large"
            aria-busy={busy}
            onClick={() => void redeem()}
          >
            {fault === undefined ? till.redeem : till.repeat}
          </button>
        )}
        <button
          type="button"
          class={usable && !refused ? 'button button-wide' : 'button button-primary button-wide button-large'}
          ref={next}
          onClick={onNext}
        >
          {usable && !refused ? till.notThis : till.next}
        </button>
      </div>
    </section>
  );
}

function stateOf(
  { words: { till }, format }: ConsoleContext,
  { state, usedAtMs, orderId, expiresAtMs }: CheckedCode['item'],
): readonly [Appearance, string, string] {
  const expires = expiresAtMs === undefined ? '' : format.moment(expiresAtMs);
  switch (state) {
    case 'usable':
      return ['good', till.usable, expires === '' ? '' : till.validUntil(expires)];
    case 'used': {
      // Order ids that pages make up are of no use to a person.
      const order = orderId === undefined || /^(use|till):/.test(orderId) ? '' : orderId;
      return [
        'bad',
        till.used,
        usedAtMs === undefined ? '' : till.usedText(format.happened(usedAtMs), order),
      ];
    }
    case 'expired':
      return ['bad', till.expired, till.expiredText(expires)];
    case 'held':
      return ['bad', till.held, till.heldText];
  }
}

/** `crypto.randomUUID` is missing where the page is served over plain HTTP. */
function randomText(): string {
  return Array.from(crypto.getRandomValues(new Uint8Array(16)), (byte) =>
    byte.toString(16).padStart(2, '0'),
  ).join('');
}
