/**
 * Receives webhooks as a shop does: verifies with an independent library, records them, and sometimes withholds its
 * answer.
 */
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { setTimeout as pause } from 'node:timers/promises';
import { Webhook } from 'standardwebhooks';
import type { Test } from 'tap';
import { HttpClient } from '../clients/http-client.js';
import { signToken } from '../clients/tokens.js';
import { eventLine, orderFaults, type SeenEvent } from './event-follower.js';

const PATIENCE_MS = 120_000;
const POLL_MS = 20;

interface Received {
  readonly id: string;
  readonly body: string;
}

export class WebhookReceiver {
  readonly #received: Received[] = [];
  readonly #unverified: string[] = [];
  #secret = '';
  /** Called instead of an answer to the next message. */
  #hold: (() => void) | undefined;

  /** Registers itself for every kind of event of the seller's coupons. */
  static async open(t: Test, origin: string): Promise<WebhookReceiver> {
    const receiver = new WebhookReceiver();
    const server = createServer((request, response) => {
      let body = '';
      request.setEncoding('utf8');
      request.on('data', (chunk: string) => (body += chunk));
      request.on('end', () => {
        receiver.#take(request.headers as Record<string, string>, body);
        const hold = receiver.#hold;
        receiver.#hold = undefined;
        if (hold === undefined) response.writeHead(204).end();
        else hold();
      });
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    t.teardown(() => {
      server.closeAllConnections();
      server.close();
    });
    const client = new HttpClient(origin, 1);
    const kinds = ['issuance.recorded', 'issuance.revoked', 'redemption.made', 'redemption.cancelled'];
    const { status, body } = await client.call('/v1/webhooks', {
      method: 'POST',
      token: await signToken('900001', 'seller'),
      body: { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/hook`, kinds },
    });
    client.close();
    if (status !== 201) throw new Error(`the webhook was not made: ${JSON.stringify(body)}`);
    receiver.#secret = String(body['secret']);
    return receiver;
  }

  /** Messages that came under an id that had come before. */
  get repeats(): number {
    return this.#received.length - new Set(this.#received.map(({ id }) => id)).size;
  }

  async messages(count: number): Promise<void> {
    await this.#wait(() => this.#received.length >= count, `${count} messages`);
  }

  /** Resolves when a message has come that gets no answer. */
  async holdNext(): Promise<void> {
    let held = false;
    this.#hold = () => void (held = true);
    await this.#wait(() => held, 'a message');
  }

  /** Waits for this many events, and a moment longer. */
  async until(count: number): Promise<void> {
    await this.#wait(() => this.lines().length >= count, `${count} events`);
    await pause(PATIENCE_MS / 120);
  }

  /** The events of each message when it came first. */
  lines(): string[] {
    const seen = new Set<string>();
    return this.#received.flatMap(({ id, body }) => {
      if (seen.has(id)) return [];
      seen.add(id);
      return (JSON.parse(body) as { events: SeenEvent[] }).events.map(eventLine);
    });
  }

  findings(): string[] {
    const bodies = new Map<string, string>();
    const changed = this.#received.flatMap(({ id, body }) => {
      const before = bodies.get(id) ?? body;
      bodies.set(id, before);
      return before === body ? [] : [`${id} came again with other bytes`];
    });
    return [...this.#unverified, ...changed, ...orderFaults(this.lines())];
  }

  #take(headers: Readonly<Record<string, string>>, body: string): void {
    try {
      new Webhook(this.#secret).verify(body, headers);
    } catch (fault) {
      this.#unverified.push(String(fault));
    }
    this.#received.push({ id: headers['webhook-id'] ?? '', body });
  }

  async #wait(isSo: () => boolean, what: string): Promise<void> {
    const giveUpMs = performance.now() + PATIENCE_MS;
    while (!isSo()) {
      if (performance.now() > giveUpMs) throw new Error(`${what} did not come`);
      await pause(POLL_MS);
    }
  }
}
