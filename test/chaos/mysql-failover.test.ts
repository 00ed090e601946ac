/** Tests a planned failover of MariaDB behind a name, under load: the old primary becomes read-only, the name moves. */
import { setTimeout as pause } from 'node:timers/promises';
import { signToken } from '../clients/tokens.js';
import { startMariadbPair } from '../servers/mariadb-pair.js';
import { fault } from './fault.js';
import { evidenceReader, openWorld, startSite } from './world.js';

const WITHIN_MS = 10_000;
const PATIENCE_MS = 60_000;
const READ_ONLY = /database is read-only/;

interface Probe {
  readonly status: number;
  readonly text: string;
}

async function probe(origin: string): Promise<Probe> {
  const answer = await fetch(`${origin}/readyz`);
  return { status: answer.status, text: await answer.text() };
}

async function register(origin: string): Promise<{ readonly status: number; readonly id: number }> {
  const answer = await fetch(`${origin}/v1/coupons`, {
    method: 'POST',
    headers: {
      authorization: `Bearer ${await signToken('900001', 'seller')}`,
      'content-type': 'application/json',
    },
    body: JSON.stringify({ name: 'another', quantity: 1 }),
  });
  const { id } = (await answer.json()) as { readonly id: number };
  return { status: answer.status, id };
}

/** @returns how long it took. */
async function until(what: string, holds: () => Promise<boolean>): Promise<number> {
  const startMs = performance.now();
  while (!(await holds())) {
    if (performance.now() - startMs > PATIENCE_MS) throw new Error(`not within ${PATIENCE_MS} ms: ${what}`);
    await pause(50);
  }
  return performance.now() - startMs;
}

fault(
  24,
  'a read-only database behind a name: members win on, rows go on within 10 s, none is lost',
  async (t) => {
    const pair = await startMariadbPair();
    t.teardown(() => pair.stop());
    const site = await startSite(t, pair.primary, { mysqlProxy: true, servers: 2, loneRecorder: true });
    const origins = site.servers.map(({ origin }) => origin);
    const recorder = site.recorder?.origin ?? '';
    // At the end the replica has every row.
    const reader = evidenceReader(t, pair.replica, site.redisUrls);
    const world = await openWorld(t, { ...site, mariadb: pair.replica, reader });
    const issued = (): number => world.crowd.requests.filter(({ outcome }) => outcome === 'issued').length;
    const before = world.burst(0, 200);
    await until('the first rows', async () => (await site.reader.rows(world.couponId)) > 0);
    await pair.demote();
    await before;
    t.equal(issued(), 200, 'members win on');

    await until('the recorder reports it', async () => {
      const { status, text } = await probe(recorder);
      return status === 503 && READ_ONLY.test(text);
    });
    for (const origin of origins) {
      await until('an API process reports it', async () => READ_ONLY.test((await probe(origin)).text));
      t.equal((await probe(origin)).status, 200, 'downloads are decided without the database');
      t.equal((await register(origin)).status, 503, 'a registration is refused');
    }

    const meanwhile = world.burst(200, 400);
    await world.crowd.winners(280);
    await pair.promote();
    const rowsBefore = await world.rows();
    t.ok(rowsBefore > 0 && rowsBefore < issued(), `${rowsBefore} rows were written before, the others wait`);
    site.mysqlProxy.retarget(pair.replica.port);
    const movedMs = performance.now();
    const written = async (): Promise<boolean> => (await world.rows()) > rowsBefore;
    const rowsMs = await until('rows are written again', written);
    t.ok(rowsMs < WITHIN_MS, `rows again after ${Math.round(rowsMs)} ms`);
    let id = 0;
    await until('a registration succeeds', async () => {
      const answer = await register(origins[0] ?? '');
      ({ id } = answer);
      return answer.status === 201;
    });
    await until('a process that was asked for no write has left the old server', async () => {
      const { status } = await fetch(`${origins[1] ?? ''}/v1/coupons/${id}`);
      return status === 200;
    });
    t.equal((await register(origins[1] ?? '')).status, 201, 'so its first write is not refused');
    const tookMs = performance.now() - movedMs;
    t.ok(tookMs < WITHIN_MS, `writes of sellers go on after ${Math.round(tookMs)} ms`);
    // Until it has left the old server, a process may take the database for an older copy.
    for (const origin of [...origins, recorder]) {
      let seen = '';
      await until('ready without a warning', async () => {
        ({ text: seen } = await probe(origin));
        return seen === '{"status":"ready"}';
      }).catch((fault: unknown) => t.fail(`${String(fault)}: ${seen}`));
    }
    await meanwhile;
    await world.burst(400);
    const { lost } = await world.verdict(t);
    t.equal(lost, 0);
    t.equal(await world.version(), 1, 'nothing was rebuilt');
  },
);
