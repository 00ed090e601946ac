/** Tests the live view over real sockets. */
import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { connect } from 'node:net';
import type { Socket } from 'node:net';
import t from 'tap';
import type { Test } from 'tap';
import { parseCouponId } from '../../engine/domain/coupon.js';
import type { CouponId } from '../../engine/domain/coupon.js';
import { StoreUnavailableError } from '../../engine/domain/errors.js';
import { LiveTopic } from '../../engine/live/live-topic.js';
import { LiveBroadcast, SLICE_WRITES_MAX } from './live-broadcast.js';
import { LiveWatcher } from './live-watcher.js';
import { startHttp } from '../server.js';
import { call } from '../testing/client.js';
import { startEmbeddedServer, TEST_LIMITS } from '../testing/embedded-server.js';
import type { EmbeddedServer } from '../testing/embedded-server.js';

interface Event {
  readonly id: string;
  readonly data: Readonly<Record<string, unknown>>;
}

/** Reads a stream of events as a browser does. */
class Reader {
  readonly socket: Socket;
  #text = '';
  #taken = 0;

  constructor(t: Test, port: number, path: string, headers = '') {
    this.socket = connect(port, '127.0.0.1');
    this.socket.setEncoding('utf8');
    this.socket.on('error', () => undefined);
    this.socket.write(`GET ${path} HTTP/1.1\r\nHost: localhost\r\n${headers}\r\n`);
    this.socket.on('data', (chunk: string) => {
      this.#text += chunk;
    });
    t.teardown(() => this.socket.destroy());
  }

  get text(): string {
    return this.#text;
  }

  get events(): Event[] {
    return [...this.#text.matchAll(/^id: (\d+)\ndata: (.*)$/gm)].map(([, id = '', data = '']) => ({
      id,
      data: JSON.parse(data) as Event['data'],
    }));
  }

  /** The next event that has not been taken yet. */
  async next(): Promise<Event> {
    for (;;) {
      const event = this.events[this.#taken];
      if (event !== undefined) {
        this.#taken++;
        return event;
      }
      await once(this.socket, 'data');
    }
  }

  async until(condition: (event: Event) => boolean): Promise<Event> {
    for (;;) {
      const event = await this.next();
      if (condition(event)) return event;
    }
  }
}

async function registerCoupon(server: EmbeddedServer, quantity = 100): Promise<number> {
  const token = await server.token('seller', 'seller');
  const answer = await call(server.url, 'POST /v1/coupons', {
    token,
    body: { name: 'live', quantity },
    headers: { 'content-type': 'application/json' },
  });
  return Number(answer.body['id']);
}

async function download(server: EmbeddedServer, couponId: number, member: string): Promise<void> {
  await call(server.url, `POST /v1/coupons/${couponId}/download`, { token: await server.token(member) });
}

const shared = await startEmbeddedServer(t);

const livePath = (couponId: number): string => `/v1/coupons/${couponId}/live`;

t.test('who watches sees the state at once, and every issuance soon', async (t) => {
  const couponId = await registerCoupon(shared);
  const reader = new Reader(t, shared.http.port, livePath(couponId));
  const first = await reader.next();
  t.match(first.data, {
    couponId,
    state: 'open',
    quantity: 100,
    issued: 0,
    remaining: 100,
    issuedPerSecond: 0,
  });
  t.match(reader.text, /^content-type: text\/event-stream/im);

  await download(shared, couponId, 'a');
  const changed = await reader.until((event) => event.data['issued'] === 1);
  t.equal(changed.data['remaining'], 99);
  t.equal(Date.parse(String(changed.data['storeNow'])), Number(changed.id), 'the id is the store’s clock');
});

t.test('a watcher gets at most five updates a second, however fast it goes', async (t) => {
  const couponId = await registerCoupon(shared, 10_000);
  const readers = [1, 2, 3].map(() => new Reader(t, shared.http.port, livePath(couponId)));
  await Promise.all(readers.map((reader) => reader.next()));
  const untilMs = performance.now() + 1_500;
  for (let member = 0; performance.now() < untilMs; member++) await download(shared, couponId, `m${member}`);
  for (const reader of readers) {
    t.ok(reader.events.length >= 4, `${reader.events.length} updates in 1.5 s`);
    t.ok(reader.events.length <= 10, `${reader.events.length} updates in 1.5 s`);
  }
});

t.test('a watcher who reconnects gets the updates it missed', async (t) => {
  const couponId = await registerCoupon(shared);
  const staying = new Reader(t, shared.http.port, livePath(couponId));
  const leaving = new Reader(t, shared.http.port, livePath(couponId));
  const { id } = await leaving.next();
  leaving.socket.destroy();
  for (const [count, member] of ['a', 'b'].entries()) {
    await download(shared, couponId, member);
    await staying.until((event) => event.data['issued'] === count + 1);
  }
  const back = new Reader(t, shared.http.port, livePath(couponId), `Last-Event-ID: ${id}\r\n`);
  await back.until((event) => event.data['issued'] === 1);
  await back.until((event) => event.data['issued'] === 2);

  const asQuery = new Reader(t, shared.http.port, `${livePath(couponId)}?lastEventId=${id}`);
  await asQuery.until((event) => event.data['issued'] === 1);
  const damaged = new Reader(t, shared.http.port, livePath(couponId), 'Last-Event-ID: __proto__\r\n');
  t.equal((await damaged.next()).data['issued'], 2, 'an id that is none is as good as none');
});

