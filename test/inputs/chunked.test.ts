/** Sends bodies in chunks to a real server: the answer of a whole body, or a refusal that carries nothing out (fault 47). */
import { connect } from 'node:net';
import { setTimeout as pause } from 'node:timers/promises';
import t from 'tap';
import { exchangeBytes } from '../../src/http/testing/client.js';
import { signToken } from '../clients/tokens.js';
import { openBesiegedShop } from './besieged-shop.js';

const shop = await openBesiegedShop();
t.teardown(() => shop.stop());
const { port } = shop.server;

const PATIENCE_MS = 20_000;
const SECOND_PACKET_MS = 100;
const path = `/v1/coupons/${shop.couponId}`;
const chunkedHead = (method: string, target: string, token: string, lines = ''): string =>
  `${method} ${target} HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer ${token}\r\nContent-Type: application/json\r\n${lines}Transfer-Encoding: chunked\r\n\r\n`;
const chunks = (text: string): string => `${text.length.toString(16)}\r\n${text}\r\n`;
const END = '0\r\n\r\n';
const responses = (received: string): number => received.split('HTTP/1.1 ').length - 1;
const LIBRARYS_REFUSAL = /^HTTP\/1\.1 505 /;
const bodyEnded = (received: string): boolean => /\r\n\r\n[^]*\}/.test(received);

async function nameOf(): Promise<unknown> {
  return (await shop.client.call(path)).body['name'];
}

t.test('a body in chunks gets the answer of a whole body', async (t) => {
  for (const [how, cut] of [
    ['in one packet', (head: string, body: string) => [head + body]],
    ['byte by byte', (head: string, body: string) => [head, ...Array.from(body)]],
  ] as const) {
    const json = JSON.stringify({ name: `Chunked ${how}` });
    const body = chunks(json.slice(0, 5)) + chunks(json.slice(5)) + END;
    const pieces = cut(chunkedHead('PATCH', path, shop.seller), body);
    const { received } = await exchangeBytes(port, pieces, bodyEnded, PATIENCE_MS);
    t.match(received, /^HTTP\/1\.1 200 [^]*\r\nConnection: close\r\n/, how);
    t.equal(await nameOf(), `Chunked ${how}`);
  }
  const download = chunkedHead('POST', `${path}/download`, await signToken('chunks', 'member'));
  const first = await exchangeBytes(port, [download + chunks('{}') + END], bodyEnded, PATIENCE_MS);
  t.match(first.received, /^HTTP\/1\.1 201 [^]*"outcome":"issued"/, 'an unread body');
  const again = await exchangeBytes(port, [download, chunks('{}'), END], bodyEnded, PATIENCE_MS);
  t.match(again.received, /^HTTP\/1\.1 200 [^]*"outcome":"already_issued"/);
});

t.test('what follows the last chunk is never carried out, nor the request before it', async (t) => {
  const before = await nameOf();
  const body = chunks('{"name":"Carried out"}');
  const smuggled = `xxPOST ${path}/pause HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer ${shop.seller}\r\n\r\n`;
  const member = await signToken('with-trailers', 'member');
  for (const [name, request] of [
    ['a trailer', `${chunkedHead('PATCH', path, shop.seller)}${body}0\r\nX-Checksum: 1\r\n\r\n`],
    [
      'an announced trailer',
      `${chunkedHead('PATCH', path, shop.seller, 'Trailer: a\r\n')}${body}0\r\na: 1\r\n\r\n`,
    ],
    ['a request as a trailer', `${chunkedHead('PATCH', path, shop.seller)}${body}0\r\n${smuggled}`],
    [
      'bare line feeds',
      `${chunkedHead('PATCH', path, shop.seller)}16\n{"name":"Carried out"}\n0\n\n${smuggled.slice(2)}`,
    ],
    [
      'a trailer of a download',
      `${chunkedHead('POST', `${path}/download`, member)}${chunks('{}')}0\r\na: 1\r\n\r\n`,
    ],
    [
      'a request as its trailer',
      `${chunkedHead('POST', `${path}/download`, member)}${chunks('{}')}0\r\n${smuggled}`,
    ],
  ] as const) {
    const { received, closed } = await exchangeBytes(port, [request], () => false, PATIENCE_MS);
    t.ok(closed, `${name}: the connection ends`);
    t.ok(responses(received) <= 1, `${name}: one answer at most`);
    t.notMatch(received, /HTTP\/1\.1 2/, name);
    t.equal(await nameOf(), before, name);
  }
  const { body: coupon } = await shop.client.call(path);
  t.equal(coupon['state'], 'open', 'nothing was paused');
  const held = await shop.client.call(`${path}/issuance`, { token: member });
  t.equal(held.status, 404, 'nothing was issued');
});

