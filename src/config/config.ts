/** Parses the environment variables into one frozen object and reports all faults together. */
import { withSecretsFromFiles } from './config-files.js';
import { crossFaults, tlsFaults } from './cross-faults.js';
import { environment, type Environment, type ProcessRole } from './environment.js';
import type { DurabilityLevel } from '../engine/domain/durability.js';
import { ConfigError } from '../engine/domain/errors.js';
import type { ClaimNames } from '../http/auth/claim-names.js';
import type { LimitSettings } from '../http/limits/caller-limits.js';
import type { MailSettings } from '../mail/password-mail.js';
import type { NatMap, SentinelGroup } from '../persist/redis/redis-servers.js';
import type { ServerTls } from '../persist/server-tls.js';
import { serverTls } from './store-tls.js';

/** Three health checks of the shipped proxies, a second apart, and one that has just begun. */
const SHUTDOWN_DELAY_BEHIND_PROXY_MS = 5_000;

/** In JWT_MEMBER_VALUES: every value that is not a seller's is a member's. */
const ANY_VALUE = '*';

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
  /** Without a request, after which a client's connection ends. */
  readonly idleMs: number;
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
  /** Claims of access tokens and presence tickets that rules of coupons may name. */
  readonly memberClaims: readonly string[];
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
  /** Between `/readyz` reporting that the process is not ready and the end of accepting connections. */
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
  /** Where browsers reach this installation, for links; `undefined`: at the address it listens on. */
  readonly publicUrl: string | undefined;
  /** `undefined`: no mail is sent. */
  readonly mail: MailSettings | undefined;
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
    idleMs: values.IDLE_TIMEOUT_S * 1_000,
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
    memberClaims: Object.freeze([...new Set(values.MEMBER_CLAIMS)]),
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
    publicUrl: values.PUBLIC_URL,
    mail:
      values.SMTP_URL === undefined || values.SMTP_FROM === undefined
        ? undefined
        : Object.freeze({ url: values.SMTP_URL, from: values.SMTP_FROM }),
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
