/** Asks for a link that sets a new password. */
import { useState } from 'preact/hooks';
import { useConsole } from '../context.js';
import { useTitle } from '../hooks.js';
import { Field, showFaults, useField } from '../parts/field.js';
import { problemText } from '../problem-text.js';
import { missing } from './sign-in.js';

export function ForgotPage() {
  const { words, api } = useConsole();
  const { own } = words.shop;
  useTitle(own.forgotTitle);
  const email = useField();
  const [fault, setFault] = useState('');
  const [sent, setSent] = useState(false);
  const [busy, setBusy] = useState(false);

  async function onSubmit(event: Event): Promise<void> {
    event.preventDefault();
    if (busy || showFaults(missing([email], words.form.required))) return;
    setBusy(true);
    setFault('');
    const result = await api.requestPasswordReset(email.value);
    setBusy(false);
    if (result.ok) setSent(true);
    else if (result.problem.code === 'invalid_input') showFaults(new Map([[email, words.form.emailWrong]]));
    else setFault(problemText(words, result.problem));
  }

  return (
    <div class="page page-narrow">
      <form class="panel form" noValidate onSubmit={(event) => void onSubmit(event)}>
        <h1>{own.forgotTitle}</h1>
        <p class="quiet">{own.forgotText}</p>
        <Field
          state={email}
          label={words.sign.email}
          name="email"
          type="email"
          autocomplete="username"
          required
        />
        <p class="form-fault" role="alert">
          {fault}
        </p>
        <p role="status">{sent ? own.forgotSent : ''}</p>
        <button type="submit" class="button button-primary button-wide" aria-busy={busy}>
          {own.forgotSubmit}
        </button>
        <p class="quiet centred">
          <a href="#/sign-in">{words.account.signIn}</a>
        </p>
      </form>
    </div>
  );
}
