/** Creates an account and signs in. */
import { useState } from 'preact/hooks';
import { useConsole } from '../context.js';
import { useTitle } from '../hooks.js';
import type { Words } from '../language/en.js';
import { showServerFaults } from '../parts/coupon-rules.js';
import { Choice, Field, showFaults, useField } from '../parts/field.js';
import type { FieldState } from '../parts/field.js';
import { problemText } from '../problem-text.js';
import type { Role } from '../session.js';
import { goOn, missing } from './sign-in.js';

const PASSWORD_LENGTH_MIN = 8;
const PASSWORD_LENGTH_MAX = 128;
const emailShape = /^[^\s@]+@[^\s@]+\.[^\s@]+$/;

export function SignUpPage({ returnTo }: { readonly returnTo: string }) {
  const context = useConsole();
  const { words, api, session } = context;
  useTitle(words.sign.upTitle);
  const [role, setRole] = useState<Role>('member');
  const email = useField();
  const password = useField();
  const [fault, setFault] = useState('');
  const [busy, setBusy] = useState(false);

  async function onSubmit(event: Event): Promise<void> {
    event.preventDefault();
    if (busy || showFaults(faultsOf(email, password, words))) return;
    setBusy(true);
    setFault('');
    const reason = await signUpAndIn();
    setBusy(false);
    if (reason === undefined) goOn(context, returnTo);
    else setFault(reason);
  }

  async function signUpAndIn(): Promise<string | undefined> {
    const signedUp = await api.signUp(email.value, password.typed, role);
    if (!signedUp.ok) {
      showServerFaults(signedUp.problem, { email, password });
      return problemText(words, signedUp.problem);
    }
    const signedIn = await api.signIn(email.value, password.typed);
    if (!signedIn.ok) return problemText(words, signedIn.problem);
    return session.begin(signedIn.value, email.value) ? undefined : words.sign.tokenBad;
  }

  return (
    <div class="page page-narrow">
      <form class="panel form" noValidate onSubmit={(event) => void onSubmit(event)}>
        <h1>{words.sign.upTitle}</h1>
        <Choice
          label={words.sign.role}
          value={role}
          style="cards"
          choices={[
            { value: 'member', label: words.sign.roleMember, hint: words.sign.roleMemberHint },
            { value: 'seller', label: words.sign.roleSeller, hint: words.sign.roleSellerHint },
          ]}
          onChange={setRole}
        />
        <Field
          state={email}
          label={words.sign.email}
          name="email"
          type="email"
          autocomplete="username"
          required
        />
        <Field
          state={password}
          label={words.sign.password}
          name="password"
          type="password"
          hint={words.sign.passwordHint}
          autocomplete="new-password"
          required
        />
        <p class="form-fault" role="alert">
          {fault}
        </p>
        <button type="submit" class="button button-primary button-wide" aria-busy={busy}>
          {words.sign.upSubmit}
        </button>
        <p class="quiet centred">
          {words.sign.haveAccount}{' '}
          <a href={`#/sign-in?to=${encodeURIComponent(returnTo)}`}>{words.account.signIn}</a>
        </p>
      </form>
    </div>
  );
}

function faultsOf(email: FieldState, password: FieldState, words: Words): Map<FieldState, string> {
  const faults = missing([email, password], words.form.required);
  if (!faults.has(email) && !emailShape.test(email.value)) faults.set(email, words.form.emailWrong);
  const { length } = Array.from(password.typed.normalize('NFKC'));
  if (!faults.has(password) && (length < PASSWORD_LENGTH_MIN || length > PASSWORD_LENGTH_MAX)) {
    faults.set(password, words.form.passwordShort);
  }
  return faults;
}
