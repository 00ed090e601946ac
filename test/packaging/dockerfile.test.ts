/**
 * Checks the Dockerfile against good practice and runs its steps in a clean folder.
 *
 * A server serves from that folder afterwards. The installation of 500 modules is copied from this checkout, unless
 * IMAGE_FROM_SCRATCH is set.
 */
import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import t from 'tap';
import { HttpClient } from '../clients/http-client.js';
import { signToken } from '../clients/tokens.js';
import { startChildServer } from '../servers/child-server.js';
import { freePort } from '../servers/free-port.js';
import { TEST_SECRET } from '../servers/seonchak.js';
import { copyStep, parseDockerfile, runStages } from './dockerfile.js';

const root = fileURLToPath(new URL('../../', import.meta.url));
const stages = parseDockerfile(await readFile(join(root, 'Dockerfile'), 'utf8'));
const last = stages.at(-1);

/** The arguments of a word in the last stage, in order. */
function settings(word: string): string[] {
  return (last?.instructions ?? [])
    .filter((instruction) => instruction.word === word)
    .map(({ parameters: rest }) => rest);
}

t.test('images are named with a version, and commands need no shell', async (t) => {
  for (const { image } of stages) t.match(image, /^[a-z/.-]+:\d+-[a-z-]+$/);
  for (const word of ['ENTRYPOINT', 'CMD']) t.ok(Array.isArray(JSON.parse(settings(word)[0] ?? '')), word);
  t.match(settings('HEALTHCHECK')[0], /^--interval=\S+ --timeout=\S+ .*CMD \["node"/);
});

t.test('it runs as an ordinary user, and no secret is in it', async (t) => {
  t.same(settings('USER'), ['node']);
  for (const { instructions } of stages) {
    for (const { word, parameters: rest } of instructions) {
      t.not(word, 'ADD');
      if (word === 'ENV' || word === 'ARG') t.notMatch(rest, /SECRET|PASSWORD|TOKEN|_URL/);
      if (word === 'RUN') t.notMatch(rest, /sudo|curl|wget|npm install/);
    }
  }
});

t.test('the build is given what it copies, and nothing else', async (t) => {
  const ignore = await readFile(join(root, '.dockerignore'), 'utf8');
  const allowed = [...ignore.matchAll(/^!(.+)$/gm)].map((match) => String(match[1]));
  const copied = stages
    .flatMap(({ instructions }) => instructions)
    .filter(({ word }) => word === 'COPY')
    .map(({ parameters: rest }) => copyStep(rest))
    .filter(({ from }) => from === undefined)
    .flatMap(({ sources }) => sources);
  t.match(ignore, /^\*$/m);
  t.same([...allowed].sort(), [...copied].sort());
});

t.test('its steps work in a clean folder, and what they make hands out a coupon', async (t) => {
  // Beside the modules: what is linked must be on the same disk.
  const place = await mkdtemp(join(root, 'data-image-'));
  t.teardown(() => rm(place, { recursive: true, force: true }));
  const fromScratch = process.env['IMAGE_FROM_SCRATCH'] !== undefined;
  const installed = fromScratch ? {} : { installed: join(root, 'node_modules') };
  const image = await runStages(stages, { context: root, place, ...installed });
  const modules = await readdir(join(image, 'app/node_modules'));
  for (const tool of ['typescript', 'vite', 'tap']) t.notOk(modules.includes(tool), `${tool} stays behind`);
  const binaries = await readdir(join(image, 'app/node_modules/uWebSockets.js'));
  t.equal(binaries.filter((name) => name.endsWith('.node')).length, 1, 'one binary of the server library');

  const port = await freePort();
  const command = [settings('ENTRYPOINT'), settings('CMD')].flatMap(
    ([words = '[]']) => JSON.parse(words) as string[],
  );
  const server = await startChildServer(process.execPath, command.slice(1), /is ready on/, {
    cwd: join(image, 'app'),
    env: { PORT: String(port), DATA_DIR: join(image, 'data'), JWT_SECRET: TEST_SECRET },
  });
  t.teardown(() => server.kill('SIGTERM'));
  const client = new HttpClient(`http://127.0.0.1:${port}`, 1);
  t.teardown(() => client.close());
  const token = await signToken('900', 'seller');
  const coupon = await client.call('/v1/coupons', {
    method: 'POST',
    token,
    body: { name: 'In a box', quantity: 1 },
  });
  t.equal(coupon.status, 201);
  const member = await signToken('1', 'member');
  t.equal((await client.call('/v1/coupons/1/download', { method: 'POST', token: member })).status, 201);
  t.match((await client.call('/')).body['text'], /<!doctype html>/, 'the console is in it');

  const health = /CMD (\[.*\])$/.exec(settings('HEALTHCHECK')[0] ?? '')?.[1] ?? '[]';
  const probe = await startChildServer(
    'bash',
    ['-c', '"$@" && echo healthy', 'health', ...(JSON.parse(health) as string[])],
    /healthy/,
    { env: { PATH: process.env['PATH'], PORT: String(port) } },
  );
  t.match(probe.log(), 'healthy');
});
