/** Simulates hostile clients; each kind continues until stopped. */
import { setTimeout as pause } from 'node:timers/promises';
import { connect } from 'node:net';
import fc from 'fast-check';
import { HttpClient } from '../clients/http-client.js';
import { mutatedRequest } from '../fuzz/mutated-requests.js';
import { SlowConnections } from '../overload/slow-connections.js';

const IDLE = 300;
const SLOW = 100;
const BOTS = 8;
const COOLDOWN_MS = 20;
const CLOSE_AFTER_MS = 50;

export class HostileClients {
  /** What each kind has done so far. */
  readonly deeds: Record<string, number> = {};
  readonly #port: number;
  readonly #client: HttpClient;
  readonly #ends: Promise<void>[] = [];
  #going = true;
  /** The coupon at hand; no coupon has this number before there is any. */
  couponId = 999_999_999;

  constructor(port: number) {
    this.#port = port;
    this.#client = new HttpClient(`http://127.0.0.1:${port}`, BOTS + 4);
  }

  /** @param bot the member whose token they all use. */
  start(bot: string): void {
    const download = (): string => `/v1/coupons/${this.couponId}/download`;
    for (let each = 0; each < BOTS; each++) {
      this.#repeat('pressed without end', 0, () =>
        this.#client.tryCall(download(), { method: 'POST', token: bot }),
      );
    }
    this.#repeat('forged a token', 5, () =>
      this.#client.tryCall(download(), { method: 'POST', token: `${bot.slice(0, -6)}${randomText(6)}` }),
    );
    this.#repeat('guessed a password', 50, () =>
      this.#client.tryCall('/v1/sessions', {
        method: 'POST',
        body: { email: `victim${Math.floor(Math.random() * 3)}@shop.test`, password: randomText(10) },
      }),
    );
    this.#repeat('left before the answer', COOLDOWN_MS, () =>
      this.#sendAndLeave(Buffer.from(requestOf(download(), bot))),
    );
    this.#repeat('sent mutated bytes', COOLDOWN_MS, () => this.#sendAndLeave(this.#mutant(download(), bot)));
    this.#repeat('held slow and idle connections', 0, () => this.#hold());
  }

  /** Resolves when all of them have ended. */
  async stop(): Promise<void> {
    this.#going = false;
    await Promise.all(this.#ends);
    this.#client.close();
  }

  #repeat(deed: string, cooldownMs: number, action: () => Promise<unknown>): void {
    this.#ends.push(
      (async () => {
        while (this.#going) {
          await action();
          this.deeds[deed] = (this.deeds[deed] ?? 0) + 1;
          await pause(cooldownMs);
        }
      })(),
    );
  }

  #mutant(path: string, token: string): Buffer {
    const signIn =
      'POST /v1/sessions HTTP/1.1\r\nHost: x\r\nContent-Length: 35\r\n\r\n{"email":"a@b.test","password":"cc"}';
    const templates = [requestOf(path, token), signIn, 'GET /v1/coupons?limit=5 HTTP/1.1\r\nHost: x\r\n\r\n'];
    return fc.sample(mutatedRequest(templates), 1)[0] ?? Buffer.from(signIn);
  }

  #sendAndLeave(bytes: Buffer): Promise<void> {
    return new Promise((resolve) => {
      const socket = connect(this.#port, '127.0.0.1', () => {
        socket.write(bytes);
        setTimeout(() => socket.resetAndDestroy(), Math.random() * CLOSE_AFTER_MS);
      });
      socket.resume();
      socket.on('error', () => undefined);
      socket.on('close', () => resolve());
    });
  }

  /** For as long as a server bears with them. */
  async #hold(): Promise<void> {
    const connections = new SlowConnections();
    try {
      await connections.openSlow(this.#port, SLOW);
      await connections.openIdle(this.#port, IDLE);
      for (let second = 0; second < 12 && this.#going; second++) await pause(1_000);
    } finally {
      connections.close();
    }
  }
}

function requestOf(path: string, token: string): string {
  return `POST ${path} HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer ${token}\r\n\r\n`;
}

function randomText(length: number): string {
  return Math.random()
    .toString(36)
    .padEnd(length + 2, 'x')
    .slice(2, length + 2);
}
