/** Tests nginx and HAProxy as configured in deploy/ in front of a real server. */
import { once } from 'node:events';
import { connect, type Socket, type TcpSocketConnectOpts } from 'node:net';
import { connect as connectTls, type ConnectionOptions } from 'node:tls';
import { setTimeout as pause } from 'node:timers/promises';
import t, { type Test } from 'tap';
import { exchangeBytes } from '../../src/http/testing/client.js';
import { signToken } from '../clients/tokens.js';
import { type BesiegedShop, openBesiegedShop } from '../inputs/besieged-shop.js';
import { malformedRequests } from '../inputs/malformed-requests.js';
import { type ProxyName, type ReverseProxy, startReverseProxy } from '../servers/reverse-proxy.js';

const ADDRESS_BURST = 600;
const PATIENCE_MS = 20_000;
const SILENCE_MS = 300;
/** Beside the 10 s that the proxy waits for an incomplete request. */
const LONGER_THAN_THE_SERVER_MS = 3_000;

/** The server itself is silent about these, or takes them; the proxy must not be. */
const stopped: Readonly<Record<ProxyName, Readonly<Record<string, RegExp>>>> = {
  nginx: {
    'no Host': /^HTTP\/1\.1 400 /,
    'two Content-Length on a download': /^HTTP\/1\.1 400 /,
    'NUL in a header': /^HTTP\/1\.1 400 /,
    // Left out on the way: what arrives is a request like any other, with a seller's token.
    '120 headers': /^HTTP\/1\.1 403 [^]*wrong_role/,
    'headers over 4 KB in pieces': /^HTTP\/1\.1 431 [^]*head_too_large/,
  },
  haproxy: {
    // Passed on as it is, and refused by the server.
    'HTTP/1.0': /^HTTP\/1\.1 505 /,
    'no Host': /^HTTP\/1\.1 400 /,
    'two Content-Length on a download': /^HTTP\/1\.1 400 /,
    'NUL in a header': /^HTTP\/1\.1 400 /,
    '120 headers': /^HTTP\/1\.1 400 /,
    // It closes while the client still sends, and then TCP may lose the answer.
    'headers over 4 KB in pieces': /^(HTTP\/1\.1 4(00|31) |$)/,
  },
};
const REFUSED = /^HTTP\/1\.[01] 4\d\d /;

const headOf = (method: string, path: string, token = ''): string =>
  `${method} ${path} HTTP/1.1\r\nHost: coupons.example\r\n${token === '' ? '' : `Authorization: Bearer ${token}\r\n`}`;
const headEnded = (received: string): boolean => received.includes('\r\n\r\n');
const bodyEnded = (received: string): boolean => /\r\n\r\n[^]*\}/.test(received);

for (const name of ['nginx', 'haproxy'] as const) {
  t.test(`behind ${name}`, { timeout: 180_000 }, async (t) => {
    const settings = {
      TRUSTED_PROXIES: '127.0.0.1',
      ADDRESS_RATE: '1',
      ADDRESS_BURST: String(ADDRESS_BURST),
    };
    const shop = await openBesiegedShop(settings);
    t.teardown(() => shop.stop());
    const proxy = await startReverseProxy(name, shop.server.port);
    t.teardown(() => proxy.stop());
    await t.test('bad input', (t) => badInput(t, name, proxy, shop));
    await t.test('honest members', (t) => honestMembers(t, proxy, shop));
    await t.test('bodies in chunks', (t) => bodiesInChunks(t, name, proxy, shop));
    await t.test('the live view', (t) => liveView(t, proxy, shop));
    await t.test('who does not finish is cut off', (t) => slowClients(t, proxy));
    await t.test('addresses', (t) => addresses(t, proxy, shop));
    await t.test('an unreachable server', (t) => serverUnreachable(t, proxy, shop));
  });
}

