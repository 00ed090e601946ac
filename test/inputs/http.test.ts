/** Sends improper HTTP byte for byte to a real server. */
import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import t from 'tap';
import { exchangeBytes } from '../../src/http/testing/client.js';
import { signToken } from '../clients/tokens.js';
import { openBesiegedShop } from './besieged-shop.js';
import { malformedRequests } from './malformed-requests.js';

const shop = await openBesiegedShop();
t.teardown(() => shop.stop());
const { port } = shop.server;
const token = await signToken('7', 'seller');
const path = `/v1/coupons/${shop.couponId}/download`;

const answered = (received: string): boolean => received.includes('\r\n\r\n');
const SILENCE_MS = 300;

for (const [name, pieces, answer] of malformedRequests(path, token)) {
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
  for (let request = 0; request < 200; request += 1) {
    const socket = connect(port, '127.0.0.1');
    await once(socket, 'connect');
    socket.write(`POST ${path} HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer ${member}\r\n\r\n`);
    socket.destroy();
  }
  const answer = await shop.client.call(path, { method: 'POST', token: member });
  t.ok([200, 201].includes(answer.status), 'a retry gives the one unit');
  t.equal(await issuedSoFar(), before + 1);
  t.ok(shop.server.isAlive());
});

t.test('5,000 idle connections delay no request', { timeout: 120_000 }, async (t) => {
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