t.test('other encodings and endless bodies are refused with a code', async (t) => {
  const head = chunkedHead('PATCH', path, shop.seller);
  for (const encoding of ['gzip, chunked', 'xchunked']) {
    const request = head.replace(': chunked', `: ${encoding}`) + chunks('{}') + END;
    const { received } = await exchangeBytes(port, [request], bodyEnded, PATIENCE_MS);
    t.match(received, /^HTTP\/1\.1 400 [^]*"code":"malformed_request"/, encoding);
  }
  // To the library an extension is a part of the size: too large a number, or one that is waited for.
  const extension = await exchangeBytes(
    port,
    [`${head}2;name=value\r\n{}\r\n${END}`],
    () => false,
    PATIENCE_MS,
  );
  t.match(extension.received, /^HTTP\/1\.1 40[08] /);
  const slow = await Promise.all(
    [
      `${head}${chunks('{"name"')}`,
      `${head.replace('Transfer-Encoding: chunked', 'Content-Length: 20')}{"name"`,
    ].map((request) => exchangeBytes(port, [request], () => false, PATIENCE_MS)),
  );
  for (const { received, closed } of slow) {
    t.ok(closed);
    t.match(received, /^HTTP\/1\.1 408 [^]*\r\nConnection: close\r\n[^]*"code":"body_incomplete"/);
  }
  t.ok(shop.server.isAlive());
});

t.test('trailers in a later packet reach nobody, and what they follow is made once', async (t) => {
  const accepted = chunkedHead('PATCH', path, shop.seller);
  const member = await signToken('late-trailers', 'member');
  const smuggled = `POST ${path}/pause HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer ${shop.seller}\r\n\r\n`;
  const trailers = ['X-Checksum: 1\r\n\r\n', smuggled, `xx${smuggled}`, `\r\n${smuggled}`];
  for (const [place, trailer] of trailers.entries()) {
    const body = `{"name":"Late ${place}"}`;
    const patch = await inTwoPackets(`${accepted}${chunks(body)}0\r\n`, trailer);
    const request = chunkedHead('POST', `${path}/download`, member);
    const download = await inTwoPackets(`${request}${chunks('{}')}0\r\n`, trailer);
    for (const received of [patch, download]) {
      t.ok(responses(received) <= 1, 'one answer at most');
      t.notMatch(received, '"state":"paused"');
    }
    // A trailer that comes before the answer ends the connection, at most with a refusal of the library's own: neither promises anything.
    if (patch !== '' && !LIBRARYS_REFUSAL.test(patch)) {
      const made = /^HTTP\/1\.1 200 /.test(patch);
      t.equal((await nameOf()) === `Late ${place}`, made, 'the answer is true');
    }
  }
  const { body: coupon } = await shop.client.call(path);
  t.equal(coupon['state'], 'open', 'nothing was paused');
});

/** The second packet leaves when the server has had the time to read the first. */
async function inTwoPackets(first: string, second: string): Promise<string> {
  const socket = connect(port, '127.0.0.1').setNoDelay(true);
  let received = '';
  socket.on('data', (data) => (received += data.toString('latin1'))).on('error', () => undefined);
  const closed = new Promise((resolve) => socket.once('close', resolve));
  socket.write(first);
  await pause(SECOND_PACKET_MS);
  if (!socket.destroyed) socket.write(second);
  await Promise.race([closed, pause(PATIENCE_MS, undefined, { ref: false })]);
  socket.destroy();
  return received;
}
