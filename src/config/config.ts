/** Parses the environment variables into one frozen object and reports all faults together. */
import { isIP } from 'node:net';
import { z } from 'zod';
import { problemOfCertificate, readAuthorities, withSecretsFromFiles } from './config-files.js';
import { durabilityLevels, type DurabilityLevel } from '../engine/domain/durability.js';
import { ConfigError } from '../engine/domain/errors.js';
import { DATABASE_TIMEOUT_MS } from '../engine/domain/limits.js';
import type { ClaimNames } from '../http/auth/claim-names.js';
import type { LimitSettings } from '../http/limits/caller-limits.js';
import { isNetwork } from '../http/limits/client-address.js';
import type { NatMap, SentinelGroup } from '../persist/redis/redis-servers.js';
import type { ServerTls } from '../persist/server-tls.js';
import { serverTls } from './store-tls.js';
import { parseUrl, readMysqlUrl, readNatMap, readRedisUrls } from './store-urls.js';

export const processRoles = ['api', 'recorder', 'relay'] as const;
export type ProcessRole = (typeof processRoles)[number];

/** The most members one script call takes: HSET needs two arguments each and Lua unpacks fewer than 8,000. */
const BATCH_LIMIT = 3_000;

const integer = (least: number, most: number) =>
  z
    .string()
    .regex(/^\d{1,15}$/, `must be a whole number from ${least} to ${most}`)
    .transform(Number)
    .refine((value) => value >= least && value <= most, `must be a whole number from ${least} to ${most}`);

const commaSeparated = (text: string): string[] =>
  text
    .split(',')
    .map((part) => part.trim())
    .filter((part) => part !== '');

const list = (what: string) =>
  z
    .string()
    .transform(commaSeparated)
    .pipe(z.array(z.string()).min(1, `must name ${what}, separated by commas`));

const urlWith = (...schemes: string[]) =>
  z.string().refine(
    (text) => {
      const url = parseUrl(text);
      return url !== null && schemes.includes(url.protocol.slice(0, -1)) && url.hostname !== '';
    },
    `must be a URL starting with ${schemes.map((scheme) => `${scheme}://`).join(' or ')}`,
  );

const readBy = <Value extends object>(read: (text: string) => Value | { readonly problem: string }) =>
  z.string().transform((text, context) => {
    const value = read(text);
    if (!('problem' in value)) return value;
    context.addIssue({ code: 'custom', message: value.problem });
    return z.NEVER;
  });

/** The path of a file becomes its content: workers and drivers need no file system of their own. */
const authorities = readBy(readAuthorities).transform(({ text }) => text);

/** An IPv6 address may be in brackets, as in a URL. */
const listenHost = z
  .string()
  .transform((text) => text.replace(/^\[(.*)\]$/, '$1'))
  .refine(
    (host) => isIP(host) !== 0 || /^[\w.-]+$/.test(host),
    'must be an address or a host name without a port (PORT has that), such as 0.0.0.0 or [::1]',
  );

/** As browsers write it: scheme, host in lower case, a port only where it is not the scheme's own, no path. */
function isOrigin(text: string): boolean {
  const url = parseUrl(text);
  return text === '*' || (url !== null && /^https?:$/.test(url.protocol) && url.origin === text);
}

/** Three health checks of the shipped proxies, a second apart, and one that has just begun. */
const SHUTDOWN_DELAY_BEHIND_PROXY_MS = 5_000;

/** In JWT_MEMBER_VALUES: whatever is no seller's is a member's. */
const ANY_VALUE = '*';

const placeholderSecret = /^(.)\1*$|change.?me|placeholder|example|your.?secret|^secret/i;

const secret = z
  .string()
  .refine((text) => Buffer.byteLength(text) >= 32, 'must have at least 32 bytes')
  .refine(
    (text) => !placeholderSecret.test(text),
    'is a known placeholder; set a random value, such as the output of openssl rand -base64 32',
  );

