/** Registers a coupon. */
import { element, fill } from '../dom.js';
import { localText, readDiscount, readTerms, showServerFaults } from '../parts/coupon-rules.js';
import { choice, field } from '../parts/field.js';
import { wholePage } from '../parts/states.js';
import { termsFields } from '../parts/terms-fields.js';
import { detailAddress } from '../route.js';
import { problemText } from '../view.js';
import type { View, ViewContext } from '../view.js';
import { sellersOnly } from './sell.js';

const MINUTE_MS = 60_000;

export function registerView(context: ViewContext): View {
  const { words, session } = context;
  const root = element('div', { class: 'page page-form' });
  fill(
    root,
    session.current?.role === 'seller' ? registrationForm(context) : wholePage(sellersOnly(context)),
  );
  return { title: words.form.title, root };
}

function registrationForm(context: ViewContext): HTMLElement {
  const { words, api } = context;
  const terms = termsFields(words);
  const value = field({
    label: words.form.discountValue,
    name: 'discount',
    inputmode: 'decimal',
  });
  value.root.hidden = true;
  const discount = choice<'none' | 'percent' | 'amount'>({
    label: words.form.discount,
    name: 'discount-type',
    value: 'none',
    style: 'segments',
    choices: [
      { value: 'none', label: words.form.discountNone },
      { value: 'percent', label: words.form.discountPercent },
      { value: 'amount', label: words.form.discountAmount },
    ],
    onChange: (type) => {
      value.root.hidden = type === 'none';
      value.fault(undefined);
    },
  });
  const fault = element('p', { class: 'form-fault', role: 'alert' });
  const submit = element('button', { type: 'submit', class: 'button button-primary' }, words.form.submit);

  async function onSubmit(event: Event): Promise<void> {
    event.preventDefault();
    fill(fault);
    const read = readTerms(terms, words);
    const readValue = readDiscount(discount.value, value, words);
    if (read === undefined || readValue === undefined) {
      // Each of the two went to the first of its own.
      form.querySelector<HTMLElement>('[aria-invalid]')?.focus();
      return;
    }
    submit.setAttribute('aria-busy', 'true');
    const result = await api.register({ ...read, ...readValue });
    submit.removeAttribute('aria-busy');
    if (result.ok) {
      context.go(detailAddress(result.value.id));
      return;
    }
    showServerFaults(result.problem, { ...terms, discount: value });
    fill(fault, problemText(words, result.problem));
  }

  const quick = (label: string, inMs: number | undefined): HTMLElement =>
    element(
      'button',
      {
        type: 'button',
        class: 'button button-small',
        on: { click: () => terms.opensAt.set(inMs === undefined ? '' : localText(Date.now() + inMs)) },
      },
      label,
    );

  const form = element(
    'form',
    { class: 'panel form', novalidate: true, on: { submit: (event) => void onSubmit(event) } },
    element('h1', {}, words.form.title),
    terms.name.root,
    terms.quantity.root,
    element(
      'div',
      { class: 'form-pair' },
      element(
        'div',
        {},
        terms.opensAt.root,
        element(
          'div',
          { class: 'quick', role: 'group', 'aria-label': words.form.quick },
          quick(words.form.now, undefined),
          quick(words.form.inOneMinute, MINUTE_MS),
          quick(words.form.inTenMinutes, 10 * MINUTE_MS),
        ),
      ),
      terms.closesAt.root,
    ),
    discount.root,
    value.root,
    fault,
    element(
      'div',
      { class: 'form-actions' },
      element('a', { class: 'button', href: '#/sell' }, words.cancel),
      submit,
    ),
  );
  return form;
}
