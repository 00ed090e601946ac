/**
 * Measures the least that a deferred answer can cost: like bare-handler.ts, and every answer leaves in a later batch.
 *
 * Requests that arrive while a batch is outstanding go with the next, as with any decision that must be durable before
 * it is acknowledged. Nothing is decided and no store is asked; a batch is outstanding for as long as an fsync takes on
 * a quick disk. So this is the limit of any durable answer.
 */
import uWS from 'uWebSockets.js';
import type { HttpResponse } from 'uWebSockets.js';

const BATCH_MS = 2;

const port = Number(process.env['PORT']);
const answer =
  '{"outcome":"issued","couponId":42,"memberId":"123456","issueNo":123456,"issuedAt":"2026-11-22T12:00:00.123Z"}';
const tokens = new Map<string, true>();

class Waiting {
  disconnected = false;
  readonly #response: HttpResponse;

  constructor(response: HttpResponse) {
    this.#response = response;
    response.onAborted(() => {
      this.disconnected = true;
    });
  }

  settle(): void {
    if (this.disconnected) return;
    this.#response.cork(() => {
      this.#response.writeStatus('201 Created').writeHeader('Content-Type', 'application/json').end(answer);
    });
  }
}

let waiting: Waiting[] = [];
let outstanding = false;

function send(): void {
  const batch = waiting;
  waiting = [];
  outstanding = batch.length > 0;
  if (!outstanding) return;
  setTimeout(() => {
    for (const one of batch) one.settle();
    send();
  }, BATCH_MS);
}

uWS
  .App()
  .post('/v1/coupons/:id/download', (response, request) => {
    const authorization = request.getHeader('authorization');
    if (!tokens.has(authorization)) tokens.set(authorization, true);
    waiting.push(new Waiting(response));
    if (!outstanding) {
      outstanding = true;
      setImmediate(send);
    }
  })
  .listen('127.0.0.1', port, (socket) => {
    if (socket === false) process.exit(1);
    process.stdout.write('ready\n');
  });
process.once('SIGTERM', () => process.exit());
