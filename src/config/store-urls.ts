/** Reads `REDIS_URL` and `MYSQL_URL`: each part of a URL is honoured, or refused with what to write instead. */
import type { NatMap, RedisAddress, SentinelGroup } from '../persist/redis/redis-servers.js';
import { readTlsOption, type TlsChoice, type TlsOption, tlsInForce } from './store-tls.js';

/** The address in one spelling: no options, and `rediss://` where Redis is encrypted. */
export interface StoreUrl {
  readonly url: string;
  readonly check: TlsChoice;
}

export interface RedisServers {
  /** One: a single node. Several: the seeds of a Cluster. */
  readonly urls: readonly string[];
  /** The one URL then has user, password and database of the servers. */
  readonly sentinel?: SentinelGroup;
  readonly check: TlsChoice;
}

interface Refused {
  /** Worded to follow the name of the variable. None repeats a password. */
  readonly problem: string;
}

const HOST = /^(?:[\w.-]+|\[[\da-f:.]+\])$/i;
const DATABASE_NUMBER = /^\d{1,5}$/;

/** Redis: {@link readSentinelUrl}, or `redis[s]://[user:password@]host[:port][/database]`, several separated by commas. */
export function readRedisUrls(text: string): RedisServers | Refused {
  if (/^rediss?\+sentinel:/i.test(text)) return readSentinelUrl(text);
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

const SENTINEL_FORM =
  'must be redis+sentinel://user:password@host1:26379,host2:26379/mastername, followed by /3 for database 3';
const SENTINEL_PORT = 26_379;
const SENTINEL_OPTION = /^sentinel[_-]?(username|password|tls)$/i;

/**
 * Sentinels: `redis[s]+sentinel://[user:password@]host[:port],…/mastername[/database][?…]`. User, password and database are those of the servers;
 * `sentinel_username`, `sentinel_password` and `sentinel_tls` are the Sentinels' own. TLS options count for both.
 */
function readSentinelUrl(text: string): RedisServers | Refused {
  const at = text.lastIndexOf('@');
  const [, scheme = '', afterScheme = ''] = /^(rediss?)\+sentinel:\/\/(.*)$/i.exec(text) ?? [];
  const credentials = at < 0 ? '' : text.slice(text.length - afterScheme.length, at + 1);
  const [, hosts = '', master = '', database = '', query = ''] =
    /^([^/?#]+)\/([^/?#]+)(?:\/(\d{0,5}))?(?:\?([^#]*))?$/.exec(at < 0 ? afterScheme : text.slice(at + 1)) ??
    [];
  if (!isDecodable(master) || master === '') return { problem: SENTINEL_FORM };
  const addresses: RedisAddress[] = [];
  for (const host of hosts.split(',').map((one) => one.trim())) {
    const address = readAddress(host, SENTINEL_PORT);
    if (address === undefined) return { problem: SENTINEL_FORM };
    addresses.push(address);
  }
  const options = new URLSearchParams(query);
  const own: { username?: string; password?: string; tls?: string } = {};
  for (const [name, value] of [...options]) {
    const option = SENTINEL_OPTION.exec(name)?.[1]?.toLowerCase() as keyof typeof own | undefined;
    if (option === undefined) continue;
    own[option] = value;
    options.delete(name);
  }
  if (own.tls !== undefined && !/^(?:true|false)$/.test(own.tls)) {
    return { problem: 'has the option sentinel_tls with a value that is not supported; use true or false' };
  }
  const [first = ''] = hosts.split(',');
  const servers = readRedisUrl(`${scheme}://${credentials}${first.trim()}/${database}?${options.toString()}`);
  if ('problem' in servers) return servers;
  const isEncrypted = servers.url.startsWith('rediss:');
  return {
    urls: [servers.url],
    check: servers.check,
    sentinel: Object.freeze({
      masterName: decodeURIComponent(master),
      addresses: Object.freeze(addresses),
      username: own.username,
      password: own.password,
      isEncrypted: own.tls === undefined ? isEncrypted : own.tls === 'true',
    }),
  };
}

/** `REDIS_NAT_MAP`: `advertised:port=reachable:port`, several separated by commas. */
export function readNatMap(text: string): { readonly addresses: NatMap } | Refused {
  const addresses: Record<string, RedisAddress> = {};
  for (const pair of text.split(',')) {
    const [announced = '', reachable = '', ...others] = pair.split('=').map((one) => one.trim());
    const from = readAddress(announced, 0);
    const to = readAddress(reachable, 0);
    if (from === undefined || to === undefined || from.port * to.port === 0 || others.length > 0) {
      return {
        problem:
          'must be advertised:port=reachable:port, several separated by commas: 10.0.0.1:6379=redis.example:7001',
      };
    }
    addresses[`${from.host}:${from.port}`] = to;
  }
  return { addresses: Object.freeze(addresses) };
}

function readAddress(text: string, defaultPort: number): RedisAddress | undefined {
  const [, host = '', port = String(defaultPort)] =
    /^([\w.-]+|\[[\da-f:.]+\])(?::(\d{1,5}))?$/i.exec(text) ?? [];
  if (host === '' || Number(port) > 65_535) return undefined;
  return { host: host.replace(/^\[(.*)\]$/, '$1'), port: Number(port) };
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
