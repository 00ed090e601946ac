/**
 * npm run versions -- --image: builds the image of the Dockerfile and runs it, alone and as the topology of compose.yaml.
 *
 * A base named as in the Dockerfile is made from Debian's packages and the npm package of Node.js 24 where none is there.
 * Debian's Redis and MariaDB take the place of the images of compose.yaml. It needs root, buildah, crun, mmdebstrap and unshare.
 */
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { chownSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { parse } from 'yaml';
import { buildImages, IMAGE, STORES_IMAGE } from './build-images.js';
import { openImage } from './containers.js';

const root = fileURLToPath(new URL('../..', import.meta.url));
/** The user of the image. */
const NODE = 1000;
const PATIENCE_MS = 120_000;
const INSIDE = '--inside';
const SECRETS = { JWT_SECRET: 'kV3v0b6Zr8Q1yT5mWc9nXe2hLa7sPd4u', MYSQL_PASSWORD: 'b0b6Zr8Q1yT5mWc9' };

/** @returns the exit code. */
export function runImage() {
  buildImages(root);
  // A network of its own, so that no port of this machine is used; crun requires one cgroup hierarchy, which not every machine has.
  const script = `umount -R /sys/fs/cgroup; mount -t cgroup2 none /sys/fs/cgroup && ip link set lo up && exec "$0" "$@"`;
  const words = [
    '--mount',
    '--net',
    'sh',
    '-c',
    script,
    process.execPath,
    fileURLToPath(import.meta.url),
    INSIDE,
  ];
  return spawnSync('unshare', words, { stdio: 'inherit' }).status ?? 1;
}

async function runAll() {
  const folder = mkdtempSync(join(tmpdir(), 'seonchak-containers-'));
  const image = openImage(folder, IMAGE);
  const stores = openImage(folder, STORES_IMAGE);
  try {
    await runAlone(folder, image);
    await runTopology(folder, image, stores);
  } finally {
    image.close();
    stores.close();
    rmSync(folder, { recursive: true, force: true });
  }
}

async function runAlone(folder, image) {
  const server = image.start('alone', { volumes: { '/data': volume(folder, 'data', NODE) } });
  await answers('http://127.0.0.1:8080/readyz', server);
  step('the image serves with the embedded back end');
  checkHardening(image, server);
  const startedAtMs = performance.now();
  assert.equal(await server.stop(), 0, server.log());
  step(`it ends on SIGTERM with code 0, after ${Math.round(performance.now() - startedAtMs)} ms`);
}

function checkHardening(image, server) {
  const [, ...health] = image.config.Healthcheck.Test;
  assert.equal(server.exec(...health).status, 0);
  const facts = `const { readFileSync, writeFileSync } = require('fs');
    let written = 'written'; try { writeFileSync('/app/x', ''); } catch ({ code }) { written = code; }
    const [, uid, capabilities] = /Uid:\\s+(\\d+)[^]*CapEff:\\s*(\\w+)/.exec(readFileSync('/proc/1/status', 'utf8'));
    console.log(JSON.stringify([Number(uid), capabilities, written]))`;
  const { stdout } = server.exec('node', '-e', facts);
  assert.deepEqual(JSON.parse(stdout), [NODE, '0000000000000000', 'EROFS']);
  step('health check 0, uid 1000, no capability, root read-only');
}

async function runTopology(folder, image, stores) {
  const { services } = parse(readFileSync(join(root, 'compose.yaml'), 'utf8'), { merge: true });
  const hosts = join(folder, 'hosts');
  writeFileSync(hosts, '127.0.0.1 localhost redis mysql\n');
  const running = [];
  const start = (of, name, settings) => {
    const container = of.start(name, { hosts, ...settings });
    running.push(container);
    return container;
  };
  const env = (service) =>
    Object.fromEntries(
      Object.entries(services[service].environment).map(([name, value]) => [name, filledIn(String(value))]),
    );
  try {
    start(stores, 'redis', {
      command: services.redis.command,
      cwd: '/var/lib/redis',
      isRoot: true,
      volumes: { '/var/lib/redis': volume(folder, 'redis', 0) },
    });
    const data = volume(folder, 'mysql', 0);
    const setUp = `mariadb-install-db --user=root --datadir=/var/lib/mysql >/dev/null 2>&1 && exec mariadbd --user=root --datadir=/var/lib/mysql --socket=/tmp/mysqld.sock --pid-file=/tmp/mysqld.pid --init-file=/var/lib/mysql/init.sql`;
    writeFileSync(join(data, 'init.sql'), databaseOf(env('mysql')));
    const database = start(stores, 'mysql', {
      command: ['sh', '-c', setUp],
      isRoot: true,
      volumes: { '/var/lib/mysql': data },
    });
    await until(() => /ready for connections/.test(database.log()), database);
    step('Redis with the command of compose.yaml, MariaDB in place of MySQL');

    const api = start(image, 'api', { env: env('api') });
    // A port of its own, because these containers share a network.
    const recorder = start(image, 'recorder', { env: { ...env('recorder'), PORT: '8081' } });
    await answers('http://127.0.0.1:8080/readyz', api);
    checkHardening(image, api);
    await until(() => /ready/i.test(recorder.log()), recorder);
    await passThrough((words) =>
      start(image, `command-${running.length}`, { env: env('api'), command: words }),
    );
    assert.deepEqual(await Promise.all([api.stop(), recorder.stop()]), [0, 0], api.log() + recorder.log());
    step('API and recorder end on SIGTERM with code 0');
  } finally {
    await Promise.all(running.map((container) => container.stop()));
  }
}

/** A coupon, a download, and its row. */
async function passThrough(runCommand) {
  const tokenOf = async (role) => {
    const command = runCommand(['tokens', '--role', role, '--count', '1']);
    assert.equal(await command.ended, 0, command.log());
    return /[\w-]+\.[\w-]+\.[\w-]+/.exec(command.log())[0];
  };
  const ask = async (method, path, token, body) => {
    const headers = { authorization: `Bearer ${token}`, 'content-type': 'application/json' };
    const init = { method, headers, ...(body === undefined ? {} : { body: JSON.stringify(body) }) };
    const answer = await fetch(`http://127.0.0.1:8080${path}`, init);
    return { status: answer.status, body: await answer.json() };
  };
  const seller = await tokenOf('seller');
  const member = await tokenOf('member');
  const coupon = await ask('POST', '/v1/coupons', seller, { name: 'Image', quantity: 1 });
  assert.equal(coupon.status, 201, JSON.stringify(coupon));
  const path = `/v1/coupons/${coupon.body.id}`;
  const download = await ask('POST', `${path}/download`, member);
  assert.equal(download.status, 201, JSON.stringify(download));
  await until(async () => (await ask('GET', `${path}/issuance`, member)).body.recorded === true);
  step('a coupon is registered, downloaded, and its issuance is `recorded: true`');
}

function databaseOf({ MYSQL_DATABASE, MYSQL_USER, MYSQL_PASSWORD }) {
  return [
    `CREATE DATABASE IF NOT EXISTS ${MYSQL_DATABASE};`,
    `CREATE USER IF NOT EXISTS '${MYSQL_USER}'@'%' IDENTIFIED BY '${MYSQL_PASSWORD}';`,
    // The image of MySQL grants the same to MYSQL_USER.
    `GRANT ALL ON ${MYSQL_DATABASE}.* TO '${MYSQL_USER}'@'%';`,
    "DROP USER IF EXISTS ''@'localhost';\n",
  ].join('\n');
}

/** `${NAME:?…}` of compose.yaml. */
function filledIn(text) {
  return text.replace(/\$\{(\w+)[^}]*\}/g, (_all, name) => SECRETS[name] ?? '');
}

function volume(folder, name, owner) {
  const place = join(folder, `volume-${name}`);
  mkdirSync(place);
  chownSync(place, owner, owner);
  return place;
}

async function answers(url, container) {
  await until(async () => (await fetch(url).catch(() => undefined))?.status === 200, container);
}

async function until(condition, container) {
  const deadlineMs = performance.now() + PATIENCE_MS;
  while (!(await condition())) {
    if (performance.now() > deadlineMs || container?.hasEnded() === true)
      throw new Error(`It took too long, or ended:\n${container?.log() ?? ''}`);
    await pause(100);
  }
}

function step(what) {
  console.log(`ok    ${what}`);
}

if (process.argv.includes(INSIDE)) await runAll();
