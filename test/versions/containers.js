/** Runs containers of images with crun: as the image is configured, without capabilities, on a root that cannot be written to. */
import { execFileSync, spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

const CRUN = ['--cgroup-manager=disabled'];

/**
 * @param folder for bundles and volumes.
 * @param image name of it.
 * @returns how to run containers of the image, and how to remove what they ran on.
 */
export function openImage(folder, image) {
  const text = (...parameters) => execFileSync('buildah', parameters, { encoding: 'utf8' }).trim();
  const layer = text('from', '--pull-never', image);
  const place = text('mount', layer);
  const started = [];
  const { config } = JSON.parse(text('inspect', '--type', 'image', image)).Docker;
  return {
    config,
    /** @param settings see {@link bundleOf}. */
    start(title, settings) {
      const name = `seonchak-${process.pid}-${title}`;
      const bundle = join(folder, title);
      started.push(name);
      mkdirSync(bundle, { recursive: true });
      writeFileSync(join(bundle, 'config.json'), JSON.stringify(bundleOf(place, config, settings)));
      const child = spawn('crun', [...CRUN, 'run', '--bundle', bundle, name], {
        stdio: ['ignore', 'pipe', 'pipe'],
      });
      let log = '';
      for (const stream of [child.stdout, child.stderr]) stream.on('data', (chunk) => (log += chunk));
      const ended = once(child, 'exit').then(([code]) => code);
      return {
        log: () => log,
        hasEnded: () => child.exitCode !== null,
        ended,
        /** @returns exit code and output of a command inside. */
        exec(...words) {
          const { status, stdout } = spawnSync('crun', [...CRUN, 'exec', name, ...words], {
            encoding: 'utf8',
          });
          return { status, stdout };
        },
        async stop() {
          spawnSync('crun', [...CRUN, 'kill', name, 'TERM']);
          return ended;
        },
      };
    },
    close() {
      for (const name of started)
        spawnSync('crun', [...CRUN, 'delete', '--force', name], { stdio: 'ignore' });
      text('rm', layer);
    },
  };
}

/**
 * What `docker run --read-only --cap-drop ALL` makes of an image.
 *
 * @param settings `command` and `cwd` in place of the image's, `env`, `volumes` (folder by its place inside), `hosts` (a file), `isRoot`.
 */
function bundleOf(
  place,
  config,
  { command = config.Cmd, cwd = config.WorkingDir || '/', env = {}, volumes = {}, hosts, isRoot = false },
) {
  const capabilities = isRoot ? ['CAP_CHOWN', 'CAP_SETUID', 'CAP_SETGID', 'CAP_DAC_OVERRIDE'] : [];
  const mounts = [
    { destination: '/proc', type: 'proc', source: 'proc' },
    { destination: '/dev', type: 'tmpfs', source: 'tmpfs', options: ['nosuid', 'mode=755'] },
    { destination: '/dev/shm', type: 'tmpfs', source: 'shm', options: ['nosuid', 'nodev', 'mode=1777'] },
    ...(isRoot ? ['/run', '/tmp'] : []).map((destination) => ({
      destination,
      type: 'tmpfs',
      source: 'tmpfs',
    })),
    ...Object.entries(volumes).map(([destination, source]) => ({
      ...{ destination, source, type: 'bind', options: ['rbind', 'rw'] },
    })),
  ];
  if (hosts !== undefined) {
    mounts.push({ destination: '/etc/hosts', source: hosts, type: 'bind', options: ['bind', 'ro'] });
  }
  const id = isRoot ? 0 : 1000;
  return {
    ociVersion: '1.0.2',
    process: {
      args: [...(config.Entrypoint ?? []), ...command],
      cwd,
      env: [...config.Env, ...Object.entries(env).map(([name, value]) => `${name}=${value}`)],
      user: { uid: id, gid: id },
      capabilities: { bounding: capabilities, effective: capabilities, permitted: capabilities },
      noNewPrivileges: true,
    },
    root: { path: place, readonly: true },
    mounts,
    linux: { namespaces: ['pid', 'ipc', 'uts', 'mount'].map((type) => ({ type })) },
  };
}