function open({ port, ca }: ReverseProxy, from = '127.0.0.1'): () => Socket {
  // The certificate is for the address. Options of TCP are options of TLS, which the types do not know.
  const options: ConnectionOptions & Pick<TcpSocketConnectOpts, 'localAddress'> = {
    ...{ port, host: '127.0.0.1', ca },
    localAddress: from,
    ALPNProtocols: ['http/1.1'],
  };
  return () => connectTls(options);
}

async function badInput(t: Test, name: ProxyName, proxy: ReverseProxy, shop: BesiegedShop): Promise<void> {
  const path = `/v1/coupons/${shop.couponId}/download`;
  for (const [input, pieces] of malformedRequests(path, await signToken('7', 'seller'))) {
    const { received, closed } = await exchangeBytes(open(proxy), pieces, headEnded, PATIENCE_MS);
    t.match(received, stopped[name][input] ?? REFUSED, input);
    t.ok(closed || received !== '', `${input}: an answer or an end`);
    t.equal(await shop.complaint(received), undefined, `after ${input}`);
  }
  const hello = `\x16\x03\x01\x02\x00\x01\x00${'x'.repeat(300)}`;
  const { received } = await exchangeBytes(proxy.plainPort, [hello], headEnded, PATIENCE_MS);
  t.match(received, /^HTTP\/1\.[01] 400 /, 'a TLS hello on the plain port');

  const healthy = 'HTTP/1.1 200';
  const many = (text: string): boolean => text.split(healthy).length > 1_000;
  const line = `${headOf('GET', '/healthz')}\r\n`.repeat(1_000);
  const pipelined = await exchangeBytes(open(proxy), [line], many, PATIENCE_MS);
  t.ok(many(pipelined.received) || pipelined.closed, '1,000 pipelined requests, or an end');
  t.notMatch(pipelined.received, /HTTP\/1\.1 [345]/);

  const member = await signToken('impatient', 'member');
  for (let request = 0; request < 50; request += 1) {
    const socket = open(proxy)();
    socket.on('error', () => undefined);
    await once(socket, 'secureConnect');
    socket.write(`${headOf('POST', path, member)}\r\n`);
    socket.destroy();
  }
  const again = await exchangeBytes(
    open(proxy),
    [`${headOf('POST', path, member)}\r\n`],
    bodyEnded,
    PATIENCE_MS,
  );
  t.match(again.received, /^HTTP\/1\.1 20[01] /, 'abort before the answer');
  const stats = await shop.client.call(`/v1/coupons/${shop.couponId}/stats`, { token: shop.seller });
  const rows = await shop.client.call(path, { method: 'POST', token: member });
  t.equal(stats.body['issued'], rows.body['issueNo'], 'however often it pressed, it took one unit');

  const idle: Socket[] = [];
  t.teardown(() => {
    for (const socket of idle) socket.destroy();
  });
  for (let opened = 0; opened < 5_000; opened += 250) {
    const some = Array.from({ length: 250 }, () =>
      connect(proxy.port, '127.0.0.1').on('error', () => undefined),
    );
    idle.push(...some);
    await Promise.all(some.map((socket) => once(socket, 'connect')));
  }
  const patient = `${headOf('POST', path, await signToken('patient', 'member'))}\r\n`;
  const served = await exchangeBytes(open(proxy), [patient], bodyEnded, PATIENCE_MS);
  t.match(served.received, /^HTTP\/1\.1 201 /, '5,000 idle connections delay no request');
}

