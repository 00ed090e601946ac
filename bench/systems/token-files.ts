/** Writes the tokens of the crowd as CSV files for `--full`, with our own command. */
import { execFile } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { BENCH_SECRET, seonchakFile } from './node-process.js';

const run = promisify(execFile);

/** As many as the load test of the reference service had. */
const FILES = 10;

/** Writes tokens of members 1 to `members`, lets `use` read them, and removes them. */
export async function withTokenFiles<T>(members: number, use: (folder: string) => Promise<T>): Promise<T> {
  const folder = await mkdtemp(join(tmpdir(), 'seonchak-bench-tokens-'));
  try {
    const sizes = ['--count', String(members), '--files', String(FILES)];
    await run(process.execPath, [seonchakFile, 'tokens', ...sizes, '--out', folder], {
      env: { ...process.env, JWT_SECRET: BENCH_SECRET },
    });
    return await use(folder);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}
