/** Starts a master with two replicas, and three Sentinels that watch them. */
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { Redis } from 'ioredis';
import { type ChildServer, startChildServer } from './child-server.js';
import { freePort } from './free-port.js';
import { requiredProgram } from './on-path.js';
import { type RedisServer, startRedis } from './redis.js';

export const MASTER_NAME = 'drops';
export const SERVER_PASSWORD = 'of the/servers';
export const SENTINEL_PASSWORD = 'of@the:sentinels';
const SENTINELS = 3;
const PATIENCE_MS = 60_000;

export interface SentinelServers {
  /** The first is the master. */
  readonly servers: readonly RedisServer[];
  /** `127.0.0.1:26379,…`. */
  readonly addresses: string;
  /** Where the Sentinels see the master now: the announced port. */
  masterPort(): Promise<number>;
  stop(): Promise<void>;
}

/** @param announced under which port of 127.0.0.1 a server with this port is known; default: its own. */
export async function startSentinelServers(
  announced: (port: number) => Promise<number> = (port) => Promise.resolve(port),
): Promise<SentinelServers> {
  const folder = await mkdtemp(join(tmpdir(), 'seonchak-sentinels-'));
  const secret = ['--requirepass', SERVER_PASSWORD, '--masterauth', SERVER_PASSWORD];
  const master = await startRedis({ args: secret });
  const replicas = await Promise.all([0, 1].map(() => startRedis({ args: secret })));
  const servers = [master, ...replicas];
  const masterAt = await announced(master.port);
  for (const replica of replicas) {
    const client = new Redis({ port: replica.port, password: SERVER_PASSWORD });
    await client.config('SET', 'replica-announce-port', String(await announced(replica.port)));
    await client.replicaof('127.0.0.1', masterAt);
    client.disconnect();
  }
  const sentinels: { readonly port: number; readonly child: ChildServer }[] = [];
  const program = requiredProgram('redis-server', { package: 'redis-server' });
  for (let place = 0; place < SENTINELS; place += 1) {
    const port = await freePort();
    const file = join(folder, `${port}.conf`);
    const lines = [
      ...[`port ${port}`, 'bind 127.0.0.1', `dir ${folder}`, `requirepass "${SENTINEL_PASSWORD}"`],
      `sentinel monitor ${MASTER_NAME} 127.0.0.1 ${masterAt} 2`,
      `sentinel auth-pass ${MASTER_NAME} "${SERVER_PASSWORD}"`,
      `sentinel down-after-milliseconds ${MASTER_NAME} 2000`,
      `sentinel failover-timeout ${MASTER_NAME} 10000`,
    ];
    await writeFile(file, `${lines.join('\n')}\n`);
    sentinels.push({ port, child: await startChildServer(program, [file, '--sentinel'], /Sentinel ID is/) });
  }
  const ask = async (port: number, ...words: string[]): Promise<unknown> => {
    const client = new Redis({
      port,
      password: SENTINEL_PASSWORD,
      lazyConnect: true,
      retryStrategy: () => null,
    });
    client.on('error', () => undefined);
    try {
      await client.connect();
      return await client.call('SENTINEL', ...words);
    } finally {
      client.disconnect();
    }
  };
  const [first] = sentinels;
  const knowEachOther = async (): Promise<boolean> => {
    const quorum = await Promise.all(
      sentinels.map(({ port }) => ask(port, 'CKQUORUM', MASTER_NAME).then(String, () => '')),
    );
    const known = (await ask(first?.port ?? 0, 'REPLICAS', MASTER_NAME)) as unknown[];
    return (
      quorum.every((reply) => reply.includes(`OK ${SENTINELS} usable`)) && known.length === replicas.length
    );
  };
  const deadline = performance.now() + PATIENCE_MS;
  while (!(await knowEachOther())) {
    if (performance.now() > deadline) throw new Error('the Sentinels do not find each other');
    await pause(100);
  }
  return {
    servers,
    addresses: sentinels.map(({ port }) => `127.0.0.1:${port}`).join(','),
    async masterPort() {
      const [, port] = (await ask(first?.port ?? 0, 'GET-MASTER-ADDR-BY-NAME', MASTER_NAME)) as string[];
      return Number(port);
    },
    async stop() {
      await Promise.all([
        ...sentinels.map(({ child }) => child.kill('SIGKILL')),
        ...servers.map((one) => one.stop()),
      ]);
      await rm(folder, { recursive: true, force: true });
    },
  };
}
