/** Draws the frame around every page: the bar above, the page itself, and the notices at the edge. */
import { useLayoutEffect, useMemo, useRef, useState } from 'preact/hooks';
import { AdminClient } from './api/admin.js';
import { ApiClient } from './api/client.js';
import { Bar } from './bar.js';
import { Context } from './context.js';
import type { ConsoleContext } from './context.js';
import { Format } from './format.js';
import { useRedraw } from './hooks.js';
import { chooseLanguage, preferredLanguage, wordsIn } from './language/language.js';
import { Notices, useNotices } from './parts/notices.js';
import { home, routeOf } from './route.js';
import type { Session } from './session.js';
import { PageOf } from './views/views.js';

export function Console({ session }: { readonly session: Session }) {
  const [language, setLanguage] = useState(preferredLanguage);
  const [address, setAddress] = useState(() => addressNow());
  /** Counts visits, so that going to the address that is shown shows its page anew. */
  const [visit, setVisit] = useState(0);
  const redraw = useRedraw();
  const { notices, notify } = useNotices();
  const page = useRef<HTMLElement>(null);
  const words = wordsIn(language);
  const format = useMemo(() => new Format(language, words), [language]);

  /** The server does not take the token any more. */
  const refused = useRef<() => void>(() => undefined);
  refused.current = () => {
    session.end();
    notify(words.problems['unauthenticated'] ?? '', 'bad');
  };
  const [api, admin] = useMemo(() => {
    const onRefused = (): void => refused.current();
    return [new ApiClient(session, onRefused), new AdminClient(session, onRefused)];
  }, [session]);

  // With the first drawing: an effect would come later, and miss what changes in between.
  useLayoutEffect(() => {
    session.onChange(redraw);
    const onHash = (): void => setAddress(addressNow());
    window.addEventListener('hashchange', onHash);
    return () => window.removeEventListener('hashchange', onHash);
  }, [session]);

  useLayoutEffect(() => {
    document.documentElement.lang = language;
  }, [language]);

  const first = useRef(true);
  useLayoutEffect(() => {
    // The very first page is read from its top anyway; at a later one a screen reader continues reading here.
    if (first.current) {
      first.current = false;
      return;
    }
    window.scrollTo(0, 0);
    page.current?.focus({ preventScroll: true });
  }, [address]);

  const context: ConsoleContext = {
    api,
    admin,
    session,
    language,
    words,
    format,
    address,
    go(to) {
      if (to === address) setVisit((count) => count + 1);
      else location.hash = to;
      setAddress(to);
    },
    notify,
  };
  const switchLanguage = (): void => {
    const other = language === 'ko' ? 'en' : 'ko';
    chooseLanguage(other);
    setLanguage(other);
  };
  return (
    <Context.Provider value={context}>
      <a
        class="skip"
        href="#content"
        onClick={(event) => {
          // The part after the # names pages here.
          event.preventDefault();
          page.current?.focus();
        }}
      >
        {words.skip}
      </a>
      <Bar onLanguage={switchLanguage} />
      <main id="content" tabIndex={-1} ref={page}>
        {/* A page belongs to one person: signing in or out starts it anew. */}
        <PageOf key={`${visit} ${session.current?.id ?? ''} ${address}`} route={routeOf(address)} />
      </main>
      <Notices notices={notices} />
    </Context.Provider>
  );
}

function addressNow(): string {
  return location.hash === '' ? home : location.hash;
}
