/** Creates certificates with openssl for one test: an authority, and a server certificate for 127.0.0.1. */
import { execFile } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';

const run = promisify(execFile);

export interface TestCertificates {
  readonly ca: string;
  readonly cert: string;
  readonly key: string;
  remove(): Promise<void>;
}

/** @throws Error when openssl is not on the PATH. */
export async function makeCertificates(): Promise<TestCertificates> {
  const folder = await mkdtemp(join(tmpdir(), 'seonchak-tls-'));
  const path = (name: string): string => join(folder, name);
  const make = (name: string, ...rest: string[]) =>
    run('openssl', [
      ...['req', '-x509', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes', '-days', '2'],
      ...['-subj', `/CN=seonchak test ${name}`, '-keyout', path(`${name}.key`), '-out', path(`${name}.pem`)],
      ...rest,
    ]);
  await make('ca', '-addext', 'keyUsage=critical,keyCertSign');
  await make(
    'server',
    ...['-CA', path('ca.pem'), '-CAkey', path('ca.key')],
    ...['-addext', 'subjectAltName=IP:127.0.0.1', '-addext', 'basicConstraints=critical,CA:FALSE'],
  );
  return {
    ca: path('ca.pem'),
    cert: path('server.pem'),
    key: path('server.key'),
    remove: () => rm(folder, { recursive: true, force: true }),
  };
}
