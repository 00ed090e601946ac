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
import type { Row } from '../system/back-end.js';
import { startBackEnd } from '../system/back-ends.js';

const REQUESTS_MIN = Number(process.env['REQUESTS'] ?? 500);
const CLIENTS_PER_PROXY = 16;
/** Pause of one client, so that two cores carry the load: a second at a restart still has some 300 requests. */
const THINK_TIME_MS = 80;
/** The health check of the shipped HAProxy file takes a server back after two good answers, a second apart. */
const BACK_IN_SERVICE_MS = 3_000;
const PATIENCE_MS = 15_000;
const POLL_MS = 50;
/** The first of the calls are downloads. */
const DOWNLOADS = 2;

interface Load {
  readonly answered: number;
  /** Members who were answered that they have a unit. */
  readonly winners: ReadonlySet<string>;
  /** What a caller would complain about. */
  readonly complaints: readonly string[];
  stop(): Promise<void>;
}

/** Servers that share Redis and MariaDB. */
interface Shop {
  readonly servers: readonly SeonchakServer[];
  readonly couponId: number;
  readonly rows: (couponId: number) => Promise<Row[]>;
}

const seller = await signToken('500', 'seller');

async function openShop(): Promise<Shop> {
  const backEnd = await startBackEnd('redis');
  t.teardown(() => backEnd.stop());
  // SHUTDOWN_DELAY_MS is the default again, which tests of a single server switch off.
  const settings = { ...backEnd.settings, SHUTDOWN_DELAY_MS: '5000', MEMBER_RATE: '0' };
  // The first one migrates the database. The second keeps idle connections longer, which another HTTP server does.
  const servers = [await startSeonchak(settings), await startSeonchak({ ...settings, IDLE_TIMEOUT_S: '75' })];
  t.teardown(() => Promise.all(servers.map((server) => server.stop())));
  const client = new HttpClient(servers[0]?.origin ?? '', 1);
  const body = { name: 'Rolling', quantity: 1_000_000 };
  const coupon = await client.call('/v1/coupons', { method: 'POST', token: seller, body });
  client.close();
  return { servers, couponId: Number(coupon.body['id']), rows: (couponId) => backEnd.rows(couponId) };
}

function startLoad(proxy: ReverseProxy, couponId: number): Load {
  const complaints: string[] = [];
  const agent = new Agent({ keepAlive: true, maxSockets: CLIENTS_PER_PROXY, ca: proxy.ca });
  const winners = new Set<string>();
  const load = { answered: 0, winners, complaints };
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
      const subject = `m-${proxy.port}-${place}-${turn}`;
      const member = await signToken(subject, 'member');
      const calls = [
        () => ask('POST', `${path}/download`, member),
        () => ask('POST', `${path}/download`, member),
        () => ask('GET', path, member),
        () => ask('PATCH', path, seller, { name: `Rolling ${turn}` }),
        () => ask('GET', '/healthz', member),
      ];
      const chosen = (place + turn) % calls.length;
      const status = await (calls[chosen] as () => Promise<number>)();
      if (status >= 300) complaints.push(`call ${chosen}: ${status}`);
      else if (status > 0) {
        load.answered++;
        if (chosen < DOWNLOADS) winners.add(subject);
      }
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
    const { servers, couponId, rows } = await openShop();
    const ports = servers.map(({ port }) => port);
    const proxies = await Promise.all([
      startReverseProxy('nginx', ...ports),
      startReverseProxy('haproxy', ...ports),
    ]);
    t.teardown(() => Promise.all(proxies.map((proxy) => proxy.stop())));
    await pause(BACK_IN_SERVICE_MS / 2);
    const loads = proxies.map((proxy) => startLoad(proxy, couponId));
    let restarts = 0;
    do {
      for (const server of servers) {
        await server.restart();
        restarts++;
        await pause(BACK_IN_SERVICE_MS);
      }
    } while (loads.some(({ answered }) => answered < REQUESTS_MIN));
    for (const load of loads) await load.stop();
    const winners = loads.flatMap((load) => [...load.winners]);
    const untilMs = performance.now() + PATIENCE_MS;
    let recorded = await rows(couponId);
    while (recorded.length < winners.length && performance.now() < untilMs) {
      await pause(POLL_MS);
      recorded = await rows(couponId);
    }
    const members = new Set(recorded.map(({ memberId }) => memberId));
    t.ok(winners.length > 0);
    t.same(
      winners.filter((member) => !members.has(member)),
      [],
      'who was answered has a row',
    );
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
