/** Sends requests over keep-alive connections and reports a lost answer as a value. */
import { Agent, request } from 'node:http';
import type { SendDownload } from '../../src/demo/crowd.js';

export interface HttpAnswer {
  readonly status: number;
  readonly headers: Readonly<Record<string, string | string[] | undefined>>;
  readonly body: Readonly<Record<string, unknown>>;
}

export interface HttpCall {
  readonly method?: string;
  readonly token?: string;
  readonly body?: unknown;
  readonly headers?: Readonly<Record<string, string>>;
  /** Closes the connection when there is no answer by then. */
  readonly hangUpAfterMs?: number | undefined;
}

/** The server closes what is idle for 8 to 12 s; a request at that moment would break. */
const IDLE_MOST_MS = 5_000;

export class HttpClient {
  readonly #origin: string;
  readonly #agent: Agent;
  /** Why the latest of the broken connections broke. */
  #fault: unknown;

  constructor(origin: string, connections: number) {
    this.#origin = origin;
    this.#agent = new Agent({ keepAlive: true, maxSockets: connections, timeout: IDLE_MOST_MS });
  }

  /** `undefined` when the connection broke before the answer was complete: the outcome is unknown to this client. */
  async tryCall(path: string, call: HttpCall = {}): Promise<HttpAnswer | undefined> {
    return new Promise((resolve) => {
      const body = call.body === undefined ? undefined : JSON.stringify(call.body);
      const headers = {
        ...(call.token === undefined ? {} : { authorization: `Bearer ${call.token}` }),
        ...(body === undefined ? {} : { 'content-type': 'application/json' }),
        ...call.headers,
      };
      const sent = request(
        this.#origin + path,
        { agent: this.#agent, method: call.method ?? 'GET', headers },
        (answer) => {
          const chunks: Buffer[] = [];
          answer.on('data', (chunk: Buffer) => chunks.push(chunk));
          answer.on('error', () => resolve(undefined));
          answer.on('end', () => {
            const text = Buffer.concat(chunks).toString();
            const isJson = (answer.headers['content-type'] ?? '').includes('json');
            const parsed = isJson ? (JSON.parse(text) as Record<string, unknown>) : { text };
            resolve({ status: answer.statusCode ?? 0, headers: answer.headers, body: parsed });
          });
        },
      );
      sent.on('error', (fault) => {
        this.#fault = fault;
        resolve(undefined);
      });
      if (call.hangUpAfterMs !== undefined) {
        const timer = setTimeout(() => sent.destroy(), call.hangUpAfterMs);
        sent.once('close', () => {
          clearTimeout(timer);
          resolve(undefined);
        });
      }
      sent.end(body);
    });
  }

  /** @throws Error when the connection broke: for calls that must be answered. */
  async call(path: string, call: HttpCall = {}): Promise<HttpAnswer> {
    const answer = await this.tryCall(path, call);
    if (answer === undefined) {
      throw new Error(`${call.method ?? 'GET'} ${path}: no answer`, { cause: this.#fault });
    }
    return answer;
  }

  /** A download as the crowd sends one (src/demo/crowd.ts). */
  readonly download: SendDownload = (couponId, token, hangUpAfterMs) =>
    this.tryCall(`/v1/coupons/${couponId}/download`, { method: 'POST', token, hangUpAfterMs });

  close(): void {
    this.#agent.destroy();
  }
}
