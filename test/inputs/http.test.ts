/** What the network brings that is no proper HTTP, byte for byte, against a real server. */
import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import t from 'tap';
import { exchangeBytes } from '../../src/http/testing/client.js';
import { signToken } from '../clients/tokens.js';
import { openBesiegedShop } from './besieged-shop.js';

const shop = await openBesiegedShop();
t.teardown(() => shop.stop());
const { port } = shop.server;
const token = await signToken('7', 'seller');
const path = `/v1/coupons/${shop.couponId}/download`;
/** A seller's token: whatever of these is taken for a press after all ends as `wrong_role`, and takes no unit. */
const head = `POST ${path} HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer ${token}\r\n`;
const session = 'POST /v1/sessions HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\n';

const answered = (received: string): boolean => received.includes('\r\n\r\n');
const SILENCE_MS = 300;

function byteByByte(text: string): string[] {
  return Array.from(text);
}

/** `answer`: what comes back. `undefined`: nothing may come that looks like success; the library keeps silent or cuts the connection. */
const inputs: readonly (readonly [name: string, pieces: readonly string[], answer: RegExp | undefined])[] = [
  ['no Host', [`POST ${path} HTTP/1.1\r\nAuthorization: Bearer ${token}\r\n\r\n`], undefined],
  ['120 headers', [`${head}${'a: b\r\n'.repeat(120)}\r\n`], undefined],
  ['NUL in a header', [`${head}a: b\0c\r\n\r\n`], undefined],
  ['two Content-Length', [`${session}Content-Length: 2\r\nContent-Length: 3\r\n\r\n{}`], /^HTTP\/1\.1 400 /],
  [
    'Content-Length with Transfer-Encoding',
    [`${session}Content-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n`],
    /^HTTP\/1\.1 400 /,
  ],
  ['negative Content-Length', [`${session}Content-Length: -1\r\n\r\n`], /^HTTP\/1\.1 400 /],
  ['Content-Length of 10^20', [`${session}Content-Length: 1${'0'.repeat(20)}\r\n\r\n`], /^HTTP\/1\.1 400 /],
  ['HTTP/1.0', [`POST ${path} HTTP/1.0\r\nHost: x\r\n\r\n`], /^HTTP\/1\.1 505 /],
  ['bare LF', [`POST ${path} HTTP/1.1\nHost: x\n\n`], /^HTTP\/1\.1 505 /],
  ['a TLS hello on the plain port', [`\x16\x03\x01\x02\x00\x01\x00${'x'.repeat(300)}`], /^HTTP\/1\.1 505 /],
  [
    'headers one byte at a time',
    [`POST ${path} HTTP/1.1\r\n`, ...byteByByte(`Host: x\r\nAuthorization: Bearer ${token}\r\n\r\n`)],
    /^HTTP\/1\.1 403 [^]*wrong_role/,
  ],
  // The library wants the request line in one piece.
  ['a request line one byte at a time', byteByByte(`${head}\r\n`), /^HTTP\/1\.1 505 /],
  [
    'body one byte at a time',
    [`${session}Content-Length: 32\r\n\r\n`, ...byteByByte('{"email":"a@example.com","b":12}')],
    /^HTTP\/1\.1 400 [^]*"code":/,
  ],
  [
    'body over the limit',
    [`${session}Content-Length: 9000000\r\n\r\n${'x'.repeat(100_000)}`],
    /^HTTP\/1\.1 413 [^]*body_too_large/,
  ],
  [
    'headers over 4 KB in pieces',
    [head, ...Array.from({ length: 40 }, () => `a: ${'x'.repeat(2_000)}\r\n`)],
    undefined,
  ],
  [
    'wrong method',
    [`PUT ${path} HTTP/1.1\r\nHost: x\r\n\r\n`],
    /^HTTP\/1\.1 405 [^]*Allow: POST[^]*method_not_allowed/,
  ],
  [
    '%00 in the path',
    ['POST /v1/coupons/%00/download HTTP/1.1\r\nHost: x\r\n\r\n'],
    /^HTTP\/1\.1 40[14] [^]*"code":/,
  ],
  [
    '%2e%2e in the path',
    ['GET /v1/%2e%2e/%2e%2e/etc/passwd HTTP/1.1\r\nHost: x\r\n\r\n'],
    /^HTTP\/1\.1 404 [^]*not_found/,
  ],
  [
    'invalid UTF-8',
    [`${session}Content-Length: 12\r\n\r\n{"email":"\xff\xfe`],
    /^HTTP\/1\.1 400 [^]*"code":/,
  ],
];

for (const [name, pieces, answer] of inputs) {
  t.test(name, async (t) => {
    const { received } = await exchangeBytes(
      port,
      pieces,
      answered,
      answer === undefined ? SILENCE_MS : 20_000,
    );
    if (answer === undefined) t.notMatch(received, /^HTTP\/1\.1 2/);
    else t.match(received, answer);
    t.equal(await shop.complaint(received), undefined);
  });
}

t.test(
  '1,000 pipelined requests are answered in their order or cut off, and no answer is mixed up',
  async (t) => {
    const one = 'GET /healthz HTTP/1.1\r\nHost: x\r\n\r\n';
    const all = (received: string): boolean => received.split('HTTP/1.1 200').length > 1_000;
    const { received, closed } = await exchangeBytes(port, [one.repeat(1_000)], all, 20_000);
    t.ok(closed || all(received), 'all of them, or an end');
    t.notMatch(received, /HTTP\/1\.1 [345]/);
    t.equal(await shop.complaint(), undefined);
  },
);

async function issuedSoFar(): Promise<number> {
  const stats = await shop.client.call(`/v1/coupons/${shop.couponId}/stats`, { token: shop.seller });
  return Number(stats.body['issued']);
}

t.test('pipelined presses of one member take one unit', async (t) => {
  const before = await issuedSoFar();
  const member = await signToken('pipeliner', 'member');
  const one = `POST ${path} HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer ${member}\r\n\r\n`;
  await exchangeBytes(port, [one.repeat(50)], () => false, SILENCE_MS);
  const again = await shop.client.call(path, { method: 'POST', token: member });
  t.ok([200, 201].includes(again.status));
  t.equal(await issuedSoFar(), before + 1);
});

t.test('abort before the answer', async (t) => {
  const before = await issuedSoFar();
  const member = await signToken('impatient', 'member');
  for (let press = 0; press < 200; press += 1) {
    const socket = connect(port, '127.0.0.1');
    await once(socket, 'connect');
    socket.write(`POST ${path} HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer ${member}\r\n\r\n`);
    socket.destroy();
  }
  const answer = await shop.client.call(path, { method: 'POST', token: member });
  t.ok([200, 201].includes(answer.status), 'asking again gives the one unit');
  t.equal(await issuedSoFar(), before + 1);
  t.ok(shop.server.isAlive());
});

t.test('5,000 idle connections hold nobody up', { timeout: 120_000 }, async (t) => {
  const idle: Socket[] = [];
  t.teardown(() => {
    for (const socket of idle) socket.destroy();
  });
  for (let opened = 0; opened < 5_000; opened += 250) {
    const some = Array.from({ length: 250 }, () => connect(port, '127.0.0.1').on('error', () => undefined));
    idle.push(...some);
    await Promise.all(some.map((socket) => once(socket, 'connect')));
  }
  const member = await signToken('patient', 'member');
  const answer = await shop.client.call(path, { method: 'POST', token: member });
  t.equal(answer.status, 201);
});
