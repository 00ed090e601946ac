/**
 * Responds to `/healthz` and `/readyz` on a port of its own (`HEALTH_PORT`), in HTTP/1.0 as well.
 *
 * Some balancers check health in HTTP/1.0 and without `Host`, which the HTTP library refuses with 505 before our code reads the
 * request. Node's own server accepts both. Rejected: Node's server for the whole API in every installation, with which a download
 * costs 1.7 times as much (docs/adr/0071).
 */
import { once } from 'node:events';
import { createServer } from 'node:http';
import type { HealthHandlers } from './api/health.js';
import { listenFault } from './wire/listen.js';

export interface HealthServer {
  readonly port: number;
  stop(): void;
}

/** @throws PortInUseError, ListenFailedError */
export async function startHealthServer(
  handlers: Pick<HealthHandlers, 'live' | 'ready'>,
  { host, port }: { readonly host: string; readonly port: number },
): Promise<HealthServer> {
  const server = createServer((request, response) => {
    const probe =
      request.url === '/healthz' ? handlers.live() : request.url === '/readyz' ? handlers.ready() : undefined;
    const isRead = request.method === 'GET' || request.method === 'HEAD';
    if (probe === undefined || !isRead) {
      response.writeHead(probe === undefined ? 404 : 405).end();
      return;
    }
    probe.then(
      ({ status, contentType, headers, ...reply }) => {
        response.writeHead(status, { ...headers, 'Content-Type': contentType, 'Cache-Control': 'no-store' });
        response.end('body' in reply ? reply.body : '');
      },
      () => response.writeHead(500).end(),
    );
  });
  server.listen({ host, port });
  try {
    await once(server, 'listening');
  } catch (fault) {
    throw listenFault(host, port, fault as NodeJS.ErrnoException);
  }
  const address = server.address();
  return {
    port: typeof address === 'object' && address !== null ? address.port : port,
    stop() {
      server.close();
      server.closeAllConnections();
    },
  };
}
