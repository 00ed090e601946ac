/** Provides two clients for tests: JSON over keep-alive connections, and raw bytes. */
import { Agent, request } from 'node:http';
import type { IncomingHttpHeaders } from 'node:http';
import { connect, type Socket } from 'node:net';

export interface Answer {
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  readonly text: string;
  /** The body as JSON; `undefined` when it is none. */
  readonly body: Readonly<Record<string, unknown>>;
}

export interface CallOptions {
  readonly token?: string | undefined;
  /** An object is sent as JSON, text and bytes as they are. */
  readonly body?: object | string | Buffer;
  readonly headers?: Readonly<Record<string, string>>;
}

const agent = new Agent({ keepAlive: true });

/** @param line method and path, such as `POST /v1/coupons`. */
export function call(url: string, line: string, { token, body, headers }: CallOptions = {}): Promise<Answer> {
  const [method = '', path = ''] = line.split(' ');
  const payload =
    body === undefined || typeof body === 'string' || Buffer.isBuffer(body) ? body : JSON.stringify(body);
  return new Promise((resolve, reject) => {
    const sent = request(
      new URL(url),
      {
        agent,
        method,
        path,
        headers: {
          ...(token === undefined ? {} : { authorization: `Bearer ${token}` }),
          ...(payload === undefined ? {} : { 'content-length': Buffer.byteLength(payload) }),
          ...headers,
        },
      },
      (response) => {
        let text = '';
        response.setEncoding('utf8');
        response.on('data', (chunk: string) => (text += chunk));
        response.on('error', reject);
        response.on('end', () => {
          resolve({ status: response.statusCode ?? 0, headers: response.headers, text, body: parsed(text) });
        });
      },
    );
    sent.on('error', reject);
    sent.end(payload);
  });
}

function parsed(text: string): Readonly<Record<string, unknown>> {
  try {
    return JSON.parse(text) as Record<string, unknown>;
  } catch {
    return {};
  }
}

/**
 * Sends bytes and collects what comes back until `until` is satisfied, the server closes, or `waitMs` is over.
 *
 * @param to a port of this machine, or a function that returns the connection, open or opening.
 * @param pieces sent one after another, each in its own packet as far as the system allows.
 */
export function exchangeBytes(
  to: number | (() => Socket),
  pieces: readonly (string | Buffer)[],
  until: (received: string) => boolean = () => false,
  waitMs = 2_000,
): Promise<{ readonly received: string; readonly closed: boolean }> {
  return new Promise((resolve) => {
    const socket = typeof to === 'number' ? connect(to, '127.0.0.1') : to();
    let received = '';
    const finish = (closed: boolean): void => {
      clearTimeout(timer);
      socket.destroy();
      resolve({ received, closed });
    };
    const timer = setTimeout(() => finish(false), waitMs);
    socket.setNoDelay(true);
    socket.on('data', (data) => {
      received += data.toString('latin1');
      if (until(received)) finish(false);
    });
    socket.on('error', () => finish(true));
    socket.on('close', () => finish(true));
    const send = (): void => {
      const rest = [...pieces];
      const sendNext = (): void => {
        const piece = rest.shift();
        if (piece === undefined || socket.destroyed) return;
        socket.write(typeof piece === 'string' ? Buffer.from(piece, 'latin1') : piece, () =>
          setImmediate(sendNext),
        );
      };
      sendNext();
    };
    if (socket.readyState === 'open') send();
    else socket.on('connect', send);
  });
}
