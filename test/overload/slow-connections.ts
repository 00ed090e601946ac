/** Opens connections that stay silent or send single bytes with pauses. */
import { connect, type Socket } from 'node:net';

/** A slow client sends a byte this often: soon enough that no server takes it for dead. */
const BYTE_EVERY_MS = 1_000;
const OPENED_AT_ONCE = 200;

const slowHead = 'POST /v1/coupons/1/download HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer ';
const slowBody = 'POST /v1/sessions HTTP/1.1\r\nHost: x\r\nContent-Length: 9000\r\n\r\n{"email":"';

export class SlowConnections {
  readonly #sockets: Socket[] = [];
  readonly #timer: NodeJS.Timeout;
  #dribbling: Socket[] = [];

  constructor() {
    this.#timer = setInterval(() => {
      this.#dribbling = this.#dribbling.filter((socket) => !socket.destroyed);
      for (const socket of this.#dribbling) socket.write('x');
    }, BYTE_EVERY_MS);
  }

  /** How many the server has not closed. */
  get open(): number {
    return this.#sockets.filter((socket) => !socket.destroyed).length;
  }

  /** Connections without a byte. */
  async openIdle(port: number, count: number): Promise<void> {
    await this.#open(port, count);
  }

  /** Connections that begin a request and continue byte by byte: every other one in its head, the rest in its body. */
  async openSlow(port: number, count: number): Promise<void> {
    const sockets = await this.#open(port, count);
    sockets.forEach((socket, place) => socket.write(place % 2 === 0 ? slowHead : slowBody));
    this.#dribbling.push(...sockets);
  }

  close(): void {
    clearInterval(this.#timer);
    for (const socket of this.#sockets) socket.destroy();
  }

  async #open(port: number, count: number): Promise<Socket[]> {
    const opened: Socket[] = [];
    while (opened.length < count) {
      const some = Array.from({ length: Math.min(OPENED_AT_ONCE, count - opened.length) }, () =>
        openOne(port),
      );
      opened.push(...(await Promise.all(some)));
    }
    this.#sockets.push(...opened);
    return opened;
  }
}

function openOne(port: number): Promise<Socket> {
  return new Promise((resolve, reject) => {
    const socket = connect(port, '127.0.0.1', () => resolve(socket));
    socket.once('error', reject);
    socket.on('error', () => undefined);
    socket.resume();
  });
}
