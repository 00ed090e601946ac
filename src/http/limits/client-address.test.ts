import t from 'tap';
import type { HttpRequest, HttpResponse } from 'uWebSockets.js';
import { uWS } from '../wire/http-library.js';
import { call, exchangeBytes } from '../testing/client.js';
import { ClientAddresses } from './client-address.js';

/** A server that answers with the client address that it determined. */
async function echo(trustedProxies: readonly string[], host = '127.0.0.1'): Promise<number> {
  const addresses = new ClientAddresses(trustedProxies);
  const app = uWS.App();
  app.get('/', (response: HttpResponse, request: HttpRequest) => {
    response.end(addresses.of(response, request));
  });
  const port = await new Promise<number>((resolve) => {
    app.listen(host, 0, 0, (socket) => resolve(socket === false ? 0 : uWS.us_socket_local_port(socket)));
  });
  t.teardown(() => app.close());
  return port;
}

const seen = async (port: number, forwardedFor: string): Promise<string> =>
  (await call(`http://127.0.0.1:${port}`, 'GET /', { headers: { 'x-forwarded-for': forwardedFor } })).text;

t.test('no proxy is trusted: an address that the client sends is ignored', async (t) => {
  const port = await echo([]);
  t.equal(await seen(port, '203.0.113.7'), '127.0.0.1');
  const elsewhere = await echo(['10.0.0.0/8']);
  t.equal(await seen(elsewhere, '203.0.113.7'), '127.0.0.1', 'nor by a proxy that is not in the list');
});

t.test(
  'behind a trusted proxy the last address that an untrusted client cannot have written counts',
  async (t) => {
    const port = await echo(['127.0.0.1', '10.0.0.0/8', 'fd00::/8']);
    const cases = [
      ['203.0.113.7', '203.0.113.7'],
      ['198.51.100.1, 203.0.113.7', '203.0.113.7'],
      ['198.51.100.1, 203.0.113.7, 10.1.2.3', '203.0.113.7'],
      ['198.51.100.1,203.0.113.7,fd00::1', '203.0.113.7'],
      ['203.0.113.7, rubbish', '127.0.0.1'],
      ['203.0.113.7, ', '127.0.0.1'],
      ['203.0.113.7, rubbish, 10.1.2.3', '10.1.2.3'],
      ['10.9.9.9, 10.1.2.3', '10.9.9.9'],
      ['', '127.0.0.1'],
      ['2001:db8:1:2:3:4:5:6', '2001:db8:1:2'],
      ['2001:db8:1:2::1', '2001:db8:1:2'],
      ['2001:DB8:1:2:ffff::', '2001:db8:1:2'],
      ['::ffff:203.0.113.7', '203.0.113.7'],
      ['2001:db8::1', '2001:db8:0:0'],
    ] as const;
    for (const [header, address] of cases) t.equal(await seen(port, header), address, header);
  },
);

t.test('a proxy that adds a line of its own is read, not the line of the client before it', async (t) => {
  const port = await echo(['127.0.0.1']);
  const { received } = await exchangeBytes(
    port,
    ['GET / HTTP/1.1\r\nHost: x\r\nX-Forwarded-For: 198.51.100.1\r\nX-Forwarded-For: 203.0.113.7\r\n\r\n'],
    (text) => text.endsWith('203.0.113.7'),
    20_000,
  );
  t.match(received, /\r\n\r\n203\.0\.113\.7$/);
});

t.test('an IPv4 client of a socket that takes both kinds is the same client', async (t) => {
  const port = await echo([], '::');
  t.equal(await seen(port, ''), '127.0.0.1');
});
