/** Sends every header of the contract through nginx and HAProxy as configured in deploy/, in both directions. */
import { once } from 'node:events';
import { readdirSync, readFileSync } from 'node:fs';
import { createServer, type IncomingHttpHeaders } from 'node:http';
import { request } from 'node:https';
import type { AddressInfo } from 'node:net';
import { fileURLToPath } from 'node:url';
import t from 'tap';
import { type ReverseProxy, startReverseProxy } from '../servers/reverse-proxy.js';

/** What the server reads, with values that a proxy could be tempted to change. */
const REQUEST_HEADERS: Readonly<Record<string, string>> = {
  authorization: `Bearer ${'a'.repeat(6_000)}.b.c`,
  'content-type': 'application/json',
  accept: 'application/x-ndjson, text/csv;q=0.5',
  'accept-encoding': 'br;q=1.0, gzip;q=0.5',
  'accept-language': 'ko-KR, en;q=0.5',
  'if-none-match': 'W/"7", "8"',
  'if-match': '"1-2"',
  'idempotency-key': '8e03978e-40d5-43dd-bc93-6894a57f9324',
  'x-presence-ticket': 'eyJhbGciOiJIUzI1NiJ9.e30.c2ln',
  origin: 'https://shop.example',
  'access-control-request-method': 'PATCH',
  'access-control-request-headers': 'if-match, x-presence-ticket',
  'x-request-id': 'order-17.retry_2',
  'last-event-id': '1795866451380',
};

/** What a client reads. */
const RESPONSE_HEADERS: Readonly<Record<string, string>> = {
  etag: '"1-2"',
  location: '/v1/coupons/42',
  'retry-after': '3',
  'x-request-id': 'order-17.retry_2',
  'www-authenticate': 'Bearer realm="seonchak", error="invalid_token"',
  allow: 'GET, PATCH',
  'cache-control': 'no-store',
  'content-type': 'application/problem+json',
  vary: 'Origin',
  'access-control-allow-origin': 'https://shop.example',
  'access-control-allow-headers': 'If-Match, X-Presence-Ticket',
  'access-control-expose-headers': 'ETag, Location, Retry-After',
};

const sources = fileURLToPath(new URL('../../src/http', import.meta.url));

t.test('the list has every header that the server reads', (t) => {
  const files = readdirSync(sources, { recursive: true, encoding: 'utf8' });
  const read = new Set<string>();
  for (const file of files.filter((name) => name.endsWith('.ts') && !/test/.test(name))) {
    const text = readFileSync(`${sources}/${file}`, 'utf8');
    for (const [, name = ''] of text.matchAll(/(?:getHeader|headers\.get)\('([a-z-]+)'\)/g)) read.add(name);
    for (const [, name = ''] of text.matchAll(/_HEADER = '([\w-]+)'/g)) read.add(name.toLowerCase());
  }
  // The server sends the first itself, and the second belongs to one hop only.
  for (const other of ['location', 'transfer-encoding']) read.delete(other);
  t.same(
    [...read].filter((name) => !(name in REQUEST_HEADERS)),
    [],
  );
  t.ok(read.size > 8);
  t.end();
});

for (const name of ['nginx', 'haproxy'] as const) {
  t.test(`headers through ${name}`, { timeout: 60_000 }, async (t) => {
    const arrived = new Map<string, IncomingHttpHeaders>();
    // In place of the server, to record the headers that arrive.
    const server = createServer((incoming, response) => {
      arrived.set(`${incoming.method} ${incoming.url}`, incoming.headers);
      response.writeHead(incoming.url === '/readyz' ? 200 : 409, RESPONSE_HEADERS).end('{}');
    });
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    t.teardown(() => void server.close());
    const proxy = await startReverseProxy(name, (server.address() as AddressInfo).port);
    t.teardown(() => proxy.stop());

    for (const [method, path] of [
      ['POST', '/v1/coupons/1/download'],
      ['PATCH', '/v1/coupons/1'],
      ['GET', '/v1/coupons/1/live'],
      ['OPTIONS', '/v1/coupons'],
    ] as const) {
      const answer = await ask(proxy, method, path, REQUEST_HEADERS);
      t.match(answer, { status: 409, headers: RESPONSE_HEADERS }, `answer to ${method} ${path}`);
      t.match(arrived.get(`${method} ${path}`), REQUEST_HEADERS, `${method} ${path}`);
    }
    for (const path of ['/v1/accounts', '/v1/accounts?role=seller']) {
      t.equal((await ask(proxy, 'POST', path, {})).status, 403, `${path} is shut`);
      t.notOk(arrived.has(`POST ${path}`));
    }
  });
}

function ask(
  { port, ca }: ReverseProxy,
  method: string,
  path: string,
  headers: Readonly<Record<string, string>>,
): Promise<{ readonly status: number; readonly headers: IncomingHttpHeaders }> {
  return new Promise((resolve, reject) => {
    const sent = request({ host: '127.0.0.1', port, ca, method, path, headers, agent: false }, (response) => {
      response.on('end', () => resolve({ status: response.statusCode ?? 0, headers: response.headers }));
      response.on('error', reject).resume();
    });
    sent.on('error', reject).end();
  });
}
