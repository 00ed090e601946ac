/** Sends request heads of many sizes to a real server, cut in several ways: the answer depends on neither. */
import t from 'tap';
import { exchangeBytes } from '../../src/http/testing/client.js';
import { signToken } from '../clients/tokens.js';
import { openBesiegedShop } from './besieged-shop.js';

const shop = await openBesiegedShop();
t.teardown(() => shop.stop());
const { port } = shop.server;

const PATIENCE_MS = 20_000;
const HEAD_BYTES_MAX = 16_384;
const ATTEMPTS_MAX = 5;
const path = `/v1/coupons/${shop.couponId}`;
const bodyEnded = (received: string): boolean => /\r\n\r\n[^]*[}>]/.test(received);

const cuts: Readonly<Record<string, (text: string) => string[]>> = {
  'one piece': (text) => [text],
  'two pieces': (text) => [text.slice(0, text.length / 2), text.slice(text.length / 2)],
  'pieces of 1,000 bytes': (text) => text.match(/[^]{1,1000}/g) ?? [],
};

/** A whole request of `bytes`, most of them in several headers that mean nothing. */
function requestOf(bytes: number, line: string, token: string): string {
  const head = `${line} HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer ${token}\r\n`;
  let padding = '';
  for (let left = bytes - head.length - 2; left > 0; left = bytes - head.length - padding.length - 2) {
    padding += `X-Padding: ${'x'.repeat(Math.min(Math.max(left, 20), 4_000) - 13)}\r\n`;
  }
  return `${head}${padding}\r\n`;
}

/**
 * The answer to a head that is refused. The server reads no more of it and closes, so a reset can arrive before the answer was read: the
 * client that continues to send gets none then, and repeats the request.
 */
async function refusalOf(pieces: readonly string[]): Promise<string> {
  for (let attempts = 1; ; attempts += 1) {
    const { received } = await exchangeBytes(port, pieces, bodyEnded, PATIENCE_MS);
    if (received !== '' || attempts === ATTEMPTS_MAX) return received;
  }
}

t.test('heads up to 16 KiB are read, larger ones get 431', async (t) => {
  const member = await signToken('long-headed', 'member');
  await shop.client.call(`${path}/download`, { method: 'POST', token: member });
  for (const [bytes, answer] of [
    [5_000, /^HTTP\/1\.1 200 /],
    [HEAD_BYTES_MAX - 500, /^HTTP\/1\.1 200 /],
    [HEAD_BYTES_MAX + 500, /^HTTP\/1\.1 431 [^]*"code":"head_too_large"/],
    [40_000, /^HTTP\/1\.1 431 /],
  ] as const) {
    for (const [how, cut] of Object.entries(cuts)) {
      const pieces = cut(requestOf(bytes, `GET ${path}/issuance`, member));
      const received =
        bytes > HEAD_BYTES_MAX
          ? await refusalOf(pieces)
          : (await exchangeBytes(port, pieces, bodyEnded, PATIENCE_MS)).received;
      t.match(received, answer, `${bytes} bytes in ${how}`);
      t.notMatch(received, /^[^]*uwebsockets: /i, 'without the name of the library');
    }
  }
});

t.test('an identity token with 120 roles downloads a coupon', async (t) => {
  const roles = Array.from({ length: 120 }, (_, place) => `shop.example/group/${place}/members`);
  const token = await signToken('many-roles', 'member', '1h', { realm_access: { roles } });
  t.ok(token.length > 4_800);
  for (const [how, cut] of Object.entries(cuts)) {
    const pieces = cut(`POST ${path}/download HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer ${token}\r\n\r\n`);
    const { received } = await exchangeBytes(port, pieces, bodyEnded, PATIENCE_MS);
    t.match(received, /^HTTP\/1\.1 20[01] [^]*"memberId":"many-roles"/, how);
  }
});

t.test('a download that has to wait is refused as well when its head is too large', async (t) => {
  for (const [how, cut] of Object.entries(cuts)) {
    const member = await signToken(`too-long-${how.length}`, 'member');
    const pieces = cut(requestOf(HEAD_BYTES_MAX + 500, `POST ${path}/download`, member));
    t.match(await refusalOf(pieces), /^HTTP\/1\.1 431 [^]*"code":"head_too_large"/, how);
    const { status } = await shop.client.call(`${path}/issuance`, { token: member });
    t.equal(status, 404, 'nothing was issued');
  }
});