const environment = z.object({
  HOST: listenHost.default('127.0.0.1'),
  PORT: integer(1, 65_535).default(8_080),
  HEALTH_PORT: integer(1, 65_535).optional(),
  IDLE_TIMEOUT_S: z
    .literal(
      '10',
      'can only be 10: the HTTP library ends idle connections after 10 s. For a balancer that keeps connections longer, put nginx or HAProxy between (docs/load-balancers.md)',
    )
    .optional(),
  TLS_CERT_FILE: z.string().optional(),
  TLS_KEY_FILE: z.string().optional(),
  REDIS_URL: readBy(readRedisUrls).optional(),
  REDIS_URL_FILE: z.string().optional(),
  REDIS_TLS_CA_FILE: authorities.optional(),
  REDIS_NAT_MAP: readBy(readNatMap).optional(),
  REDIS_PREFIX: z
    .string()
    .regex(
      /^[A-Za-z0-9._:-]{1,64}$/,
      'must be 1 to 64 letters, digits or . _ : - (no braces, which place keys in a Cluster), such as staging:',
    )
    .default(''),
  MYSQL_URL: readBy(readMysqlUrl).optional(),
  MYSQL_URL_FILE: z.string().optional(),
  MYSQL_TLS_CA_FILE: authorities.optional(),
  DATA_DIR: z.string().min(1).default('./data'),
  JWT_SECRET: secret.optional(),
  JWT_SECRET_FILE: z.string().optional(),
  JWT_JWKS_URL: urlWith('https', 'http').optional(),
  JWT_ISSUER: z.string().min(1).default('seonchak'),
  JWT_AUDIENCE: list('audiences').default(['seonchak']),
  JWT_MEMBER_CLAIM: z.string().min(1).default('sub'),
  JWT_ROLE_CLAIM: z.string().min(1).default('role'),
  JWT_SELLER_VALUES: list('values').default(['seller']),
  JWT_MEMBER_VALUES: list('values').optional(),
  JWT_CLOCK_TOLERANCE_S: integer(0, 300).default(5),
  PRESENCE_SECRET: secret.optional(),
  PRESENCE_SECRET_FILE: z.string().optional(),
  PRESENCE_JWKS_URL: urlWith('https', 'http').optional(),
  PRESENCE_ISSUER: z.string().min(1).default('seonchak-presence'),
  PRESENCE_AUDIENCE: z.string().min(1).default('seonchak-presence'),
  DURABILITY: z.enum(durabilityLevels, `must be one of ${durabilityLevels.join(', ')}`).optional(),
  REPLICA_ACKS: integer(1, 16).default(1),
  ROLES: z
    .string()
    .transform(commaSeparated)
    .pipe(
      z
        .array(z.enum(processRoles, `must be a list of ${processRoles.join(', ')}`))
        .min(1, `must be a list of ${processRoles.join(', ')}`),
    )
    .default([...processRoles]),
  SHUTDOWN_DELAY_MS: integer(0, 600_000).optional(),
  PROCESSES: integer(1, 64).default(1),
  BATCH_MAX: integer(1, BATCH_LIMIT).default(512),
  MAILBOX_MAX: integer(1, 1_000_000).default(10_000),
  PENDING_MAX: integer(1, 10_000_000).default(50_000),
  ADMIT_DEADLINE_MS: integer(50, 60_000).default(2_000),
  LEASE_MS: integer(1_000, 600_000).default(10_000),
  RECORD_BATCH_MAX: integer(1, BATCH_LIMIT).default(2_000),
  RECORD_THREADS: integer(1, 16).default(2),
  LOG_LEVEL: z
    .enum(
      ['trace', 'debug', 'info', 'warn', 'error', 'fatal', 'silent'],
      'must be a pino level, such as info',
    )
    .default('info'),
  MEMBER_RATE: integer(0, 100_000).default(0),
  KEY_RATE: integer(0, 100_000).default(0),
  MEMBER_BURST: integer(1, 1_000_000).default(2_000),
  ADDRESS_RATE: integer(0, 1_000_000).default(0),
  ADDRESS_BURST: integer(1, 10_000_000).default(10_000),
  SIGN_IN_FAILURES_MAX: integer(0, 1_000).default(10),
  TRUSTED_PROXIES: z
    .string()
    .transform(commaSeparated)
    .pipe(z.array(z.string().refine(isNetwork, 'must be a list of addresses or networks (10.0.0.0/8)')))
    .default([]),
  CORS_ORIGINS: z
    .string()
    .transform(commaSeparated)
    .pipe(z.array(z.string().refine(isOrigin, 'must be a list of origins (https://shop.example), or *')))
    .default([]),
  WEBHOOK_ALLOW_PRIVATE: z.enum(['0', '1'], 'must be 0 or 1').default('0'),
  SELLER_SIGNUP: z.enum(['open', 'closed'], 'must be open or closed').optional(),
  MEMBER_SIGNUP: z.enum(['open', 'closed'], 'must be open or closed').optional(),
});

