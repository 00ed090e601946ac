/** Creates an account and signs in. */
import { useState } from 'preact/hooks';
import { useConsole } from '../context.js';
import type { SignUpOffer, SignUpRole } from '../api/client.js';
import { useLoaded, useTitle } from '../hooks.js';
import type { Words } from '../language/en.js';
import { showServerFaults } from '../parts/coupon-rules.js';
import { Choice, Field, showFaults, useField } from '../parts/field.js';
import type { FieldState } from '../parts/field.js';
import { passwordFault } from '../parts/password-rules.js';
import { Empty, Loading } from '../parts/states.js';
import { problemText } from '../problem-text.js';

import { proceed, missing } from './sign-in.js';

const emailShape = /^[^\s@]+@[^\s@]+\.[^\s@]+$/;

export function SignUpPage({ returnTo }: { readonly returnTo: string }) {
  const { words, api } = useConsole();
  useTitle(words.sign.upTitle);
  const { result } = useLoaded(() => api.signUpOffer(), []);
  if (result === undefined) return <Loading />;
  // Without an answer everything is offered: the server refuses what is closed.
  const offer = result.ok ? result.value : { accounts: true, member: true, seller: true };
  if (offer.member || offer.seller) return <SignUpForm returnTo={returnTo} offer={offer} />;
  return (
    <div class="page page-narrow">
      <Empty
        title={words.sign.upTitle}
        text={offer.accounts ? `${words.sign.closedMember} ${words.sign.closedSeller}` : words.sign.closedAll}
        wholePage
      >
        <a class="button" href={`#/sign-in?to=${encodeURIComponent(returnTo)}`}>
          {words.account.signIn}
        </a>
      </Empty>
    </div>
  );
}

interface SignUpFormOptions {
  readonly returnTo: string;
  readonly offer: SignUpOffer;
}

function SignUpForm({ returnTo, offer }: SignUpFormOptions) {
  const context = useConsole();
  const { words, api, session } = context;
  const [role, setRole] = useState<SignUpRole>(offer.member ? 'member' : 'seller');
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
    if (reason === undefined) proceed(context, returnTo);
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
        {offer.member && offer.seller ? (
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
        ) : (
          <p class="quiet">{offer.member ? words.sign.closedSeller : words.sign.closedMember}</p>
        )}
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
  const wrong = passwordFault(password.typed, words);
  if (!faults.has(password) && wrong !== undefined) faults.set(password, wrong);
  return faults;
}
