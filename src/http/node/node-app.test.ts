import { once } from 'node:events';
import { connect } from 'node:net';
import t from 'tap';
import { call, exchangeBytes } from '../testing/client.js';
import { TEST_LIMITS } from '../testing/embedded-server.js';
import { openShop } from '../testing/shop.js';
import { NodeApp } from './node-app.js';

/** Chooses Node's server. */
const settings = { idleMs: 60_000 };
const PATIENCE_MS = 20_000;
const shop = await openShop(t, { settings: { ...settings, corsOrigins: ['https://shop.example'] } });
const path = await shop.coupon({ quantity: 1_000 });
const { port } = shop.http;

const bodyEnded = (received: string): boolean => /\r\n\r\n[^]*\}$/.test(received);
const responses = (received: string): number => received.split('HTTP/1.1 ').length - 1;
const head = (line: string, ...lines: readonly string[]): string =>
  [`${line} HTTP/1.1`, 'Host: x', ...lines, '', ''].join('\r\n');
const patch = (...lines: readonly string[]): string =>
  head(`PATCH ${path}`, `Authorization: Bearer ${shop.seller}`, 'Content-Type: application/json', ...lines);
const chunks = (text: string): string => `${text.length.toString(16)}\r\n${text}\r\n`;
const nameOf = async (): Promise<unknown> => (await call(shop.url, `GET ${path}`)).body['name'];

t.test('what is not HTTP/1.1 is refused with a code', async (t) => {
  const both = head('POST /v1/sessions', 'Content-Length: 5', 'Transfer-Encoding: chunked');
  for (const [name, bytes, answer] of [
    ['bare line feeds', 'GET /healthz HTTP/1.1\nHost: x\n\n', '400 [^]*malformed_request'],
    ['a TLS hello', `\x16\x03\x01\x02\x00\x01\x00${'x'.repeat(200)}`, '400 [^]*malformed_request'],
    ['no Host', 'GET /healthz HTTP/1.1\r\n\r\n', '400 [^]*malformed_request'],
    ['NUL in a header', head('GET /healthz', 'a: b\0c'), '400 [^]*malformed_request'],
    ['a negative length', head('POST /v1/sessions', 'Content-Length: -1'), '400 [^]*malformed_request'],
    ['length and chunks', `${both}0\r\n\r\n`, '400 [^]*malformed_request'],
    ['CONNECT', 'CONNECT a:1 HTTP/1.1\r\nHost: a\r\n\r\n', '400 [^]*malformed_request'],
    ['a head of 100 KB', head('GET /healthz', `a: ${'x'.repeat(100_000)}`), '431 [^]*head_too_large'],
  ] as const) {
    const { received, closed } = await exchangeBytes(port, [bytes], undefined, PATIENCE_MS);
    t.match(received, new RegExp(`^HTTP/1\\.1 ${answer}`), name);
    t.ok(closed, `${name}: the connection ends`);
    t.equal(responses(received), 1, name);
  }
  const large = head('GET /healthz', `a: ${'x'.repeat(18_000)}`);
  const { received } = await exchangeBytes(port, [large], bodyEnded, PATIENCE_MS);
  t.match(received, /^HTTP\/1\.1 431 [^]*head_too_large/, 'a head of 18 KB');
  t.match(await call(shop.url, 'GET /healthz'), { status: 200 }, 'and the server goes on');
});

t.test('HTTP/1.0 is served, with and without Host', async (t) => {
  for (const lines of ['', 'Host: x\r\n']) {
    const { received, closed } = await exchangeBytes(port, [`GET /healthz HTTP/1.0\r\n${lines}\r\n`]);
    t.match(received, /^HTTP\/1\.1 200 [^]*\{"status":"ok"\}$/);
    t.ok(closed);
  }
});

t.test('pipelined requests are carried out one after another, and none behind the end', async (t) => {
  const all = (received: string): boolean => responses(received) === 50 && received.endsWith('}');
  const { received } = await exchangeBytes(port, [head('GET /healthz').repeat(50)], all, PATIENCE_MS);
  t.ok(all(received));
  const many = await exchangeBytes(port, [head('GET /healthz').repeat(400)], undefined, PATIENCE_MS);
  t.ok(many.closed, 'a client that sends hundreds at once is disconnected');
  const member = await shop.token('behind-the-end');
  const request = head(`POST ${path}/download`, `Authorization: Bearer ${member}`);
  const body = `${chunks('{"name":"Before the end"}')}0\r\n\r\n`;
  const last = await exchangeBytes(port, [patch('Transfer-Encoding: chunked') + body + request]);
  t.match(last.received, /^HTTP\/1\.1 200 [^]*Connection: close/, 'a body in chunks ends the connection');
  t.ok(last.closed);
  t.equal(responses(last.received), 1);
  t.match(await call(shop.url, `GET ${path}/issuance`, { token: member }), { status: 404 });
});

