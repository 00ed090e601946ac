/** Starts a server with a seller for tests, registers coupons and sends downloads. */
import type { Test } from 'tap';
import { call } from './client.js';
import type { Answer } from './client.js';
import { startEmbeddedServer } from './embedded-server.js';
import type { EmbeddedServer, EmbeddedServerOptions } from './embedded-server.js';

export interface Shop extends EmbeddedServer {
  readonly seller: string;
  /** Registers a coupon and returns its path, `/v1/coupons/1`. */
  coupon(fields?: object): Promise<string>;
  request(path: string, member: string): Promise<Answer>;
}

export async function openShop(t: Test, options?: EmbeddedServerOptions): Promise<Shop> {
  const server = await startEmbeddedServer(t, options);
  const seller = await server.token('900', 'seller');
  return {
    ...server,
    seller,
    async coupon(fields = {}) {
      const body = { name: 'A coupon', quantity: 10, ...fields };
      const { status, headers, text } = await call(server.url, 'POST /v1/coupons', { token: seller, body });
      if (status !== 201) throw new Error(`The coupon was not registered: ${text}`);
      return String(headers.location);
    },
    request: async (path, member) =>
      call(server.url, `POST ${path}/download`, { token: await server.token(member) }),
  };
}

/** An instant in RFC 3339, this many milliseconds from now. */
export const fromNow = (ms: number): string => new Date(Date.now() + ms).toISOString();
