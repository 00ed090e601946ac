/** Presents a response of Node's HTTP server as the handlers write it. */
import type { IncomingMessage, ServerResponse } from 'node:http';
import type { HttpResponse } from '../wire/http-app.js';

/** The connection of a response. */
export interface ResponseConnection {
  /** Address of the peer, as text. */
  readonly address: ArrayBuffer;
  /** @param isLast the answer ends the connection. */
  answered(answer: ServerResponse, isLast: boolean): void;
  cut(): void;
}

export class NodeResponse implements HttpResponse {
  readonly #incoming: IncomingMessage;
  readonly #outgoing: ServerResponse;
  readonly #connection: ResponseConnection;
  #head = '200 OK';
  #isOver = false;
  #endsConnection = false;
  #onAborted: (() => void) | undefined;
  #onWritable: ((offset: number) => boolean) | undefined;

  constructor(incoming: IncomingMessage, outgoing: ServerResponse, connection: ResponseConnection) {
    this.#incoming = incoming;
    this.#outgoing = outgoing;
    this.#connection = connection;
  }

  /** Whether a part of the answer may be on its way. */
  get isBegun(): boolean {
    return this.#outgoing.headersSent;
  }

  getRemoteAddressAsText(): ArrayBuffer {
    return this.#connection.address;
  }

  writeStatus(head: string): this {
    this.#head = head;
    return this;
  }

  writeHeader(name: string, value: string): this {
    this.#head += `\r\n${name}: ${value}`;
    return this;
  }

  write(chunk: string): boolean {
    if (!this.#outgoing.headersSent) this.#sendHead(undefined, false);
    return this.#outgoing.write(chunk);
  }

  end(body: string | Uint8Array = '', closeConnection = false): this {
    if (!this.#outgoing.headersSent) this.#sendHead(Buffer.byteLength(body), closeConnection);
    this.#finish(body);
    return this;
  }

  endWithoutBody(): this {
    this.#sendHead(undefined, false);
    this.#finish('');
    return this;
  }

  onAborted(handler: () => void): this {
    this.#onAborted = handler;
    return this;
  }

  onData(handler: (part: ArrayBuffer, isLast: boolean) => void): this {
    this.#incoming
      .on('data', (part: Buffer) => {
        // A copy: Node.js hands out views of one memory.
        if (!this.#isOver) handler(new Uint8Array(part).buffer, false);
      })
      .once('end', () => {
        if (!this.#isOver) handler(new ArrayBuffer(0), true);
      })
      // A connection that ends within a body is an abort, and not an error.
      .on('error', () => undefined);
    return this;
  }

  onWritable(handler: (offset: number) => boolean): this {
    if (this.#onWritable === undefined) this.#outgoing.on('drain', () => this.#onWritable?.(0));
    this.#onWritable = handler;
    return this;
  }

  /** Node's server writes head and body of an answer together already. */
  cork(write: () => void): this {
    write();
    return this;
  }

  close(): this {
    this.abort();
    this.#connection.cut();
    return this;
  }

  /** The connection has ended, or is about to. */
  abort(): void {
    if (this.#isOver) return;
    this.#isOver = true;
    this.#onWritable = undefined;
    this.#onAborted?.();
  }

  #finish(body: string | Uint8Array): void {
    this.#isOver = true;
    this.#onWritable = undefined;
    this.#outgoing.end(body);
    this.#connection.answered(this.#outgoing, this.#endsConnection);
  }

  #sendHead(bodyBytes: number | undefined, closeConnection: boolean): void {
    const [status = '', ...lines] = asBytes(this.#head).split('\r\n');
    const headers: string[] = [];
    for (const line of lines) {
      const colon = line.indexOf(': ');
      headers.push(line.slice(0, colon), line.slice(colon + 2));
      if (line === CLOSE_LINE) this.#endsConnection = true;
    }
    if (closeConnection) headers.push('Connection', 'close');
    if (closeConnection || !this.#outgoing.shouldKeepAlive) this.#endsConnection = true;
    if (bodyBytes !== undefined) headers.push('Content-Length', String(bodyBytes));
    this.#outgoing.writeHead(Number(status.slice(0, 3)), status.slice(4), headers);
  }
}

/** As handlers write it. */
const CLOSE_LINE = 'Connection: close';

/** One character for each byte of UTF-8, which is what Node.js writes. */
function asBytes(text: string): string {
  return beyondAscii.test(text) ? Buffer.from(text, 'utf8').toString('latin1') : text;
}

const beyondAscii = /[^\x00-\x7f]/;
