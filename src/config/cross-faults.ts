/** Checks the rules that span environment variables. */
import { DATABASE_TIMEOUT_MS } from '../engine/domain/limits.js';
import { problemOfCertificate } from './config-files.js';
import type { Environment } from './environment.js';

/** Rules that span variables; a rule that needs a faulty one is left for the next start. */
export function crossFaults(
  values: Environment,
  faulty: ReadonlySet<string>,
  secretsMissing: boolean,
): string[] {
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
  for (const name of ['SMTP_FROM', 'PUBLIC_URL'] as const) {
    if (values.SMTP_URL !== undefined && values[name] === undefined && !faulty.has(name))
      faults.push(`${name} is missing while SMTP_URL is set: mails need a sender and links an address`);
  }
  if (values.LEASE_MS <= DATABASE_TIMEOUT_MS) {
    faults.push(`LEASE_MS must be greater than the database timeout of ${DATABASE_TIMEOUT_MS} ms`);
  }
  return faults;
}

export function tlsFaults(values: Environment): string[] {
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
