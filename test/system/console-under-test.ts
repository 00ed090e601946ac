/** Starts an embedded server, a browser and a client for tests of the console, and stops them after the test. */
import type { Test } from 'tap';
import { startBrowser, type TestBrowser } from '../clients/browser.js';
import { HttpClient } from '../clients/http-client.js';
import { type SeonchakServer, startSeonchak } from '../servers/seonchak.js';
import { startEmbedded } from './embedded-back-end.js';

const CONNECTIONS = 8;

export interface ConsoleUnderTest {
  /** Settings that a command needs to reach the data of the server. */
  readonly storeSettings: Readonly<Record<string, string>>;
  readonly server: SeonchakServer;
  readonly browser: TestBrowser;
  readonly client: HttpClient;
}

/** @param settings besides those that every server needs. */
export async function openConsole(
  t: Test,
  settings: Readonly<Record<string, string>> = {},
): Promise<ConsoleUnderTest> {
  const backEnd = await startEmbedded();
  t.teardown(() => backEnd.stop());
  const server = await startSeonchak({ ...backEnd.settings, ...settings });
  t.teardown(() => server.stop());
  const browser = await startBrowser();
  t.teardown(() => browser.close());
  const client = new HttpClient(server.origin, CONNECTIONS);
  t.teardown(() => client.close());
  return { storeSettings: backEnd.settings, server, browser, client };
}
