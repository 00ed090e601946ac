/**
 * Defines what handlers use of an HTTP server.
 *
 * The same handlers run on uWebSockets.js and on Node's own server (node/). Names and rules are those of uWebSockets.js: `onAborted` before anything asynchronous, no call after the end or an abort.
 */
import type { Listening, ListenAt } from './listen.js';

export interface HttpRequest {
  /** The first header of this name, which is in lower case; empty where there is none. */
  getHeader(lowerCaseName: string): string;
  /** As the URL has it. */
  getParameter(index: number): string;
  /** Without the query. */
  getUrl(): string;
  /** In lower case. */
  getMethod(): string;
  /** Behind the `?`, undecoded; `undefined` without a `?`, against its type. */
  getQuery(): string;
  getQuery(key: string): string | undefined;
  /** Every header line in its order, names in lower case. */
  forEach(each: (name: string, value: string) => void): void;
  /** Leaves the request to the next route that matches. */
  setYield(yields: boolean): unknown;
}

export interface HttpResponse {
  getRemoteAddressAsText(): ArrayBuffer;
  /** Status and, after line breaks, header lines (status-lines.ts). */
  writeStatus(head: string): HttpResponse;
  writeHeader(name: string, value: string): HttpResponse;
  /** Sends a part of a body of unknown length. False when the reader does not keep up. */
  write(chunk: string): boolean;
  end(body?: string | Uint8Array, closeConnection?: boolean): HttpResponse;
  endWithoutBody(): HttpResponse;
  /** Called when the connection ends before the answer. */
  onAborted(handler: () => void): HttpResponse;
  /** The part is valid only within the call. */
  onData(handler: (part: ArrayBuffer, isLast: boolean) => void): HttpResponse;
  onWritable(handler: (offset: number) => boolean): HttpResponse;
  cork(write: () => void): HttpResponse;
  /** Cuts the connection. */
  close(): HttpResponse;
}

export type Handler = (response: HttpResponse, request: HttpRequest) => void;

type Register = (pattern: string, handler: Handler) => unknown;

/** What the routes are registered on. A route registered again replaces the previous one. */
export interface RouteRegistry {
  readonly get: Register;
  readonly head: Register;
  readonly post: Register;
  readonly patch: Register;
  readonly del: Register;
  /** For every method that has no route of its own for the path. */
  readonly any: Register;
}

/** @param change 1 for a connection that has come, −1 for one that has ended. The library's types call it an object. */
export type ConnectionFilter = (
  connection: Pick<HttpResponse, 'close'>,
  change: { valueOf(): number },
) => void;

export interface HttpApp extends RouteRegistry {
  readonly options: Register;
  filter(filter: ConnectionFilter): unknown;
  /** Cuts all connections. */
  close(): unknown;
}

/** An app that is not listening yet. */
export interface OpenedApp {
  readonly app: HttpApp;
  /** @throws PortInUseError, ListenFailedError */
  listen(at: ListenAt): Promise<Listening>;
}
