/** Reads the TLS options of a store URL in the spellings that hosters and drivers use. */
import type { CertificateCheck, ServerTls } from '../persist/server-tls.js';

/** What one option demands; an absent member is left to the other options. */
interface TlsDemand {
  readonly encrypt?: boolean;
  readonly check?: CertificateCheck;
}

/** The modes of MySQL and libpq. `PREFERRED` and `prefer` are missing on purpose: an attacker could turn the encryption off. */
const modes: Readonly<Record<string, TlsDemand>> = {
  disabled: { encrypt: false },
  disable: { encrypt: false },
  required: { encrypt: true, check: 'nothing' },
  require: { encrypt: true, check: 'nothing' },
  'verify-ca': { encrypt: true, check: 'authority' },
  'verify-identity': { encrypt: true, check: 'name' },
  'verify-full': { encrypt: true, check: 'name' },
};

const switches: Readonly<Record<string, TlsDemand>> = {
  true: { encrypt: true },
  1: { encrypt: true },
  false: { encrypt: false },
  0: { encrypt: false },
};

const checks: Readonly<Record<string, TlsDemand>> = {
  true: { check: 'name' },
  false: { check: 'nothing' },
};

/** By the name of the option in lower case, without `-` and `_`; then by its value in lower case, with `-` for `_`. */
const options: Readonly<Record<string, Readonly<Record<string, TlsDemand>>>> = {
  sslmode: modes,
  tls: { ...switches, 'skip-verify': { encrypt: true, check: 'nothing' } },
  ssl: { ...switches, ...modes },
  usessl: switches,
  requiressl: switches,
  verifyservercertificate: checks,
  rejectunauthorized: checks,
  sslverifycert: checks,
  sslaccept: {
    strict: { encrypt: true, check: 'name' },
    'accept-invalid-certs': { encrypt: true, check: 'nothing' },
  },
  sslcertreqs: { required: { check: 'name' }, none: { check: 'nothing' } },
  sslcheckhostname: { true: { check: 'name' }, false: { check: 'authority' } },
};

const caFiles = new Set(['sslca', 'sslcacerts', 'sslrootcert', 'tlsca', 'cacert', 'sslcafile']);
const clientCertificates = new Set(['sslcert', 'sslkey', 'sslcertfile', 'sslkeyfile', 'sslidentity']);

export type TlsOption =
  { readonly demand: TlsDemand } | { readonly problem: string } | { readonly foreign: true };

/** `foreign`: the option is not about TLS. A problem is worded to follow the name of the variable. */
export function readTlsOption(name: string, value: string, caVariable: string): TlsOption {
  const plainName = name.toLowerCase().replaceAll(/[-_]/g, '');
  if (caFiles.has(plainName)) {
    return { problem: `has the option ${name}; set ${caVariable} to the path of that file instead` };
  }
  if (clientCertificates.has(plainName)) {
    return { problem: `has the option ${name}, but client certificates are not supported; remove it` };
  }
  const values = options[plainName];
  if (values === undefined) return { foreign: true };
  const demand =
    plainName === 'ssl' && value.startsWith('{')
      ? demandOfJson(value)
      : values[value.toLowerCase().replaceAll('_', '-')];
  if (demand !== undefined) return { demand };
  const known = Object.keys(values).map((text) => (values === modes ? text.toUpperCase() : text));
  return { problem: `has the option ${name} with a value that is not supported; use ${known.join(', ')}` };
}

/** As mysql2 takes it: `{"rejectUnauthorized":true}`. */
function demandOfJson(text: string): TlsDemand | undefined {
  try {
    const { rejectUnauthorized = true, ...others } = JSON.parse(text) as Record<string, unknown>;
    if (typeof rejectUnauthorized !== 'boolean' || Object.keys(others).length > 0) return undefined;
    return { encrypt: true, check: rejectUnauthorized ? 'name' : 'nothing' };
  } catch {
    return undefined;
  }
}

/** `off`: the URL forbids TLS. `undefined`: the URL has no TLS option. */
export type TlsChoice = CertificateCheck | 'off' | undefined;

/** What the options of one URL demand together. */
export function tlsInForce(
  demands: readonly TlsDemand[],
): { readonly check: TlsChoice } | { readonly problem: string } {
  const encrypt = new Set(demands.flatMap((demand) => demand.encrypt ?? []));
  const check = new Set(demands.flatMap((demand) => demand.check ?? []));
  if (encrypt.size > 1 || check.size > 1) {
    return { problem: 'has TLS options that contradict each other; leave one of them' };
  }
  const [isEncrypted = check.size > 0 ? true : undefined] = encrypt;
  const [named = 'name'] = check;
  if (isEncrypted === undefined) return { check: undefined };
  return { check: isEncrypted ? named : 'off' };
}

/**
 * The file of an authority is there for the certificate to be verified: with it `nothing` becomes `name`.
 * For the database, the file alone turns TLS on; for Redis, `config.ts` refuses a file without `rediss://`.
 */
export function serverTls(check: TlsChoice, ca: string | undefined): ServerTls | undefined {
  if (check === 'off') return undefined;
  if (ca === undefined) return check === undefined ? undefined : Object.freeze({ ca, check });
  return Object.freeze({ ca, check: check === 'authority' ? check : 'name' });
}
