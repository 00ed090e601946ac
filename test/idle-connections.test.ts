/** Keeps idle connections to real servers: as long as IDLE_TIMEOUT_S, and no longer. */
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { connect, type Socket } from 'node:net';
import { connect as connectTls } from 'node:tls';
import t from 'tap';
import { exchangeBytes } from '../src/http/testing/client.js';
import { HttpClient } from './clients/http-client.js';
import { signToken } from './clients/tokens.js';
import { makeCertificates } from './servers/certificates.js';
import { startSeonchak } from './servers/seonchak.js';
import { startBackEnd } from './system/back-ends.js';
import { startEmbedded } from './system/embedded-back-end.js';

const CONNECTIONS = 2_000;
const OPENED_TOGETHER = 200;
/** Above the 12 s after which a connection to a server with the default ends, with room for a slow machine. */
const IDLE_TIMEOUT_S = '25';

/** One connection, on which requests follow one another. */
class KeptConnection {
  readonly socket: Socket;
  readonly closed: Promise<unknown>;
  #received = '';

  constructor(port: number) {
    this.socket = connect(port, '127.0.0.1').on('error', () => undefined);
    this.socket.on('data', (data) => (this.#received += data.toString('latin1')));
    this.closed = once(this.socket, 'close');
  }

  /** @returns the answer, or what came of it before the connection ended. */
  async ask(line: string, token = ''): Promise<string> {
    this.#received = '';
    const authorization = token === '' ? '' : `Authorization: Bearer ${token}\r\n`;
    this.socket.write(`${line} HTTP/1.1\r\nHost: x\r\n${authorization}\r\n`);
    while (!this.#received.endsWith('}') && !this.socket.destroyed)
      await Promise.race([once(this.socket, 'data'), this.closed]);
    return this.#received;
  }
}

async function openConnections(port: number, count: number): Promise<KeptConnection[]> {
  const opened: KeptConnection[] = [];
  while (opened.length < count) {
    const some = Array.from({ length: OPENED_TOGETHER }, () => new KeptConnection(port));
    await Promise.all(some.map(({ socket }) => once(socket, 'connect')));
    opened.push(...some);
  }
  return opened;
}

t.test(
  '2,000 idle connections outlive those to a server with the default',
  { timeout: 180_000 },
  async (t) => {
    const backEnds = [await startEmbedded(), await startEmbedded()] as const;
    const usual = await startSeonchak(backEnds[0].settings);
    const patient = await startSeonchak({ ...backEnds[1].settings, IDLE_TIMEOUT_S });
    t.teardown(async () => {
      await Promise.all([usual.stop(), patient.stop()]);
      await Promise.all(backEnds.map((backEnd) => backEnd.stop()));
    });
    const client = new HttpClient(patient.origin, 1);
    t.teardown(() => client.close());
    const body = { name: 'Kept', quantity: CONNECTIONS };
    const seller = await signToken('500', 'seller');
    const coupon = await client.call('/v1/coupons', { method: 'POST', token: seller, body });
    const download = `POST /v1/coupons/${String(coupon.body['id'])}/download`;

    const kept = await openConnections(patient.port, CONNECTIONS);
    t.teardown(() => kept.forEach(({ socket }) => socket.destroy()));
    // Half of them have had an answer before they are idle.
    for (const connection of kept.slice(CONNECTIONS / 2)) await connection.ask('GET /healthz');
    const control = new KeptConnection(usual.port);
    t.match(await control.ask('GET /healthz'), /^HTTP\/1\.1 200 /);
    await control.closed;
    const answers = await Promise.all(
      kept.map(async (connection, place) =>
        connection.ask(download, await signToken(`m-${place}`, 'member')),
      ),
    );
    t.same(
      answers.filter((answer) => !answer.startsWith('HTTP/1.1 201 ')).map((answer) => answer.slice(0, 200)),
      [],
    );
    await Promise.all(kept.map(({ closed }) => closed));
    t.ok(patient.isAlive(), 'idle for longer, they are closed');
  },
);

t.test(
  'several processes keep their connections, and a stop refuses nothing',
  { timeout: 180_000 },
  async (t) => {
    const backEnd = await startBackEnd('redis');
    const server = await startSeonchak({
      ...backEnd.settings,
      PROCESSES: '2',
      IDLE_TIMEOUT_S,
      SHUTDOWN_DELAY_MS: '1000',
    });
    t.teardown(async () => {
      await server.stop();
      await backEnd.stop();
    });
    const kept = await openConnections(server.port, OPENED_TOGETHER);
    t.teardown(() => kept.forEach(({ socket }) => socket.destroy()));
    const complaints: string[] = [];
    let served = 0;
    // Each of them repeats its request until an answer ends the connection.
    const load = kept.map(async (connection) => {
      for (;;) {
        const answer = await connection.ask('GET /healthz');
        if (!answer.startsWith('HTTP/1.1 200 ')) complaints.push(`after ${served}: ${answer.slice(0, 200)}`);
        else served++;
        if (!answer.startsWith('HTTP/1.1 200 ') || answer.includes('\r\nConnection: close\r\n')) return;
      }
    });
    while (served < 2 * OPENED_TOGETHER) await new Promise((resolve) => setImmediate(resolve));
    const stopped = server.kill('SIGTERM');
    await Promise.all(load);
    await stopped;
    t.same(complaints, []);
    t.notOk(server.isAlive());
  },
);

t.test('with TLS as well: requests, refusals, and an end while a body is sent', async (t) => {
  const certificates = await makeCertificates();
  const backEnd = await startEmbedded();
  const server = await startSeonchak({
    ...backEnd.settings,
    IDLE_TIMEOUT_S,
    TLS_CERT_FILE: certificates.cert,
    TLS_KEY_FILE: certificates.key,
  });
  t.teardown(async () => {
    await server.stop();
    await Promise.all([backEnd.stop(), certificates.remove()]);
  });
  const ca = readFileSync(certificates.ca);
  const open = (): Socket => connectTls({ host: '127.0.0.1', port: server.port, ca });
  const seller = `Host: x\r\nAuthorization: Bearer ${await signToken('500', 'seller')}\r\n`;
  const body = '{"name":"Over TLS","quantity":5}';
  const post = (length: number): string =>
    `POST /v1/coupons HTTP/1.1\r\n${seller}Content-Type: application/json\r\nContent-Length: ${length}\r\n\r\n`;
  for (const [name, bytes, answer] of [
    ['a request', post(body.length) + body, /^HTTP\/1\.1 201 [^]*"name":"Over TLS"[^]*\}$/],
    ['a large body', post(8_000_000) + 'x'.repeat(8_000_000), /^HTTP\/1\.1 413 [^]*body_too_large[^]*\}$/],
    [
      'two lengths',
      post(3).replace(seller, `${seller}Content-Length: 2\r\n`),
      /^HTTP\/1\.1 400 [^]*malformed_request[^]*\}$/,
    ],
  ] as const) {
    const { received } = await exchangeBytes(open, [bytes], (text) => answer.test(text), 20_000);
    t.match(received, answer, name);
  }
  const plain = await exchangeBytes(server.port, ['GET /healthz HTTP/1.1\r\nHost: x\r\n\r\n']);
  t.ok(plain.closed, 'a connection without TLS is closed');
  t.notMatch(plain.received, /HTTP\/1\.1 2/);
  const stopped = server.kill('SIGTERM');
  await stopped;
  t.notOk(server.isAlive());
});
