/**
 * Wraps an HttpResponse of uWebSockets.js that is answered later; no other file handles its life cycle.
 *
 * The library's rules: `onAborted` before anything asynchronous, no call after an abort or after the end, every write
 * inside a cork. A response here is `open` until it is answered or aborted, and every method is safe in both states.
 */
import type { HttpResponse } from './http-app.js';
import type { Reply } from './exchange.js';
import { BODY_BYTES_HELD_MAX } from './in-flight.js';
import type { InFlight } from './in-flight.js';
import { responseHead } from './status-lines.js';

/** On every answer but the download's: nothing here is for caches or for guessing content types. */
const COMMON_HEADERS = { 'Cache-Control': 'no-store', 'X-Content-Type-Options': 'nosniff' };

/** Between two parts of a body. The library cuts the connection without a response after 8 to 12 s. */
const BODY_PAUSE_MAX_MS = 6_000;

export class OpenResponse {
  readonly #response: HttpResponse;
  readonly #inFlight: InFlight;
  readonly #headOnly: boolean;
  #open = true;
  /** Bytes of the body, counted among those that are held. */
  #bytesHeld = 0;
  /** Resumes the sender that waits for the reader; called on an abort, too. */
  #onMove: (() => void) | undefined;

  /** @param headOnly answer a HEAD request: the same head, no body. */
  constructor(response: HttpResponse, inFlight: InFlight, headOnly: boolean) {
    this.#response = response;
    this.#inFlight = inFlight;
    this.#headOnly = headOnly;
    inFlight.enter();
    response.onAborted(() => {
      this.#leave();
      this.#onMove?.();
    });
  }

  get isOpen(): boolean {
    return this.#open;
  }

  /**
   * Reads the whole body, once it is there. `too_large` as soon as it is known, without reading on, `too_many` when all
   * bodies together take too much, `incomplete` when no more of it comes; `undefined` when the client disconnected.
   */
  readBody(bytesMax: number): Promise<Buffer | 'too_large' | 'too_many' | 'incomplete' | undefined> {
    return new Promise((done) => {
      const resolve = (body: Buffer | 'too_large' | 'too_many' | 'incomplete' | undefined): void => {
        clearTimeout(patience);
        done(body);
      };
      const patience = setTimeout(() => resolve('incomplete'), BODY_PAUSE_MAX_MS);
      const parts: Buffer[] = [];
      let length = 0;
      this.#onMove = () => resolve(undefined);
      this.#response.onData((chunk, isLast) => {
        length += chunk.byteLength;
        patience.refresh();
        if (length > bytesMax) {
          parts.length = 0;
          resolve('too_large');
          return;
        }
        if (!this.#open) return;
        this.#bytesHeld += chunk.byteLength;
        this.#inFlight.bodyBytes += chunk.byteLength;
        if (this.#inFlight.bodyBytes > BODY_BYTES_HELD_MAX) {
          parts.length = 0;
          resolve('too_many');
          return;
        }
        // A copy: the library takes its memory back when this returns.
        parts.push(Buffer.from(new Uint8Array(chunk)));
        if (isLast) resolve(Buffer.concat(parts));
      });
    });
  }

  /** Answers, unless the client has disconnected. */
  async send(reply: Reply, closeConnection = false): Promise<void> {
    if (!this.#open) return;
    const headers = { ...COMMON_HEADERS, ...reply.headers };
    const closes = closeConnection || this.#inFlight.isShuttingDown;
    if (this.#headOnly || 'chunks' in reply) {
      // A line of the head: asked to close at the end, the library would write the header into the last chunk.
      const lines = closes ? { ...headers, Connection: 'close' } : headers;
      const head = responseHead(reply.status, reply.contentType, lines);
      if (this.#headOnly) this.#endHead(head, 'body' in reply ? Buffer.byteLength(reply.body) : undefined);
      else if ('chunks' in reply) await this.#stream(head, reply.chunks);
    } else {
      const head = responseHead(reply.status, reply.contentType, headers);
      this.#finish(() => {
        this.#response.writeStatus(head);
        this.#response.end(reply.body, closes);
      });
    }
  }

  /** Cuts the connection: an answer that was begun cannot be taken back, and must not seem complete. */
  cut(): void {
    if (!this.#open) return;
    this.#response.close();
  }

  /**
   * The length goes in as a line of the head: given to `endWithoutBody`, it makes the library wait for that many bytes
   * to follow, and the connection's next request is cut off.
   */
  #endHead(head: string, contentLength: number | undefined): void {
    const lengthLine = contentLength === undefined ? '' : `\r\nContent-Length: ${contentLength}`;
    this.#finish(() => {
      this.#response.writeStatus(head + lengthLine);
      this.#response.endWithoutBody();
    });
  }

  async #stream(head: string, chunks: AsyncIterable<string>): Promise<void> {
    this.#response.cork(() => this.#response.writeStatus(head));
    for await (const chunk of chunks) {
      if (!this.#open) return;
      if (!this.#write(chunk)) await this.#writable();
    }
    if (this.#open) this.#finish(() => this.#response.end());
  }

  /** False when the reader does not keep up. */
  #write(chunk: string): boolean {
    let keepsUp = true;
    this.#response.cork(() => {
      keepsUp = this.#response.write(chunk);
    });
    return keepsUp;
  }

  /** Until the reader has taken what was written, or has disconnected. */
  #writable(): Promise<void> {
    return new Promise((resolve) => {
      this.#onMove = resolve;
      this.#response.onWritable(() => {
        resolve();
        return true;
      });
    });
  }

  #finish(write: () => void): void {
    this.#leave();
    this.#response.cork(write);
  }

  #leave(): void {
    if (!this.#open) return;
    this.#open = false;
    this.#inFlight.bodyBytes -= this.#bytesHeld;
    this.#inFlight.leave();
  }
}
