/** Mounts a file system of a few megabytes in memory for tests of full disks. */
import { execFile, spawnSync } from 'node:child_process';
import { closeSync, openSync, rmSync, writeSync } from 'node:fs';
import { mkdtemp, rmdir } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import type { Test } from 'tap';

/** Both of util-linux, part of every Debian. */
const OWN_NAMESPACE = 'unshare';
const MOUNT = 'mount';
const PIECE_BYTES = 4_096;

const run = promisify(execFile);

export interface SmallDisk {
  readonly folder: string;
  /** Takes every byte that is left. */
  fill(): void;
  /** Releases what `fill` took. */
  makeRoom(): void;
}

/**
 * Mounting needs root; for every other user a separate user and mount namespace will do.
 *
 * @returns `true` where this process may mount; `false` when the whole file has just been run in such a namespace, and
 *   asserted.
 */
export function mayMount(t: Test): boolean {
  if (process.getuid?.() === 0) return true;
  const self = [process.execPath, ...process.execArgv, ...process.argv.slice(1)];
  const { status } = spawnSync(OWN_NAMESPACE, ['--map-root-user', '--mount', ...self], { stdio: 'inherit' });
  t.equal(status, 0, 'the test ran in a namespace of its own');
  return false;
}

/** Unmounted when the test ends; stop what uses it in a teardown that is registered later. */
export async function smallDisk(t: Test, bytes: number): Promise<SmallDisk> {
  const folder = await mkdtemp(join(tmpdir(), 'seonchak-disk-'));
  await run(MOUNT, ['-t', 'tmpfs', '-o', `size=${bytes}`, 'tmpfs', folder]);
  t.teardown(async () => {
    await run('umount', [folder]);
    await rmdir(folder);
  });
  const ballast = join(folder, 'ballast');
  return {
    folder,
    fill() {
      const file = openSync(ballast, 'a');
      const piece = Buffer.alloc(PIECE_BYTES);
      try {
        for (;;) writeSync(file, piece);
      } catch (error) {
        if ((error as NodeJS.ErrnoException).code !== 'ENOSPC') throw error;
      } finally {
        closeSync(file);
      }
    },
    makeRoom: () => rmSync(ballast),
  };
}
