/** Registers a coupon. */
import { useState } from 'preact/hooks';
import { useConsole } from '../context.js';
import { useTitle } from '../hooks.js';
import { localText, readTerms, showServerFaults } from '../parts/coupon-rules.js';
import { DiscountFields, readDiscount, useDiscountFields } from '../parts/discount-fields.js';
import { DoorFields, readDoor, useDoorFields } from '../parts/door-fields.js';
import { SellersOnly } from '../parts/states.js';
import { Terms, useTermsFields } from '../parts/terms-fields.js';
import { readUse, UseFields, useUseFields } from '../parts/use-fields.js';
import { guardText } from '../problem-text.js';
import { detailAddress, rulesAddress } from '../route.js';

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
  const { words, api, format, go } = useConsole();
  const terms = useTermsFields();
  const discount = useDiscountFields();
  const use = useUseFields();
  const door = useDoorFields();
  const [fault, setFault] = useState('');
  const [busy, setBusy] = useState(false);

  async function onSubmit(event: Event & { readonly currentTarget: HTMLElement }): Promise<void> {
    event.preventDefault();
    setFault('');
    // From the last field to the first: the first mistake of the form is where the keyboard goes.
    const readWho = readDoor(door, words);
    const readHow = readUse(use, { words, format });
    const readValue = readDiscount(discount, words);
    const read = readTerms(terms, words);
    if (read === undefined || readValue === undefined || readHow === undefined) return;
    if (readWho === undefined) return;
    setBusy(true);
    const result = await api.register({ ...read, ...readValue, ...readHow, ...readWho });
    setBusy(false);
    if (result.ok) {
      const { id, eligibility } = result.value;
      // What was registered is read there in words, and a list is uploaded.
      go(eligibility === undefined ? detailAddress(id) : rulesAddress(id));
      return;
    }
    showServerFaults(result.problem, { ...terms, discount: discount.value });
    setFault(guardText(words, result.problem));
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
      <DiscountFields state={discount} />
      <UseFields state={use} />
      <DoorFields state={door} />
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
