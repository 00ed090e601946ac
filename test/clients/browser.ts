/** Starts headless Chromium for tests of the console. */
import { chromium } from 'playwright-core';
import type { Browser, BrowserContextOptions, Page } from 'playwright-core';
import { requiredProgram } from '../servers/on-path.js';

/** The shell first: it has no window system to start, which saves a quarter of a test's processor time. */
const NAMES = ['chromium-headless-shell', 'chromium', 'chromium-browser', 'google-chrome'];

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
  // One process for all pages: each new one costs a third of a second.
  '--disable-site-isolation-trials',
  '--renderer-process-limit=1',
];

/** A step that takes longer than this has failed; two cores may be shared with much else. */
const STEP_TIMEOUT_MS = 20_000;

export interface TestBrowser {
  /** A person of their own: separate storage, own window. */
  person(options?: BrowserContextOptions): Promise<Page>;
  /** What pages complained about: errors of scripts, and violations of the content security policy. */
  readonly complaints: readonly string[];
  close(): Promise<void>;
}

/**
 * @param flags besides those that every test needs, such as a picture for the camera.
 * @throws Error when no Chromium is on the PATH.
 */
export async function startBrowser(flags: readonly string[] = []): Promise<TestBrowser> {
  const executablePath = requiredProgram(NAMES, { package: 'chromium-headless-shell' });
  const browser: Browser = await chromium.launch({ executablePath, args: [...FLAGS, ...flags] });
  const complaints: string[] = [];
  return {
    complaints,
    async person(options = {}) {
      // Every frame of an animation is painted by the processor: half of what a page costs.
      const still = { reducedMotion: 'reduce' } as const;
      const context = await browser.newContext({ locale: 'en-US', timezoneId: 'UTC', ...still, ...options });
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
