/** Creates an account and signs in. */
import { element, fill } from '../dom.js';
import { showFaults, showServerFaults } from '../parts/coupon-rules.js';
import { choice, field } from '../parts/field.js';
import type { Field } from '../parts/field.js';
import type { Role } from '../session.js';
import { problemText } from '../view.js';
import type { View, ViewContext } from '../view.js';
import { goOn, missing } from './sign-in.js';

const PASSWORD_LENGTH_MIN = 8;
const PASSWORD_LENGTH_MAX = 128;
const emailShape = /^[^\s@]+@[^\s@]+\.[^\s@]+$/;

export function signUpView(context: ViewContext, returnTo: string): View {
  const { words, api, session } = context;
  const role = choice<Role>({
    label: words.sign.role,
    name: 'role',
    value: 'member',
    style: 'cards',
    choices: [
      { value: 'member', label: words.sign.roleMember, hint: words.sign.roleMemberHint },
      { value: 'seller', label: words.sign.roleSeller, hint: words.sign.roleSellerHint },
    ],
  });
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
    hint: words.sign.passwordHint,
    autocomplete: 'new-password',
    required: true,
  });
  const fault = element('p', { class: 'form-fault', role: 'alert' });
  const submit = element(
    'button',
    { type: 'submit', class: 'button button-primary button-wide' },
    words.sign.upSubmit,
  );

  async function onSubmit(event: Event): Promise<void> {
    event.preventDefault();
    if (showFaults(faultsOf(email, password, context))) return;
    submit.setAttribute('aria-busy', 'true');
    fill(fault);
    const reason = await signUpAndIn();
    submit.removeAttribute('aria-busy');
    if (reason === undefined) goOn(context, returnTo);
    else fill(fault, reason);
  }

  async function signUpAndIn(): Promise<string | undefined> {
    const signedUp = await api.signUp(email.value, password.input.value, role.value);
    if (!signedUp.ok) {
      showServerFaults(signedUp.problem, { email, password });
      return problemText(words, signedUp.problem);
    }
    const signedIn = await api.signIn(email.value, password.input.value);
    if (!signedIn.ok) return problemText(words, signedIn.problem);
    return session.begin(signedIn.value, email.value) ? undefined : words.sign.tokenBad;
  }

  return {
    title: words.sign.upTitle,
    root: element(
      'div',
      { class: 'page page-narrow' },
      element(
        'form',
        { class: 'panel form', novalidate: true, on: { submit: (event) => void onSubmit(event) } },
        element('h1', {}, words.sign.upTitle),
        role.root,
        email.root,
        password.root,
        fault,
        submit,
        element(
          'p',
          { class: 'quiet centred' },
          words.sign.haveAccount,
          ' ',
          element('a', { href: `#/sign-in?to=${encodeURIComponent(returnTo)}` }, words.account.signIn),
        ),
      ),
    ),
  };
}

function faultsOf(email: Field, password: Field, { words }: ViewContext): Map<Field, string> {
  const faults = missing([email, password], words.form.required);
  if (!faults.has(email) && !emailShape.test(email.value)) faults.set(email, words.form.emailWrong);
  const { length } = Array.from(password.input.value.normalize('NFKC'));
  if (!faults.has(password) && (length < PASSWORD_LENGTH_MIN || length > PASSWORD_LENGTH_MAX)) {
    faults.set(password, words.form.passwordShort);
  }
  return faults;
}
