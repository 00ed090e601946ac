/** Shows a person's own account: changes the password, deletes the account. */
import { useEffect, useState } from 'preact/hooks';
import { useConsole } from '../context.js';
import { useTitle } from '../hooks.js';
import { Dialog } from '../parts/dialog.js';
import { Field, showFaults, useField } from '../parts/field.js';
import { passwordFault } from '../parts/password-rules.js';
import { problemText } from '../problem-text.js';
import { home, signInAddress } from '../route.js';
import { missing } from './sign-in.js';

export function AccountPage() {
  const { words, session, go, address } = useConsole();
  const { own } = words.shop;
  useTitle(own.title);
  const { current } = session;
  const [deleting, setDeleting] = useState(false);
  useEffect(() => {
    if (current === undefined) go(signInAddress(address));
  }, [current]);
  if (current === undefined) return null;
  return (
    <div class="page page-narrow page-account">
      <header>
        <h1>{own.title}</h1>
        <p class="lead">
          {current.email === '' ? current.id : current.email} · {words.account[current.role]}
        </p>
      </header>
      {current.email === '' ? (
        <p class="hint-box">{own.elsewhere}</p>
      ) : (
        <>
          <PasswordForm email={current.email} />
          <section class="panel">
            <h2>{own.deleteTitle}</h2>
            <p class="quiet">{own.deleteText}</p>
            <button type="button" class="button button-danger" onClick={() => setDeleting(true)}>
              {own.delete}
            </button>
          </section>
        </>
      )}
      {deleting && <DeleteDialog onClose={() => setDeleting(false)} />}
    </div>
  );
}

function PasswordForm({ email }: { readonly email: string }) {
  const { words, api, session, notify } = useConsole();
  const { own } = words.shop;
  const before = useField();
  const after = useField();
  const [fault, setFault] = useState('');
  const [busy, setBusy] = useState(false);

  async function onSubmit(event: Event): Promise<void> {
    event.preventDefault();
    if (busy) return;
    const faults = missing([before, after], words.form.required);
    const wrong = passwordFault(after.typed, words);
    if (!faults.has(after) && wrong !== undefined) faults.set(after, wrong);
    if (showFaults(faults)) return;
    setBusy(true);
    setFault('');
    const result = await api.changePassword(before.typed, after.typed);
    setBusy(false);
    if (result.ok) {
      session.begin(result.value, email);
      before.set('');
      after.set('');
      notify(own.changed);
    } else if (result.problem.code === 'wrong_password') {
      showFaults(new Map([[before, problemText(words, result.problem)]]));
    } else {
      setFault(problemText(words, result.problem));
    }
  }

  return (
    <form class="panel form" noValidate onSubmit={(event) => void onSubmit(event)}>
      <h2>{own.changeTitle}</h2>
      {/* Password managers keep the new password under this name. */}
      <input type="email" name="email" autocomplete="username" value={email} readOnly hidden />
      <Field
        state={before}
        label={own.before}
        name="before"
        type="password"
        autocomplete="current-password"
        required
      />
      <Field
        state={after}
        label={own.after}
        name="after"
        type="password"
        hint={words.sign.passwordHint}
        autocomplete="new-password"
        required
      />
      <p class="form-fault" role="alert">
        {fault}
      </p>
      <button type="submit" class="button button-primary" aria-busy={busy}>
        {own.change}
      </button>
    </form>
  );
}

function DeleteDialog({ onClose }: { readonly onClose: () => void }) {
  const { words, api, session, notify, go } = useConsole();
  const { own } = words.shop;
  const password = useField();

  async function run(): Promise<string | undefined> {
    if (showFaults(missing([password], words.form.required))) return '';
    const result = await api.deleteAccount(password.typed);
    if (!result.ok) return problemText(words, result.problem);
    session.end();
    notify(own.deleted);
    go(home);
    return undefined;
  }

  return (
    <Dialog
      title={own.deleteQuestion}
      text={own.deleteText}
      submit={own.delete}
      danger
      run={run}
      onClose={onClose}
    >
      <Field
        state={password}
        label={words.sign.password}
        name="password"
        type="password"
        autocomplete="current-password"
        required
      />
    </Dialog>
  );
}
