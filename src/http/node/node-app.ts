/**
 * Serves the same handlers as uWebSockets.js with Node's own HTTP server, which has a setting for idle connections.
 *
 * In uWebSockets.js the idle time is compiled in (10 s). Balancers of cloud providers keep connections for minutes and require that
 * the server keeps them longer. Costs in docs/adr/0071.
 */
import cluster from 'node:cluster';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import { createServer as createTlsServer } from 'node:https';
import { Server as NetServer } from 'node:net';
import type { Socket } from 'node:net';
import { setImmediate as turnOfTheLoop, setTimeout as pause } from 'node:timers/promises';
import type { ConnectionFilter, Handler, HttpApp, OpenedApp } from '../wire/http-app.js';
import { LIBRARY_HEAD_BYTES_MAX } from '../wire/http-library.js';
import { listenFault } from '../wire/listen.js';
import type { ListenAt, Listening } from '../wire/listen.js';
import { HEAD_TOO_LARGE } from '../wire/request-head.js';
import type { Problem } from '../wire/problems.js';
import { ClientConnection } from './client-connection.js';
import { NodeRequest } from './node-request.js';
import type { NodeResponse } from './node-response.js';
import { ANY_METHOD, RouteMatcher } from './route-matcher.js';

/** For a head that has begun to come, beyond the time that a connection may be idle. */
const HEAD_TIMEOUT_EXTRA_MS = 10_000;

/** A stopping process that shares its port and was sent no connection for this long, twice, has no more coming. */
const SHARED_QUIET_MS = 100;
/** A stopping server to which clients connect without end stops all the same. */
const ACCEPT_TURNS_MAX = 10_000;
const SHARED_TURNS_MAX = 30;

const MALFORMED: Problem = { code: 'malformed_request', detail: 'The request is not valid HTTP/1.1.' };
const NO_HOST: Problem = { code: 'malformed_request', detail: 'The header host is missing.' };

export interface NodeAppSettings {
  /** Without a request, after which a connection ends. */
  readonly idleMs: number;
  /** Files in PEM; left out: plain HTTP. */
  readonly tls?: { readonly certFile: string; readonly keyFile: string } | undefined;
}

export class NodeApp implements HttpApp, OpenedApp {
  readonly app = this;
  readonly #routes = new RouteMatcher();
  readonly #server: Server;
  readonly #idleMs: number;
  readonly #sockets = new Set<Socket>();
  /** By socket as the HTTP server sees it: with TLS, the one inside. */
  readonly #connections = new WeakMap<Socket, ClientConnection>();
  #accepted = 0;
  #filter: ConnectionFilter = () => undefined;

  constructor({ idleMs, tls }: NodeAppSettings) {
    this.#idleMs = idleMs;
    const options = {
      keepAliveTimeout: idleMs,
      headersTimeout: idleMs + HEAD_TIMEOUT_EXTRA_MS,
      // Bodies have a limit of their own between two parts (open-response.ts).
      requestTimeout: 0,
      // Refused here, with a code.
      requireHostHeader: false,
      maxHeaderSize: LIBRARY_HEAD_BYTES_MAX,
      // Also with `--insecure-http-parser` for the clients of this process.
      insecureHTTPParser: false,
    };
    this.#server =
      tls === undefined
        ? createServer(options)
        : createTlsServer({ ...options, cert: readFileSync(tls.certFile), key: readFileSync(tls.keyFile) });
    // Node.js drops headers beyond its number without a word; the size of the head is the bound.
    this.#server.maxHeadersCount = 0;
    this.#watch(tls === undefined ? 'connection' : 'secureConnection');
  }

  readonly get = this.#register('GET');
  readonly head = this.#register('HEAD');
  readonly post = this.#register('POST');
  readonly patch = this.#register('PATCH');
  readonly del = this.#register('DELETE');
  readonly options = this.#register('OPTIONS');
  readonly any = this.#register(ANY_METHOD);

  filter(filter: ConnectionFilter): void {
    this.#filter = filter;
  }

