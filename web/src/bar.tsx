/** Draws the bar above every page: where one can go, language and appearance, and who is signed in. */
import { useState } from 'preact/hooks';
import { useConsole } from './context.js';
import { Icon } from './parts/icon.js';
import { home } from './route.js';
import { applyTheme, chosenTheme, nextTheme } from './theme.js';

const themeIcons = {
  auto: 'M12 3a9 9 0 1 0 0 18a9 9 0 0 0 0-18zM12 3v18M12 8h7M12 12h9M12 16h7',
  light:
    'M12 8a4 4 0 1 0 0 8a4 4 0 0 0 0-8zM12 2v2M12 20v2M2 12h2M20 12h2M5 5l1.500 1.500M17.500 17.500L19 19M5 19l1.500-1.500M17.500 6.500L19 5',
  dark: 'M20 14.500A8.500 8.500 0 0 1 9.500 4a8.500 8.500 0 1 0 10.500 10.500z',
};
const brandPaths = [
  'M3 8a2 2 0 0 1 2-2h14a2 2 0 0 1 2 2v2a2 2 0 0 0 0 4v2a2 2 0 0 1-2 2H5a2 2 0 0 1-2-2v-2a2 2 0 0 0 0-4z',
  'M11 10l1.500-1v6',
];

const personPaths = ['M12 4a4 4 0 1 0 0 8a4 4 0 0 0 0-8z', 'M4 21a8 8 0 0 1 16 0'];

export function Bar({ onLanguage }: { readonly onLanguage: () => void }) {
  const { words, language, session, address } = useConsole();
  const role = session.current?.role;
  const links: (readonly [string, string])[] = [[home, words.nav.coupons]];
  if (role === 'member') links.push(['#/me', words.nav.mine]);
  if (role === 'seller') links.push(['#/sell', words.nav.sell]);
  if (role === 'admin') links.push(['#/admin', words.admin.nav]);
  const other = language === 'ko' ? 'en' : 'ko';
  return (
    <header class="bar">
      <div class="bar-inside">
        <a class="brand" href={home}>
          <Icon class="brand-mark" paths={brandPaths} />
          <span>선착순</span>
          <small>Seonchak</small>
        </a>
        <nav aria-label={words.nav.main}>
          {links.map(([to, text]) => (
            <a key={to} href={to} aria-current={isUnder(to, address) ? 'page' : undefined}>
              {text}
            </a>
          ))}
        </nav>
        <div class="bar-side">
          <button type="button" class="bar-button" lang={other} onClick={onLanguage}>
            {words.otherLanguage}
          </button>
          <ThemeButton />
          <Account />
        </div>
      </div>
    </header>
  );
}

function ThemeButton() {
  const { words } = useConsole();
  const [theme, setTheme] = useState(chosenTheme);
  const label = words.theme[theme];
  const change = (): void => {
    applyTheme(nextTheme(theme));
    setTheme(nextTheme(theme));
  };
  return (
    <button type="button" class="bar-button bar-icon" aria-label={label} title={label} onClick={change}>
      <Icon paths={[themeIcons[theme]]} />
    </button>
  );
}

function Account() {
  const { words, session, go, address } = useConsole();
  const signedIn = session.current;
  if (signedIn === undefined) {
    return (
      <a class="button button-small button-primary" href="#/sign-in">
        {words.account.signIn}
      </a>
    );
  }
  const who = signedIn.email === '' ? signedIn.id : signedIn.email;
  const signOut = (): void => {
    session.end();
    go(home);
  };
  return (
    <>
      <a class="who" href="#/account" title={who} aria-current={address === '#/account' ? 'page' : undefined}>
        <Icon paths={personPaths} />
        <span class="visually-hidden">{words.shop.own.title}</span>
        <span class="who-name">{who}</span>
        <small>{words.account[signedIn.role]}</small>
      </a>
      <button type="button" class="button button-small" onClick={signOut}>
        {words.account.signOut}
      </button>
    </>
  );
}

function isUnder(to: string, address: string): boolean {
  return to === home ? /^#\/($|coupons)/.test(address) : address.startsWith(to);
}