t.test('nothing that follows the last request of a connection is carried out', async (t) => {
  const app = new NodeApp(settings);
  t.teardown(() => app.close());
  let carriedOut = 0;
  app.get('/last', (response) => response.end('{}', true));
  app.get('/last-in-the-head', (response) => response.writeStatus('200 OK\r\nConnection: close').end('{}'));
  app.get('/late', (response) => {
    response.onAborted(() => t.fail('its answer is written'));
    setImmediate(() => response.end('{}'));
  });
  app.get('/next', (response) => {
    carriedOut++;
    response.end('{}');
  });
  const listening = await app.listen({ host: '127.0.0.1', port: 0, exclusivePort: true });
  for (const first of [
    head('GET /last'),
    head('GET /last-in-the-head'),
    head('GET /late', 'Connection: close'),
    'GET /late HTTP/1.0\r\n\r\n',
  ]) {
    const { received, closed } = await exchangeBytes(listening.port, [first + head('GET /next').repeat(3)]);
    t.match(received, /^HTTP\/1\.1 200 [^]*\{\}$/, first);
    t.ok(closed, first);
    t.equal(responses(received), 1, first);
    t.equal(carriedOut, 0, first);
  }
  const two = (received: string): boolean => responses(received) === 2 && received.endsWith('{}');
  await exchangeBytes(listening.port, [head('GET /next').repeat(2)], two);
  t.equal(carriedOut, 2, 'otherwise they are');
});

t.test('trailers are read as such, and what is none is never carried out', async (t) => {
  const smuggled = `POST ${path}/pause HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer ${shop.seller}\r\n\r\n`;
  const bodyOf = (name: string): string => `${chunks(JSON.stringify({ name }))}0\r\n`;
  for (const [name, pieces, isMade] of [
    ['Trailer', [`${bodyOf('Trailer')}X-Checksum: 1\r\n\r\n`], true],
    ['Trailer later', [bodyOf('Trailer later'), 'X-Checksum: 1\r\n\r\n'], true],
    ['Request as trailer', [`${bodyOf('Request as trailer')}xx${smuggled}`], false],
    ['Request as a later trailer', [bodyOf('Request as a later trailer'), smuggled], false],
    ['Request behind', [`${bodyOf('Request behind')}\r\n${smuggled}`], true],
    ['Bare line feeds', [`e\n{"name":"Bare"}\n0\n\n${smuggled}`], false],
  ] as const) {
    const [first = '', ...later] = pieces;
    const request = patch('Transfer-Encoding: chunked') + first;
    const { received, closed } = await exchangeBytes(port, [request, ...later], undefined, PATIENCE_MS);
    t.match(received, isMade ? /^HTTP\/1\.1 200 / : /^HTTP\/1\.1 400 [^]*malformed_request/, name);
    t.ok(closed, `${name}: the connection ends`);
    t.equal(responses(received), 1, name);
    t.equal((await nameOf()) === name, isMade, name);
  }
  t.match(await call(shop.url, `GET ${path}`), { body: { state: 'open' } }, 'nothing was paused');
});

t.test('a download with a malformed body is not carried out', async (t) => {
  const member = await shop.token('malformed-body');
  const request = head(
    `POST ${path}/download`,
    `Authorization: Bearer ${member}`,
    'Transfer-Encoding: chunked',
  );
  const { received } = await exchangeBytes(port, [`${request}2\r\n{}\r\nxx\r\n`], undefined, PATIENCE_MS);
  t.match(received, /^HTTP\/1\.1 400 [^]*malformed_request/);
  t.match(await call(shop.url, `GET ${path}/issuance`, { token: member }), { status: 404 });
});

t.test('a refusal arrives while the body is still being sent', async (t) => {
  const bytes = 8_000_000;
  const request = patch(`Content-Length: ${bytes}`) + 'x'.repeat(bytes);
  const { received, closed } = await exchangeBytes(port, [request], undefined, PATIENCE_MS);
  t.match(received, /^HTTP\/1\.1 413 [^]*body_too_large[^]*\}$/);
  t.ok(closed);
});

t.test('a body that stops coming, and one that is asked for', async (t) => {
  const stalled = `${patch('Content-Length: 20')}{"name"`;
  const { received } = await exchangeBytes(port, [stalled], undefined, PATIENCE_MS);
  t.match(received, /^HTTP\/1\.1 408 [^]*Connection: close[^]*body_incomplete/);
  const socket = connect(port, '127.0.0.1');
  t.teardown(() => socket.destroy());
  const body = '{"name":"Asked for"}';
  socket.write(patch('Expect: 100-continue', `Content-Length: ${body.length}`));
  t.match(String((await once(socket, 'data'))[0]), /^HTTP\/1\.1 100 Continue\r\n/);
  socket.write(body);
  t.match(String((await once(socket, 'data'))[0]), /^HTTP\/1\.1 200 OK\r\n/);
  const other = await exchangeBytes(port, [head('GET /healthz', 'Expect: a')], bodyEnded, PATIENCE_MS);
  t.match(other.received, /^HTTP\/1\.1 200 /, 'another expectation is ignored');
});