type Environment = z.output<typeof environment>;

/** Paths; the listener reads them itself. */
export interface TlsFiles {
  readonly certFile: string;
  readonly keyFile: string;
}

interface SharedConfig {
  readonly host: string;
  readonly port: number;
  /** `undefined`: probes are answered on `port` only. */
  readonly healthPort: number | undefined;
  /** `undefined`: plain HTTP. */
  readonly tls: TlsFiles | undefined;
  readonly dataDir: string;
  /** `undefined` with the embedded back end: then it is generated and kept in `dataDir`. */
  readonly jwtSecret: string | undefined;
  readonly jwtJwksUrl: string | undefined;
  readonly jwtIssuer: string;
  /** One of them has to be among the token's. */
  readonly jwtAudiences: readonly string[];
  readonly jwtClaimNames: ClaimNames;
  readonly jwtClockToleranceSeconds: number;
  /** Neither this nor `presenceJwksUrl`: no coupon can demand presence. */
  readonly presenceSecret: string | undefined;
  readonly presenceJwksUrl: string | undefined;
  readonly presenceIssuer: string;
  readonly presenceAudience: string;
  /** `undefined`: the strongest the store's settings allow. */
  readonly durability: DurabilityLevel | undefined;
  readonly replicaAcks: number;
  readonly roles: readonly ProcessRole[];
  readonly processes: number;
  /** Between `/readyz` saying no and the end of accepting connections. */
  readonly shutdownDelayMs: number;
  readonly batchMax: number;
  readonly mailboxMax: number;
  readonly pendingMax: number;
  readonly admitDeadlineMs: number;
  readonly leaseMs: number;
  readonly recordBatchMax: number;
  readonly recordThreads: number;
  readonly logLevel: Environment['LOG_LEVEL'];
  readonly sellerSignup: 'open' | 'closed';
  readonly memberSignup: 'open' | 'closed';
  /** Exact origins, or `*` for what anyone may read. */
  readonly corsOrigins: readonly string[];
  /** For test installations: webhooks may lead to private addresses, over plain HTTP. */
  readonly webhookAllowPrivate: boolean;
  readonly limits: LimitSettings;
}

export interface EmbeddedConfig extends SharedConfig {
  readonly backEnd: 'embedded';
}

export interface DistributedConfig extends SharedConfig {
  readonly backEnd: 'distributed';
  /** One URL: a single node. Several: the seeds of a Cluster. */
  readonly redisUrls: readonly string[];
  readonly mysqlUrl: string;
  /** `undefined`: the URLs name the servers themselves. */
  readonly redisSentinel: SentinelGroup | undefined;
  readonly redisNatMap: NatMap | undefined;
  /** Before every key and channel in Redis; '' for none. */
  readonly redisPrefix: string;
  /** `undefined`: no TLS. */
  readonly redisTls: ServerTls | undefined;
  readonly mysqlTls: ServerTls | undefined;
}

export type Config = EmbeddedConfig | DistributedConfig;

/**
 * Reads the whole configuration (docs/configuration.md). An empty variable counts as absent.
 *
 * @throws {@link ConfigError} naming every fault at once, so that an operator can fix all of them together.
 */
