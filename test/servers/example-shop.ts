/** Starts the example shop, sends its forms as members do, and compares its tables with the service. */
import { setTimeout as pause } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import Database from 'libsql';
import { createSeonchakClient, type SeonchakClient } from '@seonchak/client';
import { signToken } from '../clients/tokens.js';
import { type ChildServer, startChildServer } from './child-server.js';
import { freePort } from './free-port.js';
import { TEST_SECRET } from './seonchak.js';

const root = fileURLToPath(new URL('../../', import.meta.url));
/** A delivery that a dead shop missed is repeated after 5 s and then after 30 s. */
export const SHOP_WAIT_MS = 120_000;
const AGAIN_MS = 100;

export interface Winner {
  readonly issue_no: number;
  readonly member: string;
  readonly order_id: string | null;
}

export async function eventually(what: string, holds: () => boolean | Promise<boolean>): Promise<void> {
  const endsAtMs = Date.now() + SHOP_WAIT_MS;
  while (Date.now() < endsAtMs) {
    if (await holds()) return;
    await pause(AGAIN_MS);
  }
  throw new Error(`${what}: not within ${SHOP_WAIT_MS / 1_000} s`);
}

export class ExampleShop {
  readonly url: string;
  readonly #environment: NodeJS.ProcessEnv;
  readonly #database: string;
  readonly #seller: SeonchakClient;
  #child: ChildServer | undefined;

  private constructor(
    url: string,
    seonchakUrl: string,
    database: string,
    seller: SeonchakClient,
    receivesWebhooks: boolean,
  ) {
    this.url = url;
    this.#database = database;
    this.#seller = seller;
    this.#environment = {
      PATH: process.env['PATH'],
      SEONCHAK_URL: seonchakUrl,
      JWT_SECRET: TEST_SECRET,
      SHOP_PORT: new URL(url).port,
      SHOP_DB: database,
      SEAT_HOLD_SECONDS: '30',
      ...(receivesWebhooks ? { SHOP_URL: url } : {}),
    };
  }

  /** With a port of its own unless one is given. It receives webhooks, or follows the events. Not started yet. */
  static async at(
    seonchakUrl: string,
    database: string,
    options: { readonly port?: number; readonly receivesWebhooks: boolean },
  ): Promise<ExampleShop> {
    const { port = await freePort(), receivesWebhooks } = options;
    const token = await signToken('example-shop', 'seller');
    const seller = createSeonchakClient({ baseUrl: seonchakUrl, token });
    return new ExampleShop(`http://127.0.0.1:${port}`, seonchakUrl, database, seller, receivesWebhooks);
  }

  async start(): Promise<void> {
    const words = ['examples/shop/shop.js'];
    const options = { cwd: root, env: this.#environment };
    this.#child = await startChildServer(process.execPath, words, /is open on/, options);
  }

  async kill(signal: NodeJS.Signals): Promise<void> {
    if (this.#child?.isAlive() === true) await this.#child.kill(signal);
  }

  rows<Row>(query: string): Row[] {
    const database = new Database(this.#database, { readonly: true });
    try {
      database.exec('pragma busy_timeout = 10000');
      return database.prepare(query).all() as Row[];
    } finally {
      database.close();
    }
  }

  winners(): Winner[] {
    return this.rows<Winner>(
      'select issue_no, member, order_id from winner where coupon = 1 order by issue_no',
    );
  }

  openOrders(): number {
    return this.rows("select id from orders where state in ('placing', 'cancelling')").length;
  }

  /** What the service has, by its seller; `undefined` where it does not answer. */
  async issued(): Promise<Winner[] | undefined> {
    const { data } = await this.#seller.GET('/v1/coupons/{id}/issuances', {
      params: { path: { id: 1 }, query: { limit: 1_000 } },
    });
    if (data === undefined) return undefined;
    return Promise.all(
      data.items.map(async ({ issueNo, memberId }) => {
        const wallet = await this.#seller.GET('/v1/members/{memberId}/coupons', {
          params: { path: { memberId } },
        });
        return { issue_no: issueNo, member: memberId, order_id: wallet.data?.items[0]?.orderId ?? null };
      }),
    );
  }

  async hasEqualTables(): Promise<boolean> {
    return JSON.stringify(this.winners()) === JSON.stringify(await this.issued());
  }

  /** Orders whose redemption the service has, and orders that the shop calls placed: each list sorted. */
  liveAndPlaced(): { readonly live: string[]; readonly placed: string[] } {
    const live = this.winners().flatMap(({ order_id: order }) => order ?? []);
    const placed = this.rows<{ id: string }>("select id from orders where state = 'placed'");
    return { live: live.sort(), placed: placed.map(({ id }) => id).sort() };
  }

  /** A member signs in, downloads, orders, and perhaps cancels, over any restarts. */
  async buy(member: string, cancels: boolean): Promise<void> {
    const signedIn = await this.#send('/sign-in', '', `member=${member}`);
    const cookie = signedIn.headers.get('set-cookie')?.split(';')[0] ?? '';
    // A restart on a busy machine may outlast the patience of one request.
    let said: string | null;
    do said = (await this.#send('/download', cookie)).headers.get('location');
    while (said?.endsWith('said=unknown') === true);
    await this.#send('/orders', cookie);
    if (!cancels) return;
    const page = await fetch(this.url, { headers: { cookie } })
      .then((answer) => answer.text())
      .catch(() => '');
    const action = /action="(\/orders\/[^"]+\/cancel)"/.exec(page)?.[1];
    if (action !== undefined) await this.#send(action, cookie);
  }

  /** A form that is sent until the shop answers. Placing an order twice is a person's doing: the second one is refused. */
  async #send(path: string, cookie: string, body = ''): Promise<Response> {
    const endsAtMs = Date.now() + SHOP_WAIT_MS;
    for (;;) {
      try {
        return await fetch(`${this.url}${path}`, {
          method: 'POST',
          redirect: 'manual',
          headers: { cookie, 'content-type': 'application/x-www-form-urlencoded' },
          body,
        });
      } catch (error) {
        if (Date.now() > endsAtMs) throw error;
        await pause(AGAIN_MS);
      }
    }
  }
}
