/** Sends improper HTTP byte for byte to a server with a longer idle time, which Node's own HTTP server reads. */
import t from 'tap';
import { exchangeBytes } from '../../src/http/testing/client.js';
import { signToken } from '../clients/tokens.js';
import { openBesiegedShop } from './besieged-shop.js';
import { malformedRequests } from './malformed-requests.js';

const shop = await openBesiegedShop({ IDLE_TIMEOUT_S: '20' });
t.teardown(() => shop.stop());

const PATIENCE_MS = 20_000;
const answered = (received: string): boolean => /\r\n\r\n[^]*\}$/.test(received);
/** A client that sends on while it is refused may be cut off before it reads. */
const SENDS_ON = 'headers over 4 KB in pieces';

const token = await signToken('7', 'seller');
for (const [name, pieces] of malformedRequests(`/v1/coupons/${shop.couponId}/download`, token)) {
  t.test(`${name}: a problem with a code`, async (t) => {
    const { received, closed } = await exchangeBytes(shop.server.port, pieces, answered, PATIENCE_MS);
    if (name === SENDS_ON && received === '') t.ok(closed);
    else t.match(received, /^HTTP\/1\.1 4\d\d [^]*"code":"[a-z_]+"/);
    t.equal(await shop.complaint(received), undefined);
  });
}
