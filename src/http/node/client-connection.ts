/**
 * Serves one client connection of Node's HTTP server: one request after another, and an end that loses no answer.
 *
 * Node's server hands over all requests that came in one packet (pipelining) at once. Handlers get the next one when the previous one
 * is answered, so none is carried out after an answer that ends the connection.
 */
import type { IncomingMessage, ServerResponse } from 'node:http';
import { Socket } from 'node:net';
import { problemBody, problemKinds } from '../wire/problems.js';
import type { Problem } from '../wire/problems.js';
import { PROBLEM_TYPE, responseHead } from '../wire/status-lines.js';
import { NodeResponse } from './node-response.js';
import type { ResponseConnection } from './node-response.js';

/** For a client that takes no byte of its answer. uWebSockets.js has the same bound. */
const STALL_MAX_MS = 10_000;

/** Requests that wait for the answer to a previous one. Balancers and browsers send none; a client that sends more is disconnected. */
const PIPELINED_MAX = 100;

/** How long what a client still sends is read and discarded once its connection is to end. */
const LINGER_MS = 5_000;

type Serve = (incoming: IncomingMessage, response: NodeResponse, connection: ClientConnection) => void;

export class ClientConnection implements ResponseConnection {
  readonly address: ArrayBuffer;
  readonly #socket: Socket;
  /** Not answered yet. */
  #current: NodeResponse | undefined;
  #incoming: IncomingMessage | undefined;
  readonly #waiting: { readonly incoming: IncomingMessage; readonly outgoing: ServerResponse }[] = [];
  readonly #serve: Serve;
  #lastAnswer: ServerResponse | undefined;
  #isEnding = false;

  /**
   * @param idleMs without a request, after which the connection ends.
   * @param serve hands a request to its handler.
   */
  constructor(socket: Socket, idleMs: number, serve: Serve) {
    this.#socket = socket;
    this.#serve = serve;
    this.address = new TextEncoder().encode(socket.remoteAddress ?? '').buffer;
    // Until the first request; after each answer Node's server sets the same (`keepAliveTimeout`).
    socket.setTimeout(idleMs);
    socket.once('close', () => this.#abortCurrent());
    // Node's server ends a connection with this after an answer with `Connection: close`.
    socket.destroySoon = () => this.#endAfterAnswer();
  }

  receive(incoming: IncomingMessage, outgoing: ServerResponse): void {
    if (this.#isEnding) return;
    if (this.#current === undefined && this.#waiting.length === 0) this.#begin(incoming, outgoing);
    else if (this.#waiting.length < PIPELINED_MAX) this.#waiting.push({ incoming, outgoing });
    else this.cut();
  }

  answered(answer: ServerResponse, isLast: boolean): void {
    this.#current = undefined;
    this.#lastAnswer = answer;
    if (isLast) {
      this.#isEnding = true;
      this.#waiting.length = 0;
    }
    // In a turn of its own: many answers at once would call each other.
    if (this.#waiting.length > 0) setImmediate(() => this.#beginNext());
  }

  /** A request that waits for its answer, or a stream without news, is not a stalled client. */
  onTimeout(): void {
    if (this.#current === undefined || this.#socket.writableLength > 0) this.cut();
  }

  /**
   * What came is not HTTP. The unanswered request is not carried out: its body, or what follows it, is the part that cannot be read.
   *
   * @param problem `undefined`: the client has disconnected.
   */
  onMalformed(problem: Problem | undefined): void {
    if (this.#isEnding) return;
    const isBegun = this.#current?.isBegun === true;
    this.#abortCurrent();
    if (problem === undefined || isBegun || !this.#socket.writable) {
      this.cut();
      return;
    }
    this.#isEnding = true;
    // Answers to earlier requests come first.
    const answer = this.#lastAnswer;
    if (answer === undefined || answer.writableFinished) this.#endWith(problem);
    else answer.once('finish', () => this.#endWith(problem));
  }

  cut(): void {
    this.#socket.destroy();
  }

  #begin(incoming: IncomingMessage, outgoing: ServerResponse): void {
    this.#socket.setTimeout(STALL_MAX_MS);
    this.#incoming = incoming;
    this.#current = new NodeResponse(incoming, outgoing, this);
    this.#serve(incoming, this.#current, this);
  }

  #beginNext(): void {
    if (this.#isEnding || this.#current !== undefined) return;
    const next = this.#waiting.shift();
    if (next !== undefined) this.#begin(next.incoming, next.outgoing);
  }

  #abortCurrent(): void {
    this.#waiting.length = 0;
    this.#current?.abort();
    this.#current = undefined;
  }

  #endWith(problem: Problem): void {
    const body = problemBody(problem);
    const head = responseHead(problemKinds[problem.code].status, PROBLEM_TYPE, {
      'Cache-Control': 'no-store',
      Connection: 'close',
      'Content-Length': String(Buffer.byteLength(body)),
    });
    this.#socket.end(`HTTP/1.1 ${head}\r\n\r\n${body}`);
    this.#linger();
  }

  #endAfterAnswer(): void {
    this.#isEnding = true;
    if (this.#incoming?.complete !== false) {
      Socket.prototype.destroySoon.call(this.#socket);
      return;
    }
    this.#socket.end();
    this.#linger();
  }

  /** Closed while bytes of the client are unread, the connection would be reset, and the answer lost with it. */
  #linger(): void {
    const timer = setTimeout(() => this.cut(), LINGER_MS).unref();
    this.#socket.once('close', () => clearTimeout(timer));
  }
}
