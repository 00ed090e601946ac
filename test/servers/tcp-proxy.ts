/** Forwards TCP between two processes of a test and can drop, hold, delay, split and cut. */
import { EventEmitter, once } from 'node:events';
import { createServer, type AddressInfo, connect, type Socket } from 'node:net';

/** What happens to bytes going one way. `drop`: they vanish. `hold`: they wait until the way passes again. */
export type Passage = 'pass' | 'drop' | 'hold';

export interface ProxyBehaviour {
  readonly requests?: Passage;
  readonly replies?: Passage;
  /** What Redis sends over connections that have subscribed to a channel: its messages are lost without notice. */
  readonly messages?: 'pass' | 'drop';
  /** A request that contains this text is held, with what follows it on its connection. */
  readonly holdAt?: string;
  /** A client that subscribes to a channel of Redis is cut off. */
  readonly subscriptions?: 'pass' | 'refuse';
  /** Goes to the client in place of whatever the server answers. */
  readonly forgedReply?: Buffer;
  /** Each piece waits this long. */
  readonly delayMs?: number;
  /** Pieces of at most this many bytes, each written separately. */
  readonly chopBytes?: number;
}

export interface TcpProxy {
  readonly port: number;
  /** From now on; absent means as if there were no proxy. Held bytes are released when their way passes again. */
  behave(behaviour: ProxyBehaviour): void;
  /** Resolves when the next bytes have come from the server, whether they were passed on or not. */
  nextReply(): Promise<unknown>;
  /** Resolves when the next bytes have come from a client. */
  nextRequest(): Promise<unknown>;
  /** Resolves when a request with the text of `holdAt` has come. */
  nextHeld(): Promise<unknown>;
  /** Where new connections go from now on, as after a change of a DNS record; those that exist stay. */
  retarget(port: number): void;
  /** Resets every connection; new ones are taken. */
  cut(): void;
  stop(): Promise<void>;
}

/** As ioredis sends it. */
const SUBSCRIBE = /\r\nsubscribe\r\n/i;

export async function startTcpProxy(targetPort: number, targetHost = '127.0.0.1'): Promise<TcpProxy> {
  let behaviour: ProxyBehaviour = {};
  let currentPort = targetPort;
  const links = new Set<Link>();
  const seen = new EventEmitter();
  seen.setMaxListeners(0);
  const server = createServer({ noDelay: true }, (client) => {
    const target = connect({ port: currentPort, host: targetHost, noDelay: true });
    let subscribed = false;
    client.on('data', (bytes: Buffer) => {
      subscribed ||= SUBSCRIBE.test(bytes.toString('latin1'));
      if (subscribed && behaviour.subscriptions === 'refuse') client.resetAndDestroy();
    });
    const forReplies = (): ProxyBehaviour =>
      subscribed && behaviour.messages === 'drop' ? { ...behaviour, replies: 'drop' } : behaviour;
    const link: Link = {
      client,
      target,
      requests: new Way(client, target, () => behaviour, 'requests', seen),
      replies: new Way(target, client, forReplies, 'replies', seen),
    };
    links.add(link);
    for (const socket of [client, target]) {
      socket.on('error', () => undefined);
      socket.once('close', () => {
        links.delete(link);
        client.destroy();
        target.destroy();
      });
    }
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return {
    port: (server.address() as AddressInfo).port,
    behave(next) {
      behaviour = next;
      for (const link of links) {
        link.requests.release();
        link.replies.release();
      }
    },
    nextReply: () => once(seen, 'replies'),
    nextRequest: () => once(seen, 'requests'),
    nextHeld: () => once(seen, 'held'),
    retarget(port) {
      currentPort = port;
    },
    cut() {
      for (const { client, target } of links) {
        client.resetAndDestroy();
        target.destroy();
      }
    },
    async stop() {
      const closed = once(server, 'close');
      server.close();
      for (const { client, target } of links) {
        client.destroy();
        target.destroy();
      }
      await closed;
    },
  };
}

interface Link {
  readonly client: Socket;
  readonly target: Socket;
  readonly requests: Way;
  readonly replies: Way;
}

/** One direction of one connection. Order is kept: a piece leaves only after the previous one. */
class Way {
  readonly #to: Socket;
  readonly #behaviour: () => ProxyBehaviour;
  readonly #direction: 'requests' | 'replies';
  #held: Buffer[] = [];
  #last: Promise<void> = Promise.resolve();

  constructor(
    from: Socket,
    to: Socket,
    behaviour: () => ProxyBehaviour,
    direction: 'requests' | 'replies',
    seen: EventEmitter,
  ) {
    this.#to = to;
    this.#behaviour = behaviour;
    this.#direction = direction;
    from.on('data', (sent: Buffer) => {
      seen.emit(direction);
      const { forgedReply } = behaviour();
      const bytes = direction === 'replies' && forgedReply !== undefined ? forgedReply : sent;
      const passage = this.#isHeldAt(bytes, seen) ? 'hold' : (behaviour()[direction] ?? 'pass');
      if (passage === 'hold') this.#held.push(bytes);
      else if (passage === 'pass') this.#forward(bytes);
    });
  }

  #isHeldAt(bytes: Buffer, seen: EventEmitter): boolean {
    const { holdAt } = this.#behaviour();
    if (this.#direction === 'replies' || holdAt === undefined) return false;
    if (this.#held.length > 0) return true;
    if (!bytes.includes(holdAt)) return false;
    seen.emit('held');
    return true;
  }

  release(): void {
    if ((this.#behaviour()[this.#direction] ?? 'pass') === 'hold') return;
    const held = this.#held;
    this.#held = [];
    if ((this.#behaviour()[this.#direction] ?? 'pass') === 'pass')
      for (const bytes of held) this.#forward(bytes);
  }

  #forward(bytes: Buffer): void {
    const { delayMs = 0, chopBytes = bytes.length } = this.#behaviour();
    for (let start = 0; start < bytes.length; start += chopBytes) {
      const piece = bytes.subarray(start, start + chopBytes);
      this.#last = this.#last.then(async () => {
        if (delayMs > 0) await new Promise((resolve) => setTimeout(resolve, delayMs));
        // A turn of the event loop between pieces, so that they leave as packets of their own.
        else if (piece.length < bytes.length) await new Promise((resolve) => setImmediate(resolve));
        if (this.#to.writable) this.#to.write(piece);
      });
    }
  }
}
