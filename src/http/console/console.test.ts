/** Tests how the files of the console are served. */
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { get } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { brotliCompressSync, brotliDecompressSync, gunzipSync, gzipSync } from 'node:zlib';
import t from 'tap';
import { readConsoleFiles } from './console-files.js';
import { call } from '../testing/client.js';
import { startEmbeddedServer } from '../testing/embedded-server.js';

const PAGE = '<!doctype html><title>console</title>';
const SCRIPT = `export const text = '${'console '.repeat(200)}';`;

const consoleFolder = await mkdtemp(join(tmpdir(), 'seonchak-console-'));
t.teardown(() => rm(consoleFolder, { recursive: true }));
await mkdir(join(consoleFolder, 'assets'));
await writeFile(join(consoleFolder, 'index.html'), PAGE);
await writeFile(join(consoleFolder, 'reference.html'), PAGE);
await writeFile(join(consoleFolder, 'till.html'), PAGE);
await mkdir(join(consoleFolder, 'docs'));
await writeFile(join(consoleFolder, 'docs', 'errors.html'), PAGE);
await writeFile(join(consoleFolder, 'notes.md'), 'not for browsers');
await writeFile(join(consoleFolder, 'assets', 'index-1a2b.js'), SCRIPT);
await writeFile(join(consoleFolder, 'assets', 'built-3c4d.js'), SCRIPT);
const LEFT_BY_THE_BUILD = `${SCRIPT} // as the build left it`;
const compressedByTheBuild = { br: brotliCompressSync(LEFT_BY_THE_BUILD), gz: gzipSync(LEFT_BY_THE_BUILD) };
for (const [ending, body] of Object.entries(compressedByTheBuild))
  await writeFile(join(consoleFolder, 'assets', `built-3c4d.js.${ending}`), body);
const server = await startEmbeddedServer(t, { settings: { consoleFolder } });

t.test(
  'the page comes with a policy that lets nothing in from elsewhere, and is asked for anew each time',
  async (t) => {
    const { status, headers, text } = await call(server.url, 'GET /');
    t.equal(status, 200);
    t.equal(text, PAGE);
    t.equal(headers['content-type'], 'text/html; charset=utf-8');
    t.match(headers['content-security-policy'], /default-src 'none'; script-src 'self'; style-src 'self';/);
    t.notMatch(headers['content-security-policy'], /unsafe/);
    t.match(headers['content-security-policy'], /require-trusted-types-for 'script'/);
    t.match(headers['cache-control'], /no-cache/);
    t.equal(headers['x-content-type-options'], 'nosniff');
  },
);

t.test('another page is found by its name, under the same policy', async (t) => {
  const { status, headers, text } = await call(server.url, 'GET /reference');
  t.same([status, text], [200, PAGE]);
  t.match(headers['content-security-policy'], /default-src 'none'/);
  t.equal((await call(server.url, 'GET /reference.html')).status, 404);
  const problem = await call(server.url, 'GET /v1/nothing');
  const explained = await call(
    server.url,
    `GET ${new URL(String(problem.body['type']), server.url).pathname}`,
  );
  t.same([explained.status, explained.text], [200, PAGE], 'a problem leads to the page that explains it');
});

t.test('only the console shows images from elsewhere, and only a till has the camera', async (t) => {
  const policies = async (path: string) => {
    const { headers } = await call(server.url, `GET ${path}`);
    const images = /img-src ([^;]*);/.exec(String(headers['content-security-policy']))?.[1];
    return [images, /camera=\([^)]*\)/.exec(String(headers['permissions-policy']))?.[0]];
  };
  t.same(await policies('/'), ["'self' data: https:", 'camera=()']);
  t.same(await policies('/till'), ["'self' data:", 'camera=(self)']);
  for (const path of ['/reference', '/docs/errors'])
    t.same(await policies(path), ["'self' data:", 'camera=()'], path);
});

t.test('what has a hash in its name is kept for ever', async (t) => {
  const { headers } = await call(server.url, 'GET /assets/index-1a2b.js');
  t.match(headers['cache-control'], /immutable/);
  t.equal(headers['content-type'], 'text/javascript; charset=utf-8');
});

t.test('a client with the current version gets 304, and nothing is sent again', async (t) => {
  const { headers } = await call(server.url, 'GET /');
  const etag = headers.etag ?? '';
  for (const condition of [etag, `W/${etag}`]) {
    const again = await call(server.url, 'GET /', { headers: { 'if-none-match': condition } });
    t.equal(again.status, 304);
    t.equal(again.text, '');
  }
  t.equal((await call(server.url, 'GET /', { headers: { 'if-none-match': '"other"' } })).status, 200);
});

t.test('it is sent in the smallest form that the browser takes', async (t) => {
  const path = '/assets/index-1a2b.js';
  const sent = async (accepted: string) => {
    const answer = await fetchRaw(`${server.url}${path}`, accepted);
    return [answer.encoding, decoded(answer)];
  };
  t.same(await sent('gzip, deflate, br'), ['br', SCRIPT]);
  t.same(await sent('gzip, br;q=0'), ['gzip', SCRIPT]);
  t.same(await sent('identity'), [undefined, SCRIPT]);
});

t.test('what the build has compressed is sent as it is, and is no file of its own', async (t) => {
  const path = '/assets/built-3c4d.js';
  for (const [encoding, ending] of [
    ['br', 'br'],
    ['gzip', 'gz'],
  ] as const) {
    const answer = await fetchRaw(`${server.url}${path}`, encoding);
    t.equal(answer.encoding, encoding);
    t.ok(answer.body.equals(compressedByTheBuild[ending]));
    t.equal((await call(server.url, `GET ${path}.${ending}`)).status, 404);
  }
});

t.test('a HEAD request is answered with the head alone, and the connection goes on', async (t) => {
  for (let times = 0; times < 3; times++) {
    const { status, headers, text } = await call(server.url, 'HEAD /');
    t.same([status, headers['content-length'], text], [200, String(PAGE.length), '']);
  }
});

t.test('only what browsers need is served, and only from there', async (t) => {
  for (const path of [
    '/notes.md',
    '/assets/',
    '/assets/../index.html',
    '/%2e%2e/package.json',
    '/index.html',
  ]) {
    t.equal((await call(server.url, `GET ${path}`)).status, 404, path);
  }
});

t.test('without a built console there are no files, and that is no fault', async (t) => {
  t.same(readConsoleFiles(`${consoleFolder}/nowhere`), []);
});

interface RawAnswer {
  readonly encoding: string | undefined;
  readonly body: Buffer;
}

function fetchRaw(url: string, accepted: string): Promise<RawAnswer> {
  return new Promise((resolve, reject) => {
    get(url, { headers: { 'accept-encoding': accepted } }, (answer) => {
      const parts: Buffer[] = [];
      answer.on('data', (part: Buffer) => parts.push(part));
      answer.on('end', () =>
        resolve({ encoding: answer.headers['content-encoding'], body: Buffer.concat(parts) }),
      );
    }).on('error', reject);
  });
}

function decoded({ encoding, body }: RawAnswer): string {
  const plain =
    encoding === 'br' ? brotliDecompressSync(body) : encoding === 'gzip' ? gunzipSync(body) : body;
  return plain.toString();
}
