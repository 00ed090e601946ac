/** Registers a coupon. */
import { useState } from 'preact/hooks';
import type { Discount } from '../api/coupon.js';
import { useConsole } from '../context.js';
import { useTitle } from '../hooks.js';
import { localText, readDiscount, readTerms, showServerFaults } from '../parts/coupon-rules.js';
import { Choice, Field, useField } from '../parts/field.js';
import { SellersOnly } from '../parts/states.js';
import { CurrencyField } from '../parts/currency-field.js';
import { Terms, useTermsFields } from '../parts/terms-fields.js';
import { readUse, UseFields, useUseFields } from '../parts/use-fields.js';
import { problemText } from '../problem-text.js';
import { detailAddress } from '../route.js';

const MINUTE_MS = 60_000;

export function RegisterPage() {
  const { words, session } = useConsole();
  useTitle(words.form.title);
  return (
    <div class="page page-form">
      {session.current?.role === 'seller' ? <RegistrationForm /> : <SellersOnly wholePage />}
    </div>
  );
}

function RegistrationForm() {
  const { words, api, go } = useConsole();
  const terms = useTermsFields();
  const value = useField();
  const [type, setType] = useState<'none' | Discount['type']>('none');
  const use = useUseFields();
  const [currency, setCurrency] = useState('KRW');
  const [fault, setFault] = useState('');
  const [busy, setBusy] = useState(false);

  async function onSubmit(event: Event & { readonly currentTarget: HTMLElement }): Promise<void> {
    event.preventDefault();
    setFault('');
    // From the last field to the first: the first mistake of the form is where the keyboard goes.
    const readHow = readUse(use, words);
    const readValue = readDiscount(type, value, currency, words);
    const read = readTerms(terms, words);
    if (read === undefined || readValue === undefined || readHow === undefined) return;
    setBusy(true);
    const result = await api.register({ ...read, ...readValue, ...readHow });
    setBusy(false);
    if (result.ok) {
      go(detailAddress(result.value.id));
      return;
    }
    showServerFaults(result.problem, { ...terms, discount: value });
    setFault(problemText(words, result.problem));
  }

  const quick = (label: string, inMs: number | undefined) => (
    <button
      type="button"
      class="button button-small"
      onClick={() => terms.opensAt.set(inMs === undefined ? '' : localText(Date.now() + inMs))}
    >
      {label}
    </button>
  );
  return (
    <form class="panel form" noValidate onSubmit={(event) => void onSubmit(event)}>
      <h1>{words.form.title}</h1>
      <Terms fields={terms}>
        <div class="quick" role="group" aria-label={words.form.quick}>
          {quick(words.form.now, undefined)}
          {quick(words.form.inOneMinute, MINUTE_MS)}
          {quick(words.form.inTenMinutes, 10 * MINUTE_MS)}
        </div>
      </Terms>
      <Choice
        label={words.form.discount}
        value={type}
        style="segments"
        choices={[
          { value: 'none', label: words.form.discountNone },
          { value: 'percent', label: words.form.discountPercent },
          { value: 'amount', label: words.form.discountAmount },
        ]}
        onChange={(chosen) => {
          setType(chosen);
          value.setFault(undefined);
        }}
      />
      {type !== 'none' && (
        <Field state={value} label={words.form.discountValue} name="discount" inputMode="decimal" />
      )}
      {type === 'amount' && <CurrencyField value={currency} onChange={setCurrency} />}
      <UseFields state={use} />
      <p class="form-fault" role="alert">
        {fault}
      </p>
      <div class="form-actions">
        <a class="button" href="#/sell">
          {words.cancel}
        </a>
        <button type="submit" class="button button-primary" aria-busy={busy}>
          {words.form.submit}
        </button>
      </div>
    </form>
  );
}
