/**
 * Restarts two servers one after the other under load behind nginx and HAProxy: no request may be refused or cut (fault 43).
 *
 * `REQUESTS=10000 bash test/run.sh test/proxies/rolling-restart.test.ts` continues until each proxy has answered as many.
 */
import { Agent, request } from 'node:https';
import { setTimeout as pause } from 'node:timers/promises';
import t from 'tap';
import { signToken } from '../clients/tokens.js';
import { HttpClient } from '../clients/http-client.js';
import { type ReverseProxy, startReverseProxy } from '../servers/reverse-proxy.js';
import { type SeonchakServer, startSeonchak } from '../servers/seonchak.js';
import { startBackEnd } from '../system/back-ends.js';

const REQUESTS_MIN = Number(process.env['REQUESTS'] ?? 500);
const CLIENTS_PER_PROXY = 16;
/** Pause of one client, so that two cores carry the load. */
const THINK_TIME_MS = 40;
/** The health check of the shipped HAProxy file takes a server back after two good answers, a second apart. */
const BACK_IN_SERVICE_MS = 3_000;
const PATIENCE_MS = 15_000;

interface Load {
  readonly answered: number;
  /** What a caller would complain about. */
  readonly complaints: readonly string[];
  stop(): Promise<void>;
}

interface Shop {
  readonly server: SeonchakServer;
  readonly couponId: number;
}

const seller = await signToken('500', 'seller');

/** An embedded back end each: the proxies are under test, and what two servers share is tested elsewhere. */
async function openShop(): Promise<Shop> {
  const backEnd = await startBackEnd('embedded');
  t.teardown(() => backEnd.stop());
  // The default of the distributed back end, which is the one that runs behind a proxy.
  const server = await startSeonchak({ ...backEnd.settings, SHUTDOWN_DELAY_MS: '5000', MEMBER_RATE: '0' });
  t.teardown(() => server.stop());
  const client = new HttpClient(server.origin, 1);
  const body = { name: 'Rolling', quantity: 1_000_000 };
  const coupon = await client.call('/v1/coupons', { method: 'POST', token: seller, body });
  client.close();
  return { server, couponId: Number(coupon.body['id']) };
}

function startLoad(proxy: ReverseProxy, couponId: number): Load {
  const complaints: string[] = [];
  const agent = new Agent({ keepAlive: true, maxSockets: CLIENTS_PER_PROXY, ca: proxy.ca });
  const load = { answered: 0, complaints };
  let stopped = false;
  const ask = (method: string, path: string, token: string, body?: object): Promise<number> =>
    new Promise((resolve) => {
      const started = performance.now();
      const cut = (fault: Error): void => {
        complaints.push(
          `${method} ${path}: ${fault.message} after ${Math.round(performance.now() - started)} ms`,
        );
        resolve(0);
      };
      const headers = { authorization: `Bearer ${token}`, 'content-type': 'application/json' };
      const options = {
        agent,
        host: '127.0.0.1',
        port: proxy.port,
        method,
        path,
        headers,
        timeout: PATIENCE_MS,
      };
      const sent = request(options, (answer) => {
        answer.on('error', cut);
        answer.on('end', () => resolve(answer.statusCode ?? 0));
        answer.resume();
      });
      sent.on('error', cut).on('timeout', () => sent.destroy(new Error('no answer')));
      sent.end(body === undefined ? undefined : JSON.stringify(body));
    });
  const client = async (place: number): Promise<void> => {
    for (let turn = 0; !stopped; turn++) {
      const path = `/v1/coupons/${couponId}`;
      const member = await signToken(`m-${proxy.port}-${place}-${turn}`, 'member');
      const calls = [
        () => ask('POST', `${path}/download`, member),
        () => ask('POST', `${path}/download`, member),
        () => ask('GET', path, member),
        () => ask('PATCH', path, seller, { name: `Rolling ${turn}` }),
        () => ask('GET', '/healthz', member),
      ];
      const status = await (calls[(place + turn) % calls.length] as () => Promise<number>)();
      if (status >= 300) complaints.push(`call ${(place + turn) % calls.length}: ${status}`);
      else if (status > 0) load.answered++;
      await pause(THINK_TIME_MS);
    }
  };
  const clients = Promise.all(Array.from({ length: CLIENTS_PER_PROXY }, (_, place) => client(place)));
  return Object.assign(load, {
    async stop() {
      stopped = true;
      await clients;
      agent.destroy();
    },
  });
}

t.test(
  'a rolling restart behind nginx and HAProxy refuses and cuts nothing',
  { timeout: 600_000 },
  async (t) => {
    const shops = [await openShop(), await openShop()] as const;
    const [{ couponId }] = shops;
    t.equal(shops[1].couponId, couponId, 'both servers have the coupon');
    const ports = shops.map(({ server }) => server.port);
    const proxies = await Promise.all([
      startReverseProxy('nginx', ...ports),
      startReverseProxy('haproxy', ...ports),
    ]);
    t.teardown(() => Promise.all(proxies.map((proxy) => proxy.stop())));
    await pause(BACK_IN_SERVICE_MS / 2);
    const loads = proxies.map((proxy) => startLoad(proxy, couponId));
    let restarts = 0;
    do {
      for (const { server } of shops) {
        await server.restart();
        restarts++;
        await pause(BACK_IN_SERVICE_MS);
      }
    } while (loads.some(({ answered }) => answered < REQUESTS_MIN));
    for (const load of loads) await load.stop();
    for (const [place, name] of ['nginx', 'haproxy'].entries()) {
      const { answered = 0, complaints = [] } = loads[place] ?? {};
      t.same(complaints, [], `nothing refused or cut behind ${name}`);
      // The runner prints no comments of tests that pass.
      if (process.env['REQUESTS'] !== undefined)
        console.error(
          `${name}: ${answered} requests, ${restarts} restarts, ${complaints.length} refused or cut`,
        );
    }
  },
);
