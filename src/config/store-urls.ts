/** Reads `REDIS_URL` and `MYSQL_URL`: each part of a URL is honoured, or refused with what to write instead. */
import { readTlsOption, type TlsChoice, type TlsOption, tlsInForce } from './store-tls.js';

/** The address in one spelling: no options, and `rediss://` where Redis is encrypted. */
export interface StoreUrl {
  readonly url: string;
  readonly check: TlsChoice;
}

export interface RedisServers {
  /** One: a single node. Several: the seeds of a Cluster. */
  readonly urls: readonly string[];
  readonly check: TlsChoice;
}

interface Refused {
  /** Worded to follow the name of the variable. None repeats a password. */
  readonly problem: string;
}

const HOST = /^(?:[\w.-]+|\[[\da-f:.]+\])$/i;
const DATABASE_NUMBER = /^\d{1,5}$/;

/** Redis: `redis[s]://[user:password@]host[:port][/database]`, several separated by commas. */
export function readRedisUrls(text: string): RedisServers | Refused {
  const pieces = text
    .split(',')
    .map((piece) => piece.trim())
    .filter((piece) => piece !== '');
  if (pieces.length > 1 && pieces.some((piece) => !piece.includes('://'))) {
    return {
      problem: 'must be URLs separated by commas; a comma in a password is written %2C',
    };
  }
  const urls: URL[] = [];
  const checks = new Set<TlsChoice>();
  for (const piece of pieces) {
    const url = readRedisUrl(piece);
    if ('problem' in url) return url;
    urls.push(new URL(url.url));
    checks.add(url.check);
  }
  const [first] = urls;
  if (first === undefined) return { problem: 'must name at least one redis:// or rediss:// URL' };
  if (urls.length > 1) {
    const problem = problemOfSeeds(first, urls, checks.size);
    if (problem !== undefined) return { problem };
  }
  const [check] = checks;
  return { urls: urls.map(({ href }) => href), check };
}

/** What the first seed names is used for every node of the Cluster. */
function problemOfSeeds(first: URL, seeds: readonly URL[], tlsVariants: number): string | undefined {
  if (seeds.some((url) => url.pathname !== '')) {
    return 'names a database number, but a Redis Cluster has only database 0; remove it, or name one server';
  }
  if (tlsVariants > 1) {
    return 'mixes nodes with different TLS options or schemes; use the same for all nodes of a Cluster';
  }
  const differs = seeds.some(
    ({ username, password }) =>
      `${username}${password}` !== '' && (username !== first.username || password !== first.password),
  );
  return differs
    ? 'names several users or passwords; all nodes of a Cluster must have those of the first URL'
    : undefined;
}

function readRedisUrl(text: string): StoreUrl | Refused {
  const parsed = parse(text, ['redis', 'rediss']);
  if ('problem' in parsed) return parsed;
  const { url } = parsed;
  let database = url.pathname.replace(/^\//, '');
  const demands: TlsDemandOf[] = url.protocol === 'rediss:' ? [{ encrypt: true }] : [];
  for (const [name, value] of url.searchParams) {
    const option = readTlsOption(name, value, 'REDIS_TLS_CA_FILE');
    if ('problem' in option) return option;
    if ('demand' in option) demands.push(option.demand);
    else if (name === 'db' && (database === '' || database === value)) database = value;
    else if (name === 'db') return { problem: 'names two database numbers; leave one of them' };
    // Both families are tried anyway.
    else if (name !== 'family' || value !== '0') return { problem: unknownOption(name) };
  }
  if (database !== '' && !DATABASE_NUMBER.test(database)) {
    return { problem: 'must end with a database number (redis://host:6379/3) or with the port' };
  }
  const tls = tlsInForce(demands);
  if ('problem' in tls) return tls;
  url.protocol = tls.check === undefined || tls.check === 'off' ? 'redis:' : 'rediss:';
  url.search = '';
  url.pathname = Number(database) > 0 ? `/${Number(database)}` : '';
  return { url: url.href, check: tls.check };
}

/** The database: `mysql://[user[:password]@]host[:port]/database`. */
export function readMysqlUrl(text: string): StoreUrl | Refused {
  const parsed = parse(text, ['mysql', 'mariadb']);
  if ('problem' in parsed) return parsed;
  const { url } = parsed;
  if (!/^\/[^/]+\/?$/.test(url.pathname)) {
    return { problem: 'must name one database as its path: mysql://user:password@host:3306/seonchak' };
  }
  const demands: TlsDemandOf[] = [];
  for (const [name, value] of url.searchParams) {
    const option = readTlsOption(name, value, 'MYSQL_TLS_CA_FILE');
    if ('problem' in option) return option;
    if ('demand' in option) demands.push(option.demand);
    else if (name !== 'charset') return { problem: unknownOption(name) };
    else if (!value.toLowerCase().startsWith('utf8mb4')) {
      return { problem: 'has the option charset with a value other than utf8mb4; remove it' };
    }
  }
  const tls = tlsInForce(demands);
  if ('problem' in tls) return tls;
  url.search = '';
  url.pathname = url.pathname.replace(/\/$/, '');
  return { url: url.href, check: tls.check };
}

type TlsDemandOf = Extract<TlsOption, { demand: unknown }>['demand'];

const unknownOption = (name: string): string =>
  `has the option ${name}, which Seonchak does not know; remove it (docs/configuration.md lists the options)`;

function parse(text: string, schemes: readonly string[]): { readonly url: URL } | Refused {
  const scheme = `must be a URL starting with ${schemes.map((name) => `${name}://`).join(' or ')}`;
  const [, name = '', address] = /^([a-z][a-z\d+.-]*):\/\/(.*)$/i.exec(text) ?? [];
  if (address === undefined || !schemes.includes(name.toLowerCase())) return { problem: scheme };
  const credentials = address.slice(0, Math.max(0, address.lastIndexOf('@')));
  if (/[/?#\\\s[\]]/.test(credentials) || !isDecodable(address)) {
    return {
      problem:
        'has a user name or password with a character that must be percent-encoded: ' +
        'write / as %2F, ? as %3F, # as %23, @ as %40, : as %3A, % as %25, a space as %20',
    };
  }
  const url = parseUrl(text);
  if (url === null || !HOST.test(url.hostname)) return { problem: `${scheme} and a host name or address` };
  if (url.hash !== '') return { problem: 'has a #; a # in a password is written %23' };
  return { url };
}

export function parseUrl(text: string): URL | null {
  try {
    return new URL(text);
  } catch {
    return null;
  }
}

function isDecodable(text: string): boolean {
  try {
    decodeURIComponent(text);
    return true;
  } catch {
    return false;
  }
}
