/** Reads the files that the configuration names: secrets kept out of the environment, and certificates. */
import { createPrivateKey, X509Certificate } from 'node:crypto';
import { readFileSync, statSync } from 'node:fs';

/** A secret, a URL or a chain of certificates; a larger file is a slip of the keyboard. */
const FILE_BYTES_MAX = 1_048_576;

/** The variables that may come from a file instead: `X_FILE` names one that holds the value of `X`. */
export const secretVariables = [
  'JWT_SECRET',
  'PRESENCE_SECRET',
  'REDIS_URL',
  'MYSQL_URL',
  'SMTP_URL',
] as const;

export type Given = Readonly<Record<string, string>>;

/**
 * Puts the content of `X_FILE` in the place of `X`, without the line break at its end.
 *
 * @returns the settings, and a fault for each file that cannot be read or whose variable is set as well. No fault
 *   repeats any content.
 */
export function withSecretsFromFiles(given: Given): { readonly settings: Given; readonly faults: string[] } {
  const settings = { ...given };
  const faults: string[] = [];
  for (const name of secretVariables) {
    const variable = `${name}_FILE`;
    const path = given[variable];
    if (path === undefined) continue;
    if (given[name] !== undefined) {
      faults.push(`${name} and ${variable} exclude each other: set one`);
      continue;
    }
    const file = readSmallFile(path);
    if ('problem' in file) faults.push(`${variable} ${file.problem}`);
    else settings[name] = file.text.replace(/\r?\n$/, '');
  }
  return { settings, faults };
}

type FileText = { readonly text: string } | { readonly problem: string };

function readSmallFile(path: string): FileText {
  try {
    // Asked first: a device or a pipe would never end.
    const { size } = statSync(path);
    if (size > FILE_BYTES_MAX) return { problem: `names a file of more than ${FILE_BYTES_MAX} bytes` };
    const text = readFileSync(path, 'utf8');
    return text.trim() === '' ? { problem: `names an empty file, ${path}` } : { text };
  } catch (fault) {
    const code = fault instanceof Error && 'code' in fault ? String(fault.code) : 'unknown reason';
    return { problem: `cannot be read: ${path} (${code})` };
  }
}

/** Certificates of those who sign for a server, in PEM. */
export function readAuthorities(path: string): FileText {
  const file = readSmallFile(path);
  if ('problem' in file) return file;
  return isCertificate(file.text) ? file : { problem: `has no certificate in PEM, ${path}` };
}

/** Judged here, because the server library reports no more than "failed" of a pair it cannot use. `undefined`: it can be used. */
export function problemOfCertificate(
  certFile: string,
  keyFile: string,
): { readonly name: 'TLS_CERT_FILE' | 'TLS_KEY_FILE'; readonly problem: string } | undefined {
  const cert = readSmallFile(certFile);
  if ('problem' in cert) return { name: 'TLS_CERT_FILE', problem: cert.problem };
  if (!isCertificate(cert.text)) {
    return { name: 'TLS_CERT_FILE', problem: `has no certificate in PEM, ${certFile}` };
  }
  const key = readSmallFile(keyFile);
  if ('problem' in key) return { name: 'TLS_KEY_FILE', problem: key.problem };
  try {
    const fits = new X509Certificate(cert.text).checkPrivateKey(createPrivateKey(key.text));
    return fits ? undefined : { name: 'TLS_KEY_FILE', problem: 'is not the key of TLS_CERT_FILE' };
  } catch {
    return { name: 'TLS_KEY_FILE', problem: `has no private key in PEM without a password, ${keyFile}` };
  }
}

function isCertificate(text: string): boolean {
  try {
    new X509Certificate(text);
    return true;
  } catch {
    return false;
  }
}
