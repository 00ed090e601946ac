/** Presents a request of Node's HTTP server as the handlers read it. */
import type { IncomingMessage } from 'node:http';
import type { HttpRequest } from '../wire/http-app.js';

export class NodeRequest implements HttpRequest {
  /** Set by a handler that leaves the request to the next route. */
  yields = false;
  readonly #incoming: IncomingMessage;
  readonly #path: string;
  /** `undefined` without a `?`. */
  readonly #query: string | undefined;
  #params: readonly string[] = [];

  constructor(incoming: IncomingMessage) {
    this.#incoming = incoming;
    const { url = '/' } = incoming;
    const mark = url.indexOf('?');
    this.#path = asUtf8(mark < 0 ? url : url.slice(0, mark));
    this.#query = mark < 0 ? undefined : asUtf8(url.slice(mark + 1));
  }

  /** Before each handler that is tried. */
  offer(params: readonly string[]): void {
    this.#params = params;
    this.yields = false;
  }

  getHeader(lowerCaseName: string): string {
    const lines = this.#incoming.rawHeaders;
    for (let place = 0; place < lines.length; place += 2) {
      const name = lines[place] ?? '';
      if (name.length === lowerCaseName.length && name.toLowerCase() === lowerCaseName)
        return asUtf8(lines[place + 1] ?? '');
    }
    return '';
  }

  forEach(each: (name: string, value: string) => void): void {
    const lines = this.#incoming.rawHeaders;
    for (let place = 0; place < lines.length; place += 2)
      each((lines[place] ?? '').toLowerCase(), asUtf8(lines[place + 1] ?? ''));
  }

  getParameter(index: number): string {
    return this.#params[index] ?? '';
  }

  getUrl(): string {
    return this.#path;
  }

  getMethod(): string {
    return (this.#incoming.method ?? '').toLowerCase();
  }

  getQuery(): string;
  getQuery(key: string): string | undefined;
  getQuery(key?: string): string | undefined {
    if (key === undefined) return this.#query;
    return new URLSearchParams(this.#query).get(key) ?? undefined;
  }

  setYield(yields: boolean): void {
    this.yields = yields;
  }
}

/** Node.js reads each byte as one character; uWebSockets.js reads UTF-8. */
function asUtf8(text: string): string {
  return beyondAscii.test(text) ? Buffer.from(text, 'latin1').toString('utf8') : text;
}

const beyondAscii = /[\x80-\xff]/;
