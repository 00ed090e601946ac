/** A real browser, as people use the console with: Debian's Chromium, without a window. */
import { accessSync, constants } from 'node:fs';
import { delimiter, join } from 'node:path';
import { chromium } from 'playwright-core';
import type { Browser, BrowserContextOptions, Page } from 'playwright-core';

const NAMES = ['chromium', 'chromium-browser', 'google-chrome'];

/** Nothing but the page under test goes over the network, and root may run it. */
const FLAGS = [
  '--headless',
  '--no-sandbox',
  '--disable-gpu',
  '--disable-quic',
  '--no-first-run',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
];

/** A step that takes longer than this has gone wrong; two cores may be shared with much else. */
const STEP_TIMEOUT_MS = 20_000;

export interface TestBrowser {
  /** A person of their own: separate storage, own window. */
  person(options?: BrowserContextOptions): Promise<Page>;
  /** What pages complained about: errors of scripts, and violations of the content security policy. */
  readonly complaints: readonly string[];
  close(): Promise<void>;
}

/** @throws Error when no Chromium is on the PATH. */
export async function startBrowser(): Promise<TestBrowser> {
  const browser: Browser = await chromium.launch({ executablePath: chromiumPath(), args: FLAGS });
  const complaints: string[] = [];
  return {
    complaints,
    async person(options = {}) {
      const context = await browser.newContext({ locale: 'en-US', timezoneId: 'UTC', ...options });
      context.setDefaultTimeout(STEP_TIMEOUT_MS);
      const page = await context.newPage();
      page.on('pageerror', (error) => complaints.push(String(error)));
      page.on('console', (message) => {
        if (/content security policy|trusted ?type/i.test(message.text())) complaints.push(message.text());
      });
      return page;
    },
    close: () => browser.close(),
  };
}

function chromiumPath(): string {
  for (const folder of (process.env['PATH'] ?? '').split(delimiter)) {
    for (const name of NAMES) {
      const path = join(folder, name);
      try {
        accessSync(path, constants.X_OK);
        return path;
      } catch {
        // Not here.
      }
    }
  }
  throw new Error('No Chromium on the PATH; on Debian: apt-get install chromium');
}
