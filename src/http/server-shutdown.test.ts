import { once } from 'node:events';
import { connect } from 'node:net';
import t from 'tap';
import { call, exchangeBytes } from './testing/client.js';
import { openShop } from './testing/shop.js';

/** The time for idle connections chooses the HTTP server. */
for (const [server, idleMs] of [
  ['uWebSockets.js', 10_000],
  ['Node.js', 60_000],
] as const) {
  t.test(`${server}: a drain answers what is in flight, takes no new connection, and closes`, async (t) => {
    const shop = await openShop(t, { settings: { idleMs } });
    const path = await shop.coupon();
    const idle = connect(shop.http.port, '127.0.0.1');
    await once(idle, 'connect');
    const idleClosed = once(idle, 'close');
    const token = await shop.token('m-1');
    const requests = Array.from({ length: 20 }, () => call(shop.url, `POST ${path}/download`, { token }));
    while (shop.http.pendingCount === 0) await new Promise((resolve) => setImmediate(resolve));
    const drained = shop.http.shutDown({ graceMs: 5_000, idleMs: 0 });
    const answers = await Promise.allSettled(requests);
    await drained;
    await idleClosed;
    t.ok(
      answers.some((answer) => answer.status === 'fulfilled' && answer.value.status === 201),
      'the one in flight won',
    );
    for (const answer of answers) {
      if (answer.status === 'fulfilled') t.ok([201, 200].includes(answer.value.status), 'nothing is refused');
    }
    t.equal(shop.http.pendingCount, 0);
    await t.rejects(call(shop.url, 'GET /healthz'), { code: 'ECONNREFUSED' });
    await t.resolves(shop.http.shutDown({ graceMs: 0, idleMs: 0 }), 'a second drain changes nothing');
  });

  t.test(
    `${server}: a drain serves what comes on kept connections, and closes each with its answer`,
    async (t) => {
      const shop = await openShop(t, { settings: { idleMs } });
      const path = await shop.coupon();
      const connections = await Promise.all(
        Array.from({ length: 7 }, async () => {
          const socket = connect(shop.http.port, '127.0.0.1');
          await once(socket, 'connect');
          return socket;
        }),
      );
      // Not only accepted by the system: the server has them.
      await call(shop.url, 'GET /healthz', { headers: { connection: 'close' } });
      const drained = shop.http.shutDown({ graceMs: 5_000, idleMs: 5_000 });
      let over = false;
      void drained.then(() => (over = true));
      // A connection that comes in the very moment of the close may be reset; after that all are refused.
      const isRefused = async (): Promise<boolean> =>
        call(shop.url, 'GET /healthz').then(
          () => false,
          (fault: unknown) => (fault as NodeJS.ErrnoException).code === 'ECONNREFUSED',
        );
      while (!(await isRefused())) await new Promise((resolve) => setImmediate(resolve));
      const member = await shop.token('m-1');
      for (const [line, token, status, body] of [
        [`POST ${path}/download`, member, 201, /"outcome":"issued"/],
        [`POST ${path}/download`, member, 200, /"outcome":"already_issued"/],
        ['GET /healthz', '', 200, /"ok"/],
        ['HEAD /healthz', '', 200, /\r\n\r\n$/],
        ['GET /v1/coupons/x', '', 404, /unknown_coupon/],
        [`GET ${path}/issuances`, shop.seller, 200, /\r\n\r\n[0-9a-f]+\r\n[^\r]*\n\r\n0\r\n\r\n$/],
        [`GET ${path}/live`, '', 200, /\nid: \d+\ndata: .*\n\n\r\n0\r\n\r\n$/],
      ] as const) {
        const socket = connections.shift();
        if (socket === undefined) throw new Error('one connection for each request');
        t.notOk(over, 'kept connections are waited for');
        const head = `${line} HTTP/1.1\r\nHost: x\r\nAccept: application/x-ndjson\r\n`;
        const request = `${head}${token === '' ? '' : `Authorization: Bearer ${token}\r\n`}\r\n`;
        const { received } = await exchangeBytes(
          () => socket,
          [request],
          (text) => body.test(text),
        );
        t.match(received, new RegExp(`^HTTP/1\\.1 ${status} [^]*\r\nConnection: close\r\n`), line);
        t.match(received, body);
        t.equal(received.split('Connection: close').length, 2, 'once, and not in the body');
      }
      await drained;
    },
  );

  t.test(`${server}: a drain does not wait longer than it may`, async (t) => {
    const shop = await openShop(t, { settings: { idleMs } });
    const stuck = connect(shop.http.port, '127.0.0.1');
    stuck.write('POST /v1/sessions HTTP/1.1\r\nHost: x\r\nContent-Length: 10\r\n\r\n{');
    while (shop.http.pendingCount === 0) await new Promise((resolve) => setImmediate(resolve));
    const closed = once(stuck, 'close');
    await shop.http.shutDown({ graceMs: 50, idleMs: 0 });
    await closed;
    t.pass();
  });
}