t.test('a coupon that does not exist cannot be watched', async (t) => {
  for (const id of ['99', '0', 'x', '%00']) {
    const answer = await call(shared.url, `GET /v1/coupons/${id}/live`);
    t.equal(answer.status, 404);
    t.equal(answer.body['code'], 'unknown_coupon');
  }
  t.equal((await call(shared.url, 'POST /v1/coupons/1/live')).status, 405);
  const head = await call(shared.url, 'HEAD /v1/coupons/1/live');
  t.match(head.headers['content-type'], /event-stream/);
});

t.test('an unreachable store is reported as such', async (t) => {
  const http = await startHttp(
    {
      ...shared.services,
      admission: {
        unrecordedHolder: () => Promise.reject(new StoreUnavailableError('away')),
        snapshots: () => Promise.reject(new StoreUnavailableError('away')),
      },
    },
    {
      host: '127.0.0.1',
      port: 0,
      exclusivePort: true,
      tokens: { issuer: 'seonchak', audiences: ['seonchak'], secret: randomBytes(32) },
      sellerSignup: 'open',
      memberSignup: 'open',
      limits: TEST_LIMITS,
    },
  );
  t.teardown(() => http.shutDown({ graceMs: 1_000, idleMs: 0 }));
  const answer = await call(`http://127.0.0.1:${http.port}`, 'GET /v1/coupons/1/live');
  t.equal(answer.status, 503);
  t.equal(answer.body['code'], 'not_ready');
  t.ok(answer.headers['retry-after']);
});

t.test('a server that stops ends the streams at once and does not wait for them', async (t) => {
  const server = await startEmbeddedServer(t);
  const couponId = await registerCoupon(server);
  const reader = new Reader(t, server.http.port, livePath(couponId));
  await reader.next();
  const ended = once(reader.socket, 'close');
  const startMs = performance.now();
  await server.http.shutDown({ graceMs: 5_000, idleMs: 0 });
  t.ok(performance.now() - startMs < 1_000);
  await ended;
  t.match(reader.text, /\r\n0\r\n\r\n$/, 'the stream was ended properly');
});

t.test('a reader who takes nothing costs one event, and has the newest when it takes again', async (t) => {
  const couponId = parseCouponId('7') as CouponId;
  const written: string[] = [];
  let writable: (() => boolean) | undefined;
  let takes = true;
  // The library's response, as far as a watcher uses it: a real socket cannot be made to refuse at a chosen moment.
  const response = {
    cork: (write: () => void) => write(),
    write: (text: string) => {
      written.push(text);
      return takes;
    },
    onWritable: (handler: () => boolean) => {
      writable = handler;
    },
  };
  const reading = {
    state: 'open',
    quantity: 9,
    lastIssueNo: 0,
    opensAtMs: undefined,
    closesAtMs: undefined,
  } as const;
  const topic = new LiveTopic(couponId, { ...reading, issued: 0, storeNowMs: 1 }, 0);
  let slice: (() => void) | undefined;
  const broadcast = new LiveBroadcast({
    every: (_ms, task) => {
      slice = task;
      return () => undefined;
    },
  });
  const watcher = new LiveWatcher(topic, response as never, () => broadcast.catchUp(watcher));
  broadcast.add(watcher);
  takes = false;
  for (const issued of [1, 2, 3]) {
    const update = topic.take({ ...reading, issued, storeNowMs: 1 + issued }, issued);
    if (update !== undefined) broadcast.publish(update);
    slice?.();
  }
  t.equal(written.length, 1, 'one event waits for it, and no more');
  takes = true;
  writable?.();
  slice?.();
  t.equal(written.length, 2);
  t.match(written[1], /"issued":3/);
});

t.test('beyond a bound, new watchers are asked to retry later', async (t) => {
  const server = await startEmbeddedServer(t, { settings: { liveWatchersMax: 2 } });
  const couponId = await registerCoupon(server);
  const readers = [1, 2].map(() => new Reader(t, server.http.port, livePath(couponId)));
  await Promise.all(readers.map((reader) => reader.next()));
  const refused = await call(server.url, `GET ${livePath(couponId)}`);
  t.equal(refused.status, 503);
  t.equal(refused.body['code'], 'busy');

  const closed = readers[0] === undefined ? undefined : once(readers[0].socket, 'close');
  readers[0]?.socket.destroy();
  await closed;
  const next = new Reader(t, server.http.port, livePath(couponId));
  await next.next();
});

t.test('a crowd is served in slices, and every watcher in it', async (t) => {
  const couponId = await registerCoupon(shared);
  const readers = Array.from(
    { length: 3 * SLICE_WRITES_MAX },
    () => new Reader(t, shared.http.port, livePath(couponId)),
  );
  await Promise.all(readers.map((reader) => reader.next()));
  await download(shared, couponId, 'a');
  await Promise.all(readers.map((reader) => reader.until((event) => event.data['issued'] === 1)));
  t.pass('all of them have seen it');
});