export function loadConfig(env: NodeJS.ProcessEnv): Config {
  const given: Record<string, string> = {};
  for (const [name, value] of Object.entries(env))
    if (value !== undefined && value !== '') given[name] = value;
  const { settings, faults: fileFaults } = withSecretsFromFiles(given);
  const padded = Object.keys(environment.shape).filter((name) => isPadded(settings[name]));
  const parsed = environment.safeParse(settings);
  const issues = (parsed.success ? [] : parsed.error.issues).filter(
    (issue) => !padded.includes(String(issue.path[0])),
  );
  const faulty = new Set([...padded, ...issues.map((issue) => String(issue.path[0]))]);
  // The rules between variables are applied to those that are each valid.
  const sound = Object.fromEntries(Object.entries(settings).filter(([name]) => !faulty.has(name)));
  const values = environment.parse(sound);
  const faults = [
    ...fileFaults,
    ...padded.map((name) => `${name} begins or ends with white space`),
    ...issues.map((issue) => `${String(issue.path[0])} ${issue.message}`),
    ...crossFaults(values, faulty, fileFaults.length > 0),
    ...tlsFaults(values),
  ];
  if (faults.length > 0) throw new ConfigError(faults);

  const embedded = values.REDIS_URL === undefined;
  const shared: SharedConfig = {
    host: values.HOST,
    port: values.PORT,
    healthPort: values.HEALTH_PORT,
    tls:
      values.TLS_CERT_FILE === undefined || values.TLS_KEY_FILE === undefined
        ? undefined
        : Object.freeze({ certFile: values.TLS_CERT_FILE, keyFile: values.TLS_KEY_FILE }),
    dataDir: values.DATA_DIR,
    jwtSecret: values.JWT_SECRET,
    jwtJwksUrl: values.JWT_JWKS_URL,
    jwtIssuer: values.JWT_ISSUER,
    jwtAudiences: Object.freeze(values.JWT_AUDIENCE),
    jwtClaimNames: claimNamesOf(values),
    jwtClockToleranceSeconds: values.JWT_CLOCK_TOLERANCE_S,
    presenceSecret: values.PRESENCE_SECRET,
    presenceJwksUrl: values.PRESENCE_JWKS_URL,
    presenceIssuer: values.PRESENCE_ISSUER,
    presenceAudience: values.PRESENCE_AUDIENCE,
    durability: values.DURABILITY,
    replicaAcks: values.REPLICA_ACKS,
    roles: Object.freeze([...new Set(values.ROLES)]),
    processes: values.PROCESSES,
    shutdownDelayMs: values.SHUTDOWN_DELAY_MS ?? (embedded ? 0 : SHUTDOWN_DELAY_BEHIND_PROXY_MS),
    batchMax: values.BATCH_MAX,
    mailboxMax: values.MAILBOX_MAX,
    pendingMax: values.PENDING_MAX,
    admitDeadlineMs: values.ADMIT_DEADLINE_MS,
    leaseMs: values.LEASE_MS,
    recordBatchMax: values.RECORD_BATCH_MAX,
    recordThreads: values.RECORD_THREADS,
    logLevel: values.LOG_LEVEL,
    limits: Object.freeze({
      member: Object.freeze({ rate: values.MEMBER_RATE, burst: values.MEMBER_BURST }),
      key: Object.freeze({ rate: values.KEY_RATE, burst: 2 * Math.max(1, values.KEY_RATE) }),
      address: Object.freeze({ rate: values.ADDRESS_RATE, burst: values.ADDRESS_BURST }),
      signInFailuresMax: values.SIGN_IN_FAILURES_MAX,
      trustedProxies: Object.freeze(values.TRUSTED_PROXIES),
    }),
    webhookAllowPrivate: values.WEBHOOK_ALLOW_PRIVATE === '1',
    corsOrigins: Object.freeze([...new Set(values.CORS_ORIGINS)]),
    sellerSignup: values.SELLER_SIGNUP ?? (embedded ? 'open' : 'closed'),
    memberSignup: values.MEMBER_SIGNUP ?? (embedded ? 'open' : 'closed'),
  };
  if (values.REDIS_URL === undefined || values.MYSQL_URL === undefined) {
    return Object.freeze({ ...shared, backEnd: 'embedded' });
  }
  return Object.freeze({
    ...shared,
    backEnd: 'distributed',
    redisUrls: Object.freeze(values.REDIS_URL.urls),
    mysqlUrl: values.MYSQL_URL.url,
    redisSentinel: values.REDIS_URL.sentinel,
    redisNatMap: values.REDIS_NAT_MAP?.addresses,
    redisPrefix: values.REDIS_PREFIX,
    redisTls: serverTls(values.REDIS_URL.check, values.REDIS_TLS_CA_FILE),
    mysqlTls: serverTls(values.MYSQL_URL.check, values.MYSQL_TLS_CA_FILE),
  });
}

/**
 * An outside provider's tokens name members as they please, or not at all. Holders of a shared secret sign for us, so there a token with
 * neither role is a mistake, unless the operator has named what a member's tokens carry.
 */
function claimNamesOf(values: Environment): ClaimNames {
  const fallback = values.JWT_JWKS_URL === undefined ? Object.freeze(['member']) : 'any';
  const memberValues = values.JWT_MEMBER_VALUES;
  return Object.freeze({
    member: values.JWT_MEMBER_CLAIM,
    role: values.JWT_ROLE_CLAIM,
    sellerValues: Object.freeze(values.JWT_SELLER_VALUES),
    memberValues: memberValues?.includes(ANY_VALUE) ? 'any' : (memberValues ?? fallback),
  });
}

