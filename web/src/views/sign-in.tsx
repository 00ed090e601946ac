/** Signs in with an account of this installation, or with a token of an outside provider. */
import { useState } from 'preact/hooks';
import { useConsole } from '../context.js';
import type { ConsoleContext } from '../context.js';
import { useTitle } from '../hooks.js';
import { Field, showFaults, useField } from '../parts/field.js';
import type { FieldState } from '../parts/field.js';
import { problemText } from '../problem-text.js';
import { home } from '../route.js';

export function SignInPage({ returnTo }: { readonly returnTo: string }) {
  const { words } = useConsole();
  useTitle(words.sign.inTitle);
  return (
    <div class="page page-narrow">
      <PasswordForm returnTo={returnTo} />
      <TokenForm returnTo={returnTo} />
    </div>
  );
}

function PasswordForm({ returnTo }: { readonly returnTo: string }) {
  const context = useConsole();
  const { words, api, session } = context;
  const email = useField();
  const password = useField();
  const [fault, setFault] = useState('');
  const [busy, setBusy] = useState(false);

  async function onSubmit(event: Event): Promise<void> {
    event.preventDefault();
    if (busy || showFaults(missing([email, password], words.form.required))) return;
    setBusy(true);
    setFault('');
    const result = await api.signIn(email.value, password.typed);
    setBusy(false);
    if (!result.ok) setFault(problemText(words, result.problem));
    else if (session.begin(result.value, email.value)) proceed(context, returnTo);
    else setFault(words.sign.tokenBad);
  }

  return (
    <form class="panel form" noValidate onSubmit={(event) => void onSubmit(event)}>
      <h1>{words.sign.inTitle}</h1>
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
        autocomplete="current-password"
        required
      />
      <p class="form-fault" role="alert">
        {fault}
      </p>
      <button type="submit" class="button button-primary button-wide" aria-busy={busy}>
        {words.sign.inSubmit}
      </button>
      <p class="quiet centred">
        <a href="#/forgot">{words.shop.own.forgot}</a>
      </p>
      <p class="quiet centred">
        {words.sign.noAccount}{' '}
        <a href={`#/sign-up?to=${encodeURIComponent(returnTo)}`}>{words.account.signUp}</a>
      </p>
    </form>
  );
}

/** Where accounts are kept by an outside identity provider, and for the tokens an operator makes, this is the way in. */
function TokenForm({ returnTo }: { readonly returnTo: string }) {
  const context = useConsole();
  const { words, session } = context;
  const token = useField();
  return (
    <details class="panel fold">
      <summary>{words.sign.withToken}</summary>
      <form
        class="form"
        noValidate
        onSubmit={(event) => {
          event.preventDefault();
          if (session.begin(token.value, '')) proceed(context, returnTo);
          else token.setFault(words.sign.tokenBad);
        }}
      >
        <Field
          state={token}
          label={words.sign.token}
          name="token"
          hint={words.sign.withTokenHint}
          spellcheck={false}
        />
        <button type="submit" class="button">
          {words.sign.inSubmit}
        </button>
      </form>
    </details>
  );
}

export function missing(fields: readonly FieldState[], text: string): Map<FieldState, string> {
  return new Map(fields.filter((one) => one.value === '').map((one) => [one, text]));
}

/** To where the person was going, or to what a person of that role does here. */
export function proceed({ session, go }: ConsoleContext, returnTo: string): void {
  const starts = { member: home, seller: '#/sell', admin: '#/admin' };
  go(returnTo === '' ? starts[session.current?.role ?? 'member'] : returnTo);
}
