/** Lets Sentinels and replicas through to a Redis and resets every other connection: an address that is reachable on the inside only. */
import { once } from 'node:events';
import { type AddressInfo, connect, createServer, type Socket } from 'node:net';

export interface InsideDoor {
  readonly port: number;
  /** Connections that were reset. */
  readonly refused: () => number;
  stop(): Promise<void>;
}

/** A Sentinel names its connections at once; a replica first sends a lone PING. */
const INSIDER = /sentinel-|^\*1\r\n\$4\r\nPING\r\n$/i;

export async function startInsideDoor(targetPort: number): Promise<InsideDoor> {
  let refused = 0;
  const sockets = new Set<Socket>();
  const server = createServer((client) => {
    sockets.add(client);
    client.on('error', () => undefined);
    client.once('close', () => sockets.delete(client));
    client.once('data', (first: Buffer) => {
      if (!INSIDER.test(first.toString('latin1'))) {
        refused += 1;
        client.resetAndDestroy();
        return;
      }
      const target = connect(targetPort, '127.0.0.1');
      sockets.add(target);
      target.on('error', () => undefined);
      target.once('close', () => {
        sockets.delete(target);
        client.destroy();
      });
      client.once('close', () => target.destroy());
      target.write(first);
      client.pipe(target).pipe(client);
    });
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return {
    port: (server.address() as AddressInfo).port,
    refused: () => refused,
    async stop() {
      const closed = once(server, 'close');
      server.close();
      for (const socket of sockets) socket.destroy();
      await closed;
    },
  };
}