async function honestMembers(t: Test, proxy: ReverseProxy, shop: BesiegedShop): Promise<void> {
  const ask = async (method: string, path: string, token?: string, body = ''): Promise<string> => {
    const head = `${headOf(method, path, token)}Content-Type: application/json\r\nContent-Length: ${Buffer.byteLength(body)}\r\n`;
    return (await exchangeBytes(open(proxy), [`${head}\r\n${body}`], bodyEnded, PATIENCE_MS)).received;
  };
  const member = await signToken('behind-a-proxy', 'member');
  const path = `/v1/coupons/${shop.couponId}/download`;
  const first = await ask('POST', path, member);
  t.match(first, /^HTTP\/1\.1 201 [^]*"outcome":"issued"/);
  const number = /"issueNo":\d+/.exec(first)?.[0] ?? 'no number';
  t.match(await ask('POST', path, member), new RegExp(`^HTTP/1\\.1 200 [^]*"already_issued"[^]*${number},`));

  const opensAt = new Date(Date.now() + 3_600_000).toISOString();
  const registered = await ask(
    'POST',
    '/v1/coupons',
    shop.seller,
    `{"name":"Soon","quantity":1,"opensAt":"${opensAt}"}`,
  );
  t.match(registered, /^HTTP\/1\.1 201 /, 'a body arrives');
  const soon = /"id":(\d+)/.exec(registered)?.[1] ?? '';
  t.match(
    await ask('POST', `/v1/coupons/${soon}/download`, member),
    /^HTTP\/1\.1 409 [^]*retry-after: \d+[^]*not_open/i,
  );

  const cookies = `${headOf('GET', '/healthz')}Cookie: ${'c'.repeat(3_000)}\r\nCookie: ${'d'.repeat(3_000)}\r\n\r\n`;
  const withCookies = await exchangeBytes(open(proxy), [cookies], bodyEnded, PATIENCE_MS);
  t.match(withCookies.received, /^HTTP\/1\.1 200 /, "a shop's cookies do not reach the server's bound");
  // The proxy's own page has no JSON whose end could be awaited.
  const metrics = await exchangeBytes(
    open(proxy),
    [`${headOf('GET', '/metrics')}\r\n`],
    headEnded,
    PATIENCE_MS,
  );
  t.match(metrics.received, /^HTTP\/1\.1 404 /, 'metrics are not public');
  const plain = await exchangeBytes(
    proxy.plainPort,
    [`${headOf('GET', '/a?b=c')}\r\n`],
    headEnded,
    PATIENCE_MS,
  );
  t.match(plain.received, /^HTTP\/1\.1 308 [^]*location: https:\/\/coupons\.example\/a\?b=c\r/i);
}

/** Fault 47. nginx buffers a body and leaves trailers out; HAProxy passes both on. */
async function bodiesInChunks(
  t: Test,
  name: ProxyName,
  proxy: ReverseProxy,
  shop: BesiegedShop,
): Promise<void> {
  const path = `/v1/coupons/${shop.couponId}`;
  const patch = async (title: string, end: string): Promise<string> => {
    const body = `{"name":"${title}"}`;
    const head = `${headOf('PATCH', path, shop.seller)}Content-Type: application/json\r\nTransfer-Encoding: chunked\r\n\r\n`;
    const request = `${head}${body.length.toString(16)}\r\n${body}\r\n${end}`;
    const all = (text: string): boolean => text.includes('"status":"ok"');
    const probe = `${headOf('GET', '/healthz')}\r\n`;
    return (await exchangeBytes(open(proxy), [request, probe], all, SILENCE_MS * 10)).received;
  };
  const nameNow = async (): Promise<unknown> => (await shop.client.call(path)).body['name'];
  t.match(await patch('In chunks', '0\r\n\r\n'), /^HTTP\/1\.1 200 [^]*"In chunks"/);
  t.equal(await nameNow(), 'In chunks');
  const trailers = '0\r\nx-checksum: 1\r\nabpost: /v1/accounts HTTP/1.1\r\n\r\n';
  const received = await patch('With trailers', trailers);
  const refused = name === 'haproxy';
  t.match(received, refused ? /^HTTP\/1\.1 [45]\d\d / : /^HTTP\/1\.1 200 /, 'with trailers');
  t.equal(await nameNow(), refused ? 'In chunks' : 'With trailers');
  t.ok(received.split(/^HTTP\/1\.1 /m).length <= 3, 'one answer to each request at most');
}

