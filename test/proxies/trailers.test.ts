/**
 * Sends requests with trailers through nginx and HAProxy as configured in deploy/ (fault 47).
 *
 * A proxy sends requests of many clients over one connection to the server. What the server took of a trailer for a request, or answered to it,
 * would reach another client.
 */
import { once } from 'node:events';
import { type AddressInfo, connect, createServer, type Socket } from 'node:net';
import { setTimeout as pause } from 'node:timers/promises';
import { connect as connectTls } from 'node:tls';
import t, { type Test } from 'tap';
import { signToken } from '../clients/tokens.js';
import { openBesiegedShop } from '../inputs/besieged-shop.js';
import { type ReverseProxy, startReverseProxy } from '../servers/reverse-proxy.js';

const ROUNDS = 2;
const PATIENCE_MS = 10_000;
const POLL_MS = 5;
/** The server has read the first packet by then. */
const SECOND_PACKET_MS = 100;

/** Forwards to the server, and records what each connection of the proxy carries. */
async function recordingHop(t: Test, serverPort: number) {
  const carried: string[] = [];
  const hop = createServer({ noDelay: true }, (from) => {
    const place = carried.push('') - 1;
    const to = connect({ port: serverPort, host: '127.0.0.1', noDelay: true });
    from.on(
      'data',
      (bytes: Buffer) => (carried[place] = `${carried[place] ?? ''}${bytes.toString('latin1')}`),
    );
    for (const socket of [from, to]) socket.on('error', () => undefined);
    from.pipe(to).pipe(from);
    from.once('close', () => to.destroy());
    to.once('close', () => from.destroy());
  });
  hop.listen(0, '127.0.0.1');
  await once(hop, 'listening');
  t.teardown(() => hop.close());
  return { port: (hop.address() as AddressInfo).port, carried };
}

/** One connection to the proxy, made again when the proxy has closed it. */
class Client {
  readonly #proxy: ReverseProxy;
  #socket: Socket | undefined;
  #received = '';

  constructor(t: Test, proxy: ReverseProxy) {
    this.#proxy = proxy;
    t.teardown(() => this.#socket?.destroy());
  }

  /** Sends the pieces of one request, and returns its response, or what there is of it when the connection ends. */
  async ask(...pieces: readonly string[]): Promise<string> {
    const socket = await this.#open();
    this.#received = '';
    for (const [place, piece] of pieces.entries()) {
      if (place > 0) await pause(SECOND_PACKET_MS);
      if (!socket.destroyed) socket.write(piece, 'latin1');
    }
    const untilMs = performance.now() + PATIENCE_MS;
    while (!isWhole(this.#received) && !socket.destroyed && performance.now() < untilMs) await pause(POLL_MS);
    return this.#received;
  }

  /** Bytes beyond the last response: another one that no request has asked for. */
  async rest(): Promise<string> {
    const { length } = this.#received;
    await pause(SECOND_PACKET_MS);
    return this.#received.slice(length);
  }

  async #open(): Promise<Socket> {
    if (this.#socket?.destroyed === false) return this.#socket;
    const { port, ca } = this.#proxy;
    const socket = connectTls({ port, host: '127.0.0.1', ca, ALPNProtocols: ['http/1.1'] });
    this.#socket = socket;
    socket
      .on('data', (bytes: Buffer) => (this.#received += bytes.toString('latin1')))
      .on('error', () => undefined);
    await once(socket, 'secureConnect');
    socket.setNoDelay(true);
    return socket;
  }
}

function isWhole(received: string): boolean {
  const [head = '', ...bodies] = received.split('\r\n\r\n');
  if (bodies.length === 0) return false;
  const length = /\r\ncontent-length: (\d+)/i.exec(head)?.[1];
  return length === undefined
    ? received.endsWith('0\r\n\r\n')
    : bodies.join('\r\n\r\n').length >= Number(length);
}

const headOf = (method: string, path: string, token: string): string =>
  `${method} ${path} HTTP/1.1\r\nHost: coupons.example\r\nAuthorization: Bearer ${token}\r\n`;
const inChunks = (text: string): string =>
  `Content-Type: application/json\r\nTransfer-Encoding: chunked\r\n\r\n${text.length.toString(16)}\r\n${text}\r\n0\r\n`;

for (const name of ['nginx', 'haproxy'] as const) {
  t.test(`trailers over the connections of ${name}`, { timeout: 120_000 }, async (t) => {
    const shop = await openBesiegedShop();
    t.teardown(() => shop.stop());
    const { port, carried } = await recordingHop(t, shop.server.port);
    const proxy = await startReverseProxy(name, port);
    t.teardown(() => proxy.stop());
    const path = `/v1/coupons/${shop.couponId}`;
    const member = await signToken('neighbour', 'member');
    const [sender, neighbour] = [new Client(t, proxy), new Client(t, proxy)];
    const request = `${headOf('POST', `${path}/download`, member)}Content-Length: 0\r\n\r\n`;
    const read = `${headOf('GET', path, shop.seller)}\r\n`;
    const nameNow = async (): Promise<unknown> => (await shop.client.call(path)).body['name'];
    const smuggled = `xxpost: ${path}/pause HTTP/1.1\r\nhost: x\r\nauthorization: Bearer ${shop.seller}\r\n\r\n`;
    t.match(await neighbour.ask(request), /^HTTP\/1\.1 201 [^]*"memberId":"neighbour"/);

    for (let round = 0; round < ROUNDS; round += 1) {
      for (const trailers of ['X-Checksum: 1\r\n\r\n', smuggled]) {
        for (const packets of [1, 2]) {
          const about = `round ${round}, ${trailers.slice(0, 6)}, packets: ${packets}`;
          t.match(await sender.ask(read), new RegExp(`^HTTP/1\\.1 200 [^]*"id":${shop.couponId},`), about);
          const title = `${about} changed`;
          const change = headOf('PATCH', path, shop.seller) + inChunks(JSON.stringify({ name: title }));
          const pieces = packets === 1 ? [change + trailers] : [change, trailers];
          const [changed, requested] = await Promise.all([sender.ask(...pieces), neighbour.ask(request)]);
          t.match(requested, /^HTTP\/1\.1 200 [^]*"already_issued"[^]*"memberId":"neighbour"/, about);
          const made = (await nameNow()) === title;
          t.equal(
            made,
            name === 'nginx',
            `${about}: nginx leaves trailers out, HAProxy passes them on to the server, which refuses`,
          );
          t.equal(/^HTTP\/1\.1 200 /.test(changed), made, `${about}: the answer is true`);
          t.equal(await sender.rest(), '', 'one answer');
          t.match(await sender.ask(read), new RegExp(`^HTTP/1\\.1 200 [^]*"id":${shop.couponId},`), about);
          t.match(await neighbour.ask(request), /^HTTP\/1\.1 200 [^]*"memberId":"neighbour"/, about);
        }
      }
    }
    const { body } = await shop.client.call(path);
    t.equal(body['state'], 'open', 'nothing was paused');
    t.ok(
      carried.some((text) => /\r\n\r\n[^]*PATCH /.test(text)),
      'such a body came over a connection that had carried another request',
    );
  });
}
