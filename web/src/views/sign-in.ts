/** Signs in with an account of this installation, or with a token of an outside provider. */
import { element, fill } from '../dom.js';
import { showFaults } from '../parts/coupon-rules.js';
import { field } from '../parts/field.js';
import type { Field } from '../parts/field.js';
import { home } from '../route.js';
import { problemText } from '../view.js';
import type { View, ViewContext } from '../view.js';

export function signInView(context: ViewContext, returnTo: string): View {
  const { words, api, session } = context;
  const email = field({
    label: words.sign.email,
    name: 'email',
    type: 'email',
    autocomplete: 'username',
    required: true,
  });
  const password = field({
    label: words.sign.password,
    name: 'password',
    type: 'password',
    autocomplete: 'current-password',
    required: true,
  });
  const fault = element('p', { class: 'form-fault', role: 'alert' });
  const submit = element(
    'button',
    { type: 'submit', class: 'button button-primary button-wide' },
    words.sign.inSubmit,
  );
  const form = element(
    'form',
    { class: 'panel form', novalidate: true, on: { submit: (event) => void onSubmit(event) } },
    element('h1', {}, words.sign.inTitle),
    email.root,
    password.root,
    fault,
    submit,
    element(
      'p',
      { class: 'quiet centred' },
      words.sign.noAccount,
      ' ',
      element('a', { href: `#/sign-up?to=${encodeURIComponent(returnTo)}` }, words.account.signUp),
    ),
  );

  async function onSubmit(event: Event): Promise<void> {
    event.preventDefault();
    if (showFaults(missing([email, password], words.form.required))) return;
    submit.setAttribute('aria-busy', 'true');
    fill(fault);
    const result = await api.signIn(email.value, password.input.value);
    submit.removeAttribute('aria-busy');
    if (!result.ok) fill(fault, problemText(words, result.problem));
    else if (session.begin(result.value, email.value)) goOn(context, returnTo);
    else fill(fault, words.sign.tokenBad);
  }

  return {
    title: words.sign.inTitle,
    root: element('div', { class: 'page page-narrow' }, form, tokenForm(context, returnTo)),
  };
}

/** Where accounts are kept by an outside identity provider, and for the tokens an operator makes, this is the way in. */
function tokenForm(context: ViewContext, returnTo: string): HTMLElement {
  const { words, session } = context;
  const token = field({
    label: words.sign.token,
    name: 'token',
    hint: words.sign.withTokenHint,
    attributes: { spellcheck: 'false' },
  });
  return element(
    'details',
    { class: 'panel fold' },
    element('summary', {}, words.sign.withToken),
    element(
      'form',
      {
        class: 'form',
        novalidate: true,
        on: {
          submit: (event) => {
            event.preventDefault();
            if (session.begin(token.value, '')) goOn(context, returnTo);
            else token.fault(words.sign.tokenBad);
          },
        },
      },
      token.root,
      element('button', { type: 'submit', class: 'button' }, words.sign.inSubmit),
    ),
  );
}

export function missing(fields: readonly Field[], text: string): Map<Field, string> {
  return new Map(fields.filter((one) => one.value === '').map((one) => [one, text]));
}

/** To where the person was going, or to what a person of that role does here. */
export function goOn(context: ViewContext, returnTo: string): void {
  const start = context.session.current?.role === 'seller' ? '#/sell' : home;
  context.go(returnTo === '' ? start : returnTo);
}
