/** Opens a browser window of a person who is signed in from the first page on. */
import type { BrowserContextOptions, Page } from 'playwright-core';
import type { TestBrowser } from './browser.js';
import { signToken } from './tokens.js';

/** @param browser in which the person gets a window and a storage of their own. */
export async function signedIn(
  browser: TestBrowser,
  subject: string,
  role: 'member' | 'seller',
  options: BrowserContextOptions = {},
): Promise<Page> {
  return signedInWith(browser, await signToken(subject, role), options);
}

/** The same with a token that was issued already. */
export async function signedInWith(
  browser: TestBrowser,
  token: string,
  options: BrowserContextOptions = {},
): Promise<Page> {
  const page = await browser.person(options);
  const kept = JSON.stringify({ token, email: '' });
  await page.addInitScript({
    content: `localStorage.setItem('seonchak.session', ${JSON.stringify(kept)})`,
  });
  return page;
}
