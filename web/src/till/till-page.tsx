/** Draws the frame of the page for tills, and asks who redeems. */
import { useEffect, useLayoutEffect, useMemo, useState } from 'preact/hooks';
import { AdminClient } from '../api/admin.js';
import { ApiClient } from '../api/client.js';
import { TillCalls } from '../api/till-calls.js';
import { Context, useConsole } from '../context.js';
import type { ConsoleContext } from '../context.js';
import { Format } from '../format.js';
import { useRedraw, useTitle } from '../hooks.js';
import { chooseLanguage, preferredLanguage, wordsIn } from '../language/language.js';
import { Field, useField } from '../parts/field.js';
import { Notices, useNotices } from '../parts/notices.js';
import { problemText } from '../problem-text.js';
import { signInAddress } from '../route.js';
import type { Session } from '../session.js';
import { TillDesk } from './till-desk.js';
import { TillSession } from './till-session.js';

/** The console's page that leads here. */
const TILL = '#/till';
/** A number that no coupon has: the answer to it shows whether the caller may redeem at all. */
const PROBE = '1-0';

export function TillPage({ session }: { readonly session: Session }) {
  const [language, setLanguage] = useState(preferredLanguage);
  const redraw = useRedraw();
  const { notices, notify } = useNotices();
  const words = wordsIn(language);
  const format = useMemo(() => new Format(language, words), [language]);
  const till = useMemo(() => new TillSession(session), [session]);
  const [calls, api, admin] = useMemo(() => {
    const onRefused = (): void => {
      if (till.hasKey) till.forgetKey();
      else session.end();
      redraw();
    };
    return [
      new TillCalls(till, onRefused),
      new ApiClient(till, onRefused),
      new AdminClient(till, onRefused),
    ] as const;
  }, [till]);

  useEffect(() => session.onChange(redraw), [session]);
  useLayoutEffect(() => {
    document.documentElement.lang = language;
  }, [language]);

  const context: ConsoleContext = {
    ...{ api, admin, session, language, words, format, address: TILL, notify },
    go: (address) => location.assign(`./${address}`),
  };
  const caller = till.current;
  const other = language === 'ko' ? 'en' : 'ko';
  return (
    <Context.Provider value={context}>
      <header class="till-bar">
        <a class="brand" href="./">
          선착순 <small>Seonchak</small>
        </a>
        {caller !== undefined && (
          <span class="quiet till-who">{till.hasKey ? words.till.withKey : caller.email || caller.id}</span>
        )}
        <button
          type="button"
          class="button button-small"
          lang={other}
          onClick={() => {
            chooseLanguage(other);
            setLanguage(other);
          }}
        >
          {words.otherLanguage}
        </button>
        {till.hasKey ? (
          <button
            type="button"
            class="button button-small"
            onClick={() => {
              till.forgetKey();
              redraw();
            }}
          >
            {words.till.signOff}
          </button>
        ) : (
          caller !== undefined && (
            <a class="button button-small" href="./#/sell">
              {words.till.toSales}
            </a>
          )
        )}
      </header>
      <main class="till">
        <h1>{words.till.title}</h1>
        {caller === undefined ? (
          <WhoRedeems
            onKey={(key) => {
              till.keep(key);
              redraw();
            }}
          />
        ) : (
          <TillDesk key={caller.token} calls={calls} />
        )}
      </main>
      <Notices notices={notices} />
    </Context.Provider>
  );
}

function WhoRedeems({ onKey }: { readonly onKey: (key: string) => void }) {
  const { words } = useConsole();
  const { till } = words;
  const key = useField();
  const [busy, setBusy] = useState(false);
  useTitle(till.title);

  async function onSubmit(event: Event): Promise<void> {
    event.preventDefault();
    if (busy) return;
    if (key.value === '') {
      key.setFault(words.form.required);
      return;
    }
    setBusy(true);
    // Before the key is kept: a till that refuses every coupon would send its customers away.
    const current = { token: key.value, id: '', role: 'seller', email: '' } as const;
    const answer = await new TillCalls({ current }, () => undefined).check(PROBE);
    setBusy(false);
    if (answer.ok || answer.problem.code === 'pass_invalid') onKey(key.value);
    else if (['unauthenticated', 'scope_missing', 'wrong_role'].includes(answer.problem.code))
      key.setFault(till.keyBad);
    else key.setFault(problemText(words, answer.problem));
  }

  return (
    <section class="panel form">
      <h2>{till.whoTitle}</h2>
      <p>{till.whoText}</p>
      <a class="button button-primary button-wide" href={`./${signInAddress(TILL)}`}>
        {till.signIn}
      </a>
      <form class="form" noValidate onSubmit={(event) => void onSubmit(event)}>
        <Field
          state={key}
          label={till.key}
          name="key"
          type="password"
          hint={till.keyHint}
          spellcheck={false}
          required
        />
        <button type="submit" class="button" aria-busy={busy}>
          {till.useKey}
        </button>
      </form>
    </section>
  );
}