async function liveView(t: Test, proxy: ReverseProxy, shop: BesiegedShop): Promise<void> {
  const socket = open(proxy)();
  t.teardown(() => socket.destroy());
  let received = '';
  const holds = async (text: string): Promise<void> => {
    while (!received.includes(text)) received += String((await once(socket, 'data'))[0]);
  };
  socket.write(`${headOf('GET', `/v1/coupons/${shop.couponId}/live`)}\r\n`);
  await holds('"issued":');
  const issued = Number(/"issued":(\d+)/.exec(received)?.[1]);
  const request = { method: 'POST', token: await signToken('watched', 'member') };
  const won = await shop.client.call(`/v1/coupons/${shop.couponId}/download`, request);
  t.equal(won.status, 201);
  await holds(`"issued":${issued + 1},`);
  t.pass('a change arrives while the stream goes on');
}

async function slowClients(t: Test, proxy: ReverseProxy): Promise<void> {
  const halves = [
    headOf('POST', '/v1/sessions'),
    `${headOf('POST', '/v1/sessions')}Content-Length: 90\r\n\r\n{`,
  ];
  // A balancer in front keeps its connections longer than the server does.
  const idle = open(proxy)();
  t.teardown(() => idle.destroy());
  let received = '';
  idle.on('data', (data) => (received += String(data))).on('error', () => undefined);
  const probe = `${headOf('GET', '/healthz')}\r\n`;
  idle.write(probe);
  const ends = halves.map((half) => exchangeBytes(open(proxy), [half], () => false, 60_000));
  for (const { closed, received } of await Promise.all(ends)) {
    t.ok(closed);
    t.notMatch(received, /^HTTP\/1\.1 [23]/);
  }
  await pause(LONGER_THAN_THE_SERVER_MS);
  t.match(received, /^HTTP\/1\.1 200 /);
  received = '';
  idle.write(probe);
  while (!bodyEnded(received)) await once(idle, 'data');
  t.match(received, /^HTTP\/1\.1 200 /, 'a connection that idled longer than the server waits');
}

async function addresses(t: Test, proxy: ReverseProxy, shop: BesiegedShop): Promise<void> {
  const line = `GET /v1/coupons/${shop.couponId} HTTP/1.1\r\nHost: x\r\nX-Forwarded-For: 9.9.9.9\r\n\r\n`;
  const flood = line.repeat(ADDRESS_BURST + 100);
  const limited = (text: string): boolean => text.includes('rate_limited');
  const greedy = await exchangeBytes(open(proxy, '127.0.0.2'), [flood], limited, PATIENCE_MS);
  t.match(
    greedy.received,
    /HTTP\/1\.1 429 [^]*retry-after: \d+[^]*rate_limited/i,
    'an address has its limit',
  );
  const pretender = await exchangeBytes(
    open(proxy, '127.0.0.2'),
    [line.replace('9.9.9.9', '8.8.8.8').repeat(100)],
    limited,
    PATIENCE_MS,
  );
  t.match(pretender.received, /HTTP\/1\.1 429 /, 'and keeps it under another name');
  const neighbour = await exchangeBytes(open(proxy, '127.0.0.3'), [line], headEnded, PATIENCE_MS);
  t.match(neighbour.received, /^HTTP\/1\.1 200 /, 'another address does not share it');
}

async function serverUnreachable(t: Test, proxy: ReverseProxy, shop: BesiegedShop): Promise<void> {
  const path = `/v1/coupons/${shop.couponId}/download`;
  const request = `${headOf('POST', path, await signToken('waiting', 'member'))}\r\n`;
  await shop.server.kill('SIGKILL');
  const unreachable = await exchangeBytes(open(proxy), [request], bodyEnded, PATIENCE_MS);
  t.match(unreachable.received, /^HTTP\/1\.1 50[234] [^]*retry-after: \d+/i);
  t.match(unreachable.received, /application\/problem\+json[^]*"code":"outcome_unknown"/);

  await shop.server.restart();
  let back = '';
  const deadlineMs = performance.now() + PATIENCE_MS;
  while (!back.startsWith('HTTP/1.1 20') && performance.now() < deadlineMs) {
    back = (await exchangeBytes(open(proxy), [request], bodyEnded, SILENCE_MS)).received;
  }
  t.match(back, /^HTTP\/1\.1 20[01] /, 'once it is back, a retry gives the definite answer');
}
