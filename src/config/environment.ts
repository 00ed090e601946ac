/** Defines the environment variables: the form and the default of each. */
import { isIP } from 'node:net';
import { z } from 'zod';
import { durabilityLevels } from '../engine/domain/durability.js';
import { isNetwork } from './network.js';
import { readAuthorities } from './config-files.js';
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

/** Each is kept with every verified token. */
const MEMBER_CLAIMS_MAX = 8;

const placeholderSecret = /^(.)\1*$|change.?me|placeholder|example|your.?secret|^secret/i;

const secret = z
  .string()
  .refine((text) => Buffer.byteLength(text) >= 32, 'must have at least 32 bytes')
  .refine(
    (text) => !placeholderSecret.test(text),
    'is a known placeholder; set a random value, such as the output of openssl rand -base64 32',
  );

export const environment = z.object({
  HOST: listenHost.default('127.0.0.1'),
  PORT: integer(1, 65_535).default(8_080),
  HEALTH_PORT: integer(1, 65_535).optional(),
  IDLE_TIMEOUT_S: integer(10, 4_000).default(10),
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
  MEMBER_CLAIMS: z
    .string()
    .transform(commaSeparated)
    .pipe(
      z
        .array(z.string().min(1).max(64, 'must be a list of names of at most 64 characters'))
        .max(MEMBER_CLAIMS_MAX, `must be a list of at most ${MEMBER_CLAIMS_MAX} names`),
    )
    .default([]),
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
  RECORD_BATCH_MAX: integer(1, BATCH_LIMIT).default(3_000),
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
  PUBLIC_URL: z
    .string()
    .refine(isOrigin, 'must be an origin without a path, such as https://coupons.example')
    .refine((text) => text !== '*', 'must be an origin without a path, such as https://coupons.example')
    .optional(),
  SMTP_URL: urlWith('smtp', 'smtps').optional(),
  SMTP_URL_FILE: z.string().optional(),
  SMTP_FROM: z
    .string()
    .refine((text) => /^[^\s@]+@[^\s@]+$/.test(text), 'must be an e-mail address')
    .optional(),
  SELLER_SIGNUP: z.enum(['open', 'closed'], 'must be open or closed').optional(),
  MEMBER_SIGNUP: z.enum(['open', 'closed'], 'must be open or closed').optional(),
});

export type Environment = z.output<typeof environment>;