t.test('HEAD, a preflight and a stream of lines', async (t) => {
  const got = await call(shop.url, 'GET /v1/coupons');
  const { headers, text } = await call(shop.url, 'HEAD /v1/coupons');
  t.equal(text, '');
  t.equal(headers['content-length'], got.headers['content-length']);
  const cors = { origin: 'https://shop.example', 'access-control-request-method': 'POST' };
  const preflight = await call(shop.url, `OPTIONS ${path}/download`, { headers: cors });
  t.equal(preflight.status, 204);
  t.equal(preflight.headers['access-control-allow-origin'], 'https://shop.example');
  await shop.request(path, 'in-the-list');
  const headersOfLines = { accept: 'application/x-ndjson' };
  const lines = await call(shop.url, `GET ${path}/issuances`, {
    token: shop.seller,
    headers: headersOfLines,
  });
  t.equal(lines.status, 200);
  t.match(lines.text, /"memberId":"in-the-list"[^\n]*\}\n$/);
});

t.test('a live stream flows, and ends when its reader leaves', async (t) => {
  const watchers = async (): Promise<string | undefined> =>
    /^seonchak_live_watchers (\d+)$/m.exec((await call(shop.url, 'GET /metrics')).text)?.[1];
  const socket = connect(port, '127.0.0.1');
  t.teardown(() => socket.destroy());
  let received = '';
  socket.on('data', (data) => (received += String(data)));
  const events = (): number => received.split('\ndata: ').length - 1;
  socket.write(head(`GET ${path}/live`));
  while (events() < 1) await once(socket, 'data');
  t.match(received, /^HTTP\/1\.1 200 [^]*text\/event-stream/);
  await shop.request(path, 'while-watched');
  while (events() < 2) await once(socket, 'data');
  t.equal(await watchers(), '1');
  socket.destroy();
  while ((await watchers()) !== '0') await new Promise((resolve) => setImmediate(resolve));
});

t.test('each address has its own limit, and only trusted proxies name it', async (t) => {
  const asked = async (url: string, addresses: readonly string[]): Promise<number[]> =>
    Promise.all(
      addresses.map(
        async (address) =>
          (await call(url, 'GET /v1/coupons', { headers: { 'x-forwarded-for': address } })).status,
      ),
    );
  const [trusting, other] = await Promise.all(
    [['127.0.0.1'], []].map((trustedProxies) => {
      const limits = { ...TEST_LIMITS, address: { rate: 1, burst: 5 }, trustedProxies };
      return openShop(t, { settings: { ...settings, limits } });
    }),
  );
  if (trusting === undefined || other === undefined) throw new Error('two servers');
  const same = Array.from({ length: 10 }, () => '203.0.113.1');
  while (!(await asked(trusting.url, same)).includes(429));
  t.same(await asked(trusting.url, ['203.0.113.2']), [200], 'another address');
  const different = same.map((_, place) => `203.0.113.${place}`);
  while (!(await asked(other.url, different)).includes(429));
  t.pass('without trust all of them are one address');
});

t.test('connections beyond the bound are closed at once', async (t) => {
  const bounded = await openShop(t, { settings: { ...settings, connectionsMax: 3 } });
  const sockets = Array.from({ length: 6 }, () => connect(bounded.http.port, '127.0.0.1'));
  t.teardown(() => sockets.forEach((socket) => socket.destroy()));
  const closed = sockets.map((socket) =>
    once(
      socket.on('error', () => undefined),
      'close',
    ),
  );
  await Promise.race(closed);
  for (const socket of sockets) socket.destroy();
  await Promise.all(closed);
  let answer = await call(bounded.url, 'GET /metrics').catch(() => undefined);
  while (answer?.status !== 200) answer = await call(bounded.url, 'GET /metrics').catch(() => undefined);
  t.match(answer.text, /^seonchak_connections_refused_total [1-9]/m);
});

t.test('a client that takes nothing is cut off, one that waits is not', { timeout: 120_000 }, async (t) => {
  const app = new NodeApp(settings);
  t.teardown(() => app.close());
  const cutOff = new Promise<void>((resolve) => {
    app.get('/endless', (response) => {
      response.onAborted(resolve);
      let mayWrite = true;
      while (mayWrite) mayWrite = response.write('x'.repeat(100_000));
      response.onWritable(() => response.write('x'.repeat(100_000)));
    });
  });
  app.get('/late', (response) => {
    response.onAborted(() => t.fail('the client that waits was cut off'));
    void cutOff.then(() => response.end('late'));
  });
  const listening = await app.listen({ host: '127.0.0.1', port: 0, exclusivePort: true });
  const late = call(`http://127.0.0.1:${listening.port}`, 'GET /late');
  const stuck = connect(listening.port, '127.0.0.1').on('error', () => undefined);
  t.teardown(() => stuck.destroy());
  await once(stuck, 'connect');
  stuck.pause();
  stuck.write(head('GET /endless'));
  t.match(await late, { status: 200, text: 'late' });
});