/** White space at an end is an invisible slip: it would be part of a secret, or the name of another folder. */
function isPadded(value: string | undefined): boolean {
  return value !== undefined && value !== value.trim();
}

/** Rules that span variables; a rule that needs a faulty one is left for the next start. */
function crossFaults(values: Environment, faulty: ReadonlySet<string>, secretsMissing: boolean): string[] {
  // What a secret that could not be read would have meant is not known.
  if (secretsMissing) return [];
  const faults: string[] = [];
  const isSet = (name: 'REDIS_URL' | 'MYSQL_URL'): boolean => values[name] !== undefined || faulty.has(name);
  const distributed = isSet('REDIS_URL') && isSet('MYSQL_URL');
  if (isSet('REDIS_URL') !== isSet('MYSQL_URL')) {
    const [present, absent] = isSet('MYSQL_URL') ? ['MYSQL_URL', 'REDIS_URL'] : ['REDIS_URL', 'MYSQL_URL'];
    faults.push(`${absent} is missing while ${present} is set: set both (distributed) or neither (embedded)`);
  }
  if (values.JWT_SECRET !== undefined && values.JWT_JWKS_URL !== undefined) {
    faults.push('JWT_SECRET and JWT_JWKS_URL exclude each other: set one');
  }
  if (values.PRESENCE_SECRET !== undefined && values.PRESENCE_JWKS_URL !== undefined) {
    faults.push('PRESENCE_SECRET and PRESENCE_JWKS_URL exclude each other: set one');
  }
  if (values.PRESENCE_SECRET !== undefined && values.PRESENCE_SECRET === values.JWT_SECRET) {
    faults.push(
      'PRESENCE_SECRET must differ from JWT_SECRET: otherwise the presence service could sign access tokens',
    );
  }
  const hasKeys = ['JWT_SECRET', 'JWT_JWKS_URL'].some((name) => faulty.has(name));
  if (distributed && !hasKeys && values.JWT_SECRET === undefined && values.JWT_JWKS_URL === undefined) {
    faults.push('JWT_SECRET (at least 32 bytes) or JWT_JWKS_URL is required with the distributed back end');
  }
  if (!distributed && values.PROCESSES > 1) {
    faults.push('PROCESSES above 1 needs the distributed back end (REDIS_URL and MYSQL_URL)');
  }
  if (!distributed && values.DURABILITY === 'replica') {
    faults.push(
      'DURABILITY replica needs the distributed back end (REDIS_URL and MYSQL_URL); the embedded back end always has fsync',
    );
  }
  if (!distributed && !(values.ROLES.includes('api') && values.ROLES.includes('recorder'))) {
    faults.push('ROLES must contain api and recorder with the embedded back end: it is one process');
  }
  if (values.LEASE_MS <= DATABASE_TIMEOUT_MS) {
    faults.push(`LEASE_MS must be greater than the database timeout of ${DATABASE_TIMEOUT_MS} ms`);
  }
  return faults;
}

function tlsFaults(values: Environment): string[] {
  const faults: string[] = [];
  const { TLS_CERT_FILE: certFile, TLS_KEY_FILE: keyFile, REDIS_URL: redis } = values;
  if ((certFile === undefined) !== (keyFile === undefined)) {
    faults.push(
      `${certFile === undefined ? 'TLS_CERT_FILE' : 'TLS_KEY_FILE'} is missing: set both TLS_CERT_FILE and TLS_KEY_FILE, or neither`,
    );
  }
  if (certFile !== undefined && keyFile !== undefined) {
    const found = problemOfCertificate(certFile, keyFile);
    if (found !== undefined) faults.push(`${found.name} ${found.problem}`);
  }
  const redisIsPlain = redis !== undefined && redis.urls.every((url) => url.startsWith('redis:'));
  if (values.REDIS_TLS_CA_FILE !== undefined && redisIsPlain) {
    faults.push('REDIS_TLS_CA_FILE needs rediss:// in REDIS_URL');
  }
  if (values.MYSQL_TLS_CA_FILE !== undefined && values.MYSQL_URL?.check === 'off') {
    faults.push('MYSQL_TLS_CA_FILE turns TLS on, but MYSQL_URL turns it off; remove one of them');
  }
  return faults;
}