  async listen({ host, port, exclusivePort }: ListenAt): Promise<Listening> {
    this.#server.listen({ host, port, exclusive: exclusivePort });
    try {
      await once(this.#server, 'listening');
    } catch (fault) {
      throw listenFault(host, port, fault as NodeJS.ErrnoException);
    }
    // A connection that could not be accepted; the others are served.
    this.#server.on('error', () => undefined);
    const address = this.#server.address();
    return {
      port: typeof address === 'object' && address !== null ? address.port : port,
      stop: async () => {
        await this.#untilWaitingAreAccepted();
        this.#stopListening();
      },
    };
  }

  close(): void {
    this.#stopListening();
    for (const socket of this.#sockets) socket.destroy();
  }

  /**
   * Connections that the system holds and this process has not accepted are reset by the close. Node.js accepts one in each turn of the
   * event loop, so a turn without one means that none waits.
   *
   * Where processes share the port, the first of them accepts, and sends one connection after another over a pipe: what it has not sent
   * when the last process closes is reset. On a busy machine that takes some 20 ms for each.
   */
  async #untilWaitingAreAccepted(): Promise<void> {
    // Two quiet turns: the first may have begun after its poll.
    const turnsMax = cluster.isWorker ? SHARED_TURNS_MAX : ACCEPT_TURNS_MAX;
    for (let turn = 0, quiet = 0; quiet < 2 && turn < turnsMax; turn++) {
      const before = this.#accepted;
      await (cluster.isWorker ? pause(SHARED_QUIET_MS) : turnOfTheLoop());
      quiet = this.#accepted === before ? quiet + 1 : 0;
    }
  }

  #register(method: string): (pattern: string, handler: Handler) => void {
    return (pattern, handler) => this.#routes.add(method, pattern, handler);
  }

  /** The HTTP server's own `close` would cut idle connections, on which a balancer may be sending a request. */
  #stopListening(): void {
    if (this.#server.listening) NetServer.prototype.close.call(this.#server);
  }

  #watch(ready: 'connection' | 'secureConnection'): void {
    const server = this.#server;
    const serve = this.#serve.bind(this);
    const receive = (incoming: IncomingMessage, outgoing: ServerResponse): void =>
      this.#connections.get(incoming.socket)?.receive(incoming, outgoing);
    server.on('connection', (socket: Socket) => this.#count(socket));
    server.on(ready, (socket: Socket) => {
      const connection = new ClientConnection(socket, this.#idleMs, serve);
      this.#connections.set(socket, connection);
    });
    server.on('timeout', (socket: Socket) => this.#connections.get(socket)?.onTimeout());
    server.on('clientError', (fault: NodeJS.ErrnoException, socket: Socket) => {
      const connection = this.#connections.get(socket);
      // What follows a request with `Connection: close` is not read.
      if (fault.code === 'HPE_CLOSED_CONNECTION') return;
      if (connection === undefined) socket.destroy();
      else connection.onMalformed(problemOf(fault));
    });
    server.on('request', receive);
    // `Expect` with another value than 100-continue: ignored, as uWebSockets.js does.
    server.on('checkExpectation', receive);
    server.on('connect', (incoming: IncomingMessage) =>
      this.#connections.get(incoming.socket)?.onMalformed(MALFORMED),
    );
  }

  #count(socket: Socket): void {
    const connection = {
      close() {
        socket.destroy();
        return connection as never;
      },
    };
    this.#accepted++;
    this.#sockets.add(socket);
    socket.once('close', () => {
      this.#sockets.delete(socket);
      this.#filter(connection, -1);
    });
    this.#filter(connection, 1);
  }

  #serve(incoming: IncomingMessage, response: NodeResponse, connection: ClientConnection): void {
    if (incoming.httpVersionMinor === 1 && incoming.headers.host === undefined) {
      connection.onMalformed(NO_HOST);
      return;
    }
    const request = new NodeRequest(incoming);
    const isTaken = this.#routes.dispatch(incoming.method ?? '', request.getUrl(), (handler, params) => {
      request.offer(params);
      handler(response, request);
      return !request.yields;
    });
    if (!isTaken) connection.cut();
  }
}

function problemOf({ code = '' }: NodeJS.ErrnoException): Problem | undefined {
  if (code === 'HPE_HEADER_OVERFLOW') return HEAD_TOO_LARGE;
  // What a client has not finished when it disconnects is not malformed.
  return code.startsWith('HPE_') && code !== 'HPE_INVALID_EOF_STATE' ? MALFORMED : undefined;
}
