/** Parses our Dockerfile and runs its steps in an ordinary folder, without a Docker engine. */
import { execFile } from 'node:child_process';
import { cp, mkdir, rm, stat } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { promisify } from 'node:util';

const run = promisify(execFile);
const OUTPUT_BYTES_MAX = 16 * 1024 * 1024;

export interface Instruction {
  readonly word: string;
  /** Behind the word, continued lines joined. */
  readonly parameters: string;
}

export interface Stage {
  readonly image: string;
  readonly name: string | undefined;
  readonly instructions: readonly Instruction[];
}

export function parseDockerfile(text: string): readonly Stage[] {
  const lines = text
    .split('\n')
    .filter((line) => !line.startsWith('#') && line.trim() !== '')
    .join('\n')
    .replace(/\\\n\s*/g, '')
    .split('\n');
  const stages: { image: string; name: string | undefined; instructions: Instruction[] }[] = [];
  for (const line of lines) {
    const [, word = '', parameters = ''] = /^([A-Z]+) (.*)$/.exec(line) ?? [];
    const from = /^(\S+)(?: AS (\S+))?$/.exec(parameters);
    if (word === 'FROM') stages.push({ image: from?.[1] ?? '', name: from?.[2], instructions: [] });
    else stages.at(-1)?.instructions.push({ word, parameters });
  }
  return stages;
}

export interface CopyStep {
  readonly from: string | undefined;
  readonly sources: readonly string[];
  readonly target: string;
}

export function copyStep(parameters: string): CopyStep {
  const words = parameters.split(' ');
  const paths = words.filter((word) => !word.startsWith('--'));
  return {
    from: words.find((word) => word.startsWith('--from='))?.slice('--from='.length),
    sources: paths.slice(0, -1),
    target: paths.at(-1) ?? '',
  };
}

export interface StageRun {
  /** What `COPY` copies from. */
  readonly context: string;
  /** Each stage has a folder of its own here as its root. */
  readonly place: string;
  /** Modules that `npm ci` has installed from the same lockfile, to be linked in its stead; left out, it is run. */
  readonly installed?: string;
}

/**
 * Carries out `WORKDIR`, `COPY` and `RUN`.
 *
 * @returns the root of the last stage.
 */
export async function runStages(
  stages: readonly Stage[],
  { context, place, installed }: StageRun,
): Promise<string> {
  let root = place;
  for (const [index, stage] of stages.entries()) {
    root = join(place, stage.name ?? String(index));
    let folder = root;
    for (const { word, parameters } of stage.instructions) {
      if (word === 'WORKDIR') folder = join(root, parameters);
      await mkdir(folder, { recursive: true });
      if (word === 'COPY') {
        const { from, sources, target } = copyStep(parameters);
        const source = from === undefined ? context : join(place, from);
        const into = target.startsWith('/') ? join(root, target) : join(folder, target);
        for (const path of sources) await copyLikeDocker(join(source, path), into, target);
      }
      if (word !== 'RUN') continue;
      if (parameters.startsWith('npm ci ') && installed !== undefined)
        await linkModules(installed, join(folder, 'node_modules'));
      else
        await run('bash', ['-euc', parameters], {
          cwd: folder,
          maxBuffer: OUTPUT_BYTES_MAX,
          env: { ...process.env, npm_config_prefer_offline: 'true' },
        });
    }
  }
  return root;
}

/** The files are shared, not the list of them: npm writes that one in place. */
async function linkModules(installed: string, into: string): Promise<void> {
  const list = '.package-lock.json';
  await run('cp', ['--archive', '--link', installed, into]);
  await rm(join(into, list));
  await cp(join(installed, list), join(into, list));
}

/** A folder's content goes into the target; a file goes under its name into a target that ends with a slash. */
async function copyLikeDocker(source: string, into: string, target: string): Promise<void> {
  const intoFolder = target.endsWith('/') && (await stat(source)).isFile();
  await cp(source, intoFolder ? join(into, basename(source)) : into, { recursive: true });
}
