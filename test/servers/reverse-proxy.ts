/** Starts the proxies of deploy/ as real processes with other ports and folders. */
import { chmodSync, rmSync } from 'node:fs';
import { mkdtemp, readFile, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { makeCertificates } from './certificates.js';
import { type ChildServer, startChildServer } from './child-server.js';
import { freePort } from './free-port.js';
import { requiredProgram } from './on-path.js';

export type ProxyName = 'nginx' | 'haproxy';

export interface ReverseProxy {
  /** Speaks TLS. */
  readonly port: number;
  /** Leads to the other. */
  readonly plainPort: number;
  /** PEM: who signed its certificate. */
  readonly ca: string;
  stop(): Promise<void>;
}

/** @param serverPorts where our servers listen on 127.0.0.1. */
export async function startReverseProxy(
  name: ProxyName,
  ...serverPorts: readonly number[]
): Promise<ReverseProxy> {
  const folder = await mkdtemp(join(tmpdir(), `seonchak-${name}-`));
  // The workers of nginx run as another user.
  chmodSync(folder, 0o755);
  const certificates = await makeCertificates();
  const port = await freePort();
  const plainPort = await freePort([port]);
  const place = { folder, port, plainPort, serverPorts };
  const server = await (name === 'nginx' ? startNginx : startHaproxy)(place, certificates);
  const remove = (): void => rmSync(folder, { recursive: true, force: true });
  process.once('exit', remove);
  return {
    ...{ port, plainPort },
    ca: await readFile(certificates.ca, 'utf8'),
    async stop() {
      await server.kill('SIGTERM');
      await certificates.remove();
      process.off('exit', remove);
      remove();
    },
  };
}

interface Place {
  readonly folder: string;
  readonly port: number;
  readonly plainPort: number;
  readonly serverPorts: readonly number[];
}
type CertificateFiles = Readonly<Record<'cert' | 'key', string>>;

async function startNginx(place: Place, { cert, key }: CertificateFiles): Promise<ChildServer> {
  const { folder } = place;
  const file = await adapt('nginx/nginx.conf', folder, {
    '/run/nginx.pid': join(folder, 'pid'),
    '/var/log/nginx/error.log warn': 'stderr notice',
    '/var/lib/nginx': folder,
    'listen 80 ': `listen ${place.plainPort} `,
    'listen 443 ': `listen ${place.port} `,
    ...forEachServer(place.serverPorts, ['        server 127.0.0.1:8080 max_fails=1 fail_timeout=2s;\n']),
    '/etc/ssl/certs/coupons.example.pem': cert,
    '/etc/ssl/private/coupons.example.key': key,
  });
  const args = ['-p', folder, '-e', 'stderr', '-c', file, '-g', 'daemon off;'];
  const program = requiredProgram('nginx', { package: 'nginx' });
  return startChildServer(program, args, /start worker process \d/);
}

async function startHaproxy(place: Place, { cert, key }: CertificateFiles): Promise<ChildServer> {
  const both = join(place.folder, 'both.pem');
  await writeFile(both, (await readFile(cert, 'utf8')) + (await readFile(key, 'utf8')));
  const file = await adapt('haproxy/haproxy.cfg', place.folder, {
    // What a machine of tests lets a process open is less than what an event needs.
    'maxconn 60000': 'maxconn 8000',
    'maxconn 50000': 'maxconn 7500',
    'bind :80\n': `bind :${place.plainPort}\n`,
    'bind :443 ': `bind :${place.port} `,
    ...forEachServer(place.serverPorts, [
      '    server one 127.0.0.1:8080 check inter 1s pool-purge-delay 2s pool-max-conn 512\n',
      '    server one 127.0.0.1:8080 track seonchak/one pool-max-conn 0\n',
    ]),
    '/etc/haproxy/certs/coupons.example.pem': both,
  });
  const program = requiredProgram('haproxy', { package: 'haproxy' });
  return startChildServer(program, ['-W', '-db', '-f', file], /Loading success/);
}

/** The lines of the shipped file that name its one server, once for each of ours. */
function forEachServer(ports: readonly number[], lines: readonly string[]): Record<string, string> {
  const named = (line: string, port: number): string =>
    line.replace('127.0.0.1:8080', `127.0.0.1:${port}`).replace(/\bone\b/g, `server-${port}`);
  return Object.fromEntries(lines.map((line) => [line, ports.map((port) => named(line, port)).join('')]));
}

/** @throws Error when the shipped file no longer has what is to be replaced. */
async function adapt(
  shipped: string,
  folder: string,
  replacements: Readonly<Record<string, string>>,
): Promise<string> {
  let text = await readFile(fileURLToPath(new URL(`../../deploy/${shipped}`, import.meta.url)), 'utf8');
  for (const [literal, replacement] of Object.entries(replacements)) {
    if (!text.includes(literal)) throw new Error(`deploy/${shipped} has no ${literal}`);
    text = text.replaceAll(literal, replacement);
  }
  const file = join(folder, 'configuration');
  await writeFile(file, text);
  return file;
}
