/** Finds free ports for servers that tests start, and reserves them: a killed server that starts again needs its own. */
import { randomInt } from 'node:crypto';
import { mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/**
 * Below the range from which Linux picks ports for outgoing connections (32768 and up): a port taken from that range
 * may be occupied when a killed server binds it again. The upper end leaves room for a Cluster bus at port + 10000.
 */
const LOWEST_PORT = 12_000;
const HIGHEST_PORT = 32_000;
const ATTEMPTS_MAX = 100;

/** A file a port, with the pid of the test process that has it: shared by all test processes of the machine. */
const RESERVATIONS = join(tmpdir(), 'seonchak-test-ports');
const reserved: string[] = [];
process.once('exit', () => {
  for (const file of reserved) rmSync(file, { force: true });
});

/** A TCP port of 127.0.0.1 on which nothing listens at the moment, and that no other test gets while this process lives; `notThese` are left out. */
export async function freePort(notThese: readonly number[] = []): Promise<number> {
  for (let attempt = 0; attempt < ATTEMPTS_MAX; attempt++) {
    const port = randomInt(LOWEST_PORT, HIGHEST_PORT);
    if (!notThese.includes(port) && reserve(port) && (await isFree(port))) return port;
  }
  throw new Error(`no free port between ${LOWEST_PORT} and ${HIGHEST_PORT} in ${ATTEMPTS_MAX} attempts`);
}

function reserve(port: number): boolean {
  const file = join(RESERVATIONS, String(port));
  mkdirSync(RESERVATIONS, { recursive: true });
  if (isAlive(pidIn(file))) return false;
  rmSync(file, { force: true });
  try {
    writeFileSync(file, String(process.pid), { flag: 'wx' });
  } catch {
    // Another process has reserved it in this moment.
    return false;
  }
  reserved.push(file);
  return true;
}

/** NaN where the port is not reserved. */
function pidIn(file: string): number {
  try {
    return Number.parseInt(readFileSync(file, 'utf8'), 10);
  } catch {
    return Number.NaN;
  }
}

function isAlive(pid: number): boolean {
  try {
    return !Number.isNaN(pid) && process.kill(pid, 0);
  } catch {
    return false;
  }
}

function isFree(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const server = createServer();
    server.once('error', () => {
      resolve(false);
    });
    server.listen(port, '127.0.0.1', () => {
      server.close(() => {
        resolve(true);
      });
    });
  });
}
