/** Draws the frame around every page: the bar above, the page itself, and the notices at the edge. */
import { ApiClient } from './api/client.js';
import { element, fill, svg } from './dom.js';
import { Format } from './format.js';
import { chooseLanguage, preferredLanguage, wordsIn } from './language/language.js';
import type { Language } from './language/language.js';
import { closeDialog } from './parts/dialog.js';
import { notices } from './parts/notices.js';
import { home, routeOf } from './route.js';
import { Session } from './session.js';
import { applyTheme, chosenTheme, nextTheme } from './theme.js';
import type { View, ViewContext } from './view.js';
import { viewOf } from './views/views.js';

const themeIcons = {
  auto: 'M12 3a9 9 0 1 0 0 18a9 9 0 0 0 0-18zM12 3v18M12 8h7M12 12h9M12 16h7',
  light:
    'M12 8a4 4 0 1 0 0 8a4 4 0 0 0 0-8zM12 2v2M12 20v2M2 12h2M20 12h2M5 5l1.500 1.500M17.500 17.500L19 19M5 19l1.500-1.500M17.500 6.500L19 5',
  dark: 'M20 14.500A8.500 8.500 0 0 1 9.500 4a8.500 8.500 0 1 0 10.500 10.500z',
};

export class Console {
  readonly #body: HTMLElement;
  readonly #session = new Session(() => this.#show());
  readonly #api = new ApiClient(this.#session, () => this.#signInAgain());
  readonly #bar = element('header', { class: 'bar' });
  readonly #page = element('main', { id: 'content', tabindex: '-1' });
  readonly #notices = notices();
  #language = preferredLanguage();
  #view: View | undefined;
  #address = '';

  constructor(body: HTMLElement) {
    this.#body = body;
  }

  start(): void {
    const skip = element('a', { class: 'skip', href: '#content' });
    skip.addEventListener('click', (event) => {
      // The part behind the # names pages here.
      event.preventDefault();
      this.#page.focus();
    });
    fill(this.#body, skip, this.#bar, this.#page, this.#notices.root);
    window.addEventListener('hashchange', () => this.#show());
    this.#show();
  }

  #show(): void {
    const words = wordsIn(this.#language);
    document.documentElement.lang = this.#language;
    this.#body.querySelector('.skip')?.replaceChildren(words.skip);
    const moved = this.#address !== location.hash;
    this.#address = location.hash;
    if (moved) closeDialog();
    this.#view?.leave?.();
    this.#showBar();
    const context: ViewContext = {
      api: this.#api,
      session: this.#session,
      words,
      format: new Format(this.#language, words),
      address: location.hash === '' ? home : location.hash,
      go: (address) => {
        if (location.hash === address) this.#show();
        else location.hash = address;
      },
      notify: (text, kind = 'good') => this.#notices.add(text, kind),
    };
    this.#view = viewOf(routeOf(location.hash), context);
    document.title = `${this.#view.title} · Seonchak`;
    fill(this.#page, this.#view.root);
    if (!moved) return;
    window.scrollTo(0, 0);
    // A screen reader goes on reading at the new page; the very first page is read from its top anyway.
    if (document.activeElement !== document.body) this.#page.focus({ preventScroll: true });
  }

  #showBar(): void {
    const words = wordsIn(this.#language);
    const role = this.#session.current?.role;
    const links: (readonly [string, string])[] = [[home, words.nav.coupons]];
    if (role === 'member') links.push(['#/me', words.nav.mine]);
    if (role === 'seller') links.push(['#/sell', words.nav.sell]);
    fill(
      this.#bar,
      element(
        'div',
        { class: 'bar-inside' },
        element(
          'a',
          { class: 'brand', href: home },
          brandMark(),
          element('span', {}, '선착순'),
          element('small', {}, 'Seonchak'),
        ),
        element(
          'nav',
          { 'aria-label': words.nav.main },
          ...links.map(([address, text]) =>
            element('a', { href: address, 'aria-current': isUnder(address) && 'page' }, text),
          ),
        ),
        element(
          'div',
          { class: 'bar-side' },
          this.#languageButton(),
          this.#themeButton(),
          ...this.#account(),
        ),
      ),
    );
  }

  #languageButton(): HTMLElement {
    const other: Language = this.#language === 'ko' ? 'en' : 'ko';
    return element(
      'button',
      {
        type: 'button',
        class: 'bar-button',
        lang: other,
        on: {
          click: () => {
            this.#language = other;
            chooseLanguage(other);
            this.#show();
            this.#bar.querySelector<HTMLElement>('.bar-button')?.focus();
          },
        },
      },
      wordsIn(this.#language).otherLanguage,
    );
  }

  #themeButton(): HTMLElement {
    const theme = chosenTheme();
    const label = wordsIn(this.#language).theme[theme];
    return element(
      'button',
      {
        type: 'button',
        class: 'bar-button bar-icon',
        'aria-label': label,
        title: label,
        on: {
          click: () => {
            applyTheme(nextTheme(theme));
            this.#showBar();
            this.#bar.querySelector<HTMLElement>('.bar-icon')?.focus();
          },
        },
      },
      svg('0 0 24 24', themeIcons[theme]),
    );
  }

  #account(): HTMLElement[] {
    const { account } = wordsIn(this.#language);
    const signedIn = this.#session.current;
    if (signedIn === undefined) {
      return [
        element('a', { class: 'button button-small button-primary', href: '#/sign-in' }, account.signIn),
      ];
    }
    const who = signedIn.email === '' ? signedIn.id : signedIn.email;
    return [
      element(
        'span',
        { class: 'who', title: who },
        element('span', { class: 'who-name' }, who),
        element('small', {}, account[signedIn.role]),
      ),
      element(
        'button',
        { type: 'button', class: 'button button-small', on: { click: () => this.#signOut() } },
        account.signOut,
      ),
    ];
  }

  /** The server does not take the token any more. */
  #signInAgain(): void {
    this.#session.end();
    this.#notices.add(wordsIn(this.#language).problems['unauthenticated'] ?? '', 'bad');
  }

  #signOut(): void {
    this.#session.end();
    location.hash = home;
  }
}

function isUnder(address: string): boolean {
  const current = location.hash === '' ? home : location.hash;
  return address === home ? /^#\/($|coupons)/.test(current) : current.startsWith(address);
}

function brandMark(): SVGSVGElement {
  const mark = svg(
    '0 0 24 24',
    'M3 8a2 2 0 0 1 2-2h14a2 2 0 0 1 2 2v2a2 2 0 0 0 0 4v2a2 2 0 0 1-2 2H5a2 2 0 0 1-2-2v-2a2 2 0 0 0 0-4z',
    'M11 10l1.500-1v6',
  );
  mark.classList.add('brand-mark');
  return mark;
}
