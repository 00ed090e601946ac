/** Starts an embedded server, a browser and a client for tests of the console, and stops them after the test. */
import type { Test } from 'tap';
import { startBrowser, type TestBrowser } from '../clients/browser.js';
import { HttpClient } from '../clients/http-client.js';
import { signToken } from '../clients/tokens.js';
import { type SeonchakServer, startSeonchak } from '../servers/seonchak.js';
import { startEmbedded } from './embedded-back-end.js';

const CONNECTIONS = 8;

export interface ConsoleUnderTest {
  /** Settings that a command needs to reach the data of the server. */
  readonly storeSettings: Readonly<Record<string, string>>;
  readonly server: SeonchakServer;
  readonly browser: TestBrowser;
  readonly client: HttpClient;
  /** Token of the seller `seller-1`. */
  readonly sellerToken: string;
  /** @returns the id of a coupon of `seller-1`. */
  readonly register: (terms: Readonly<Record<string, unknown>>) => Promise<number>;
  readonly download: (couponId: number, memberId: string) => Promise<void>;
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
  const sellerToken = await signToken('seller-1', 'seller');
  const post = async (path: string, token: string, body?: Readonly<Record<string, unknown>>) => {
    const answer = await client.call(path, {
      method: 'POST',
      token,
      ...(body === undefined ? {} : { body }),
    });
    if (answer.status > 201) throw new Error(`${path}: ${answer.status} ${JSON.stringify(answer.body)}`);
    return answer.body;
  };
  return {
    ...{ storeSettings: backEnd.settings, server, browser, client, sellerToken },
    register: async (terms) => Number((await post('/v1/coupons', sellerToken, terms))['id']),
    async download(couponId, memberId) {
      await post(`/v1/coupons/${couponId}/download`, await signToken(memberId, 'member'));
    },
  };
}
