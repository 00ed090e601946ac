/**
 * npm run versions -- --clients: lints the OpenAPI document, makes clients for Python and Kotlin with openapi-generator, and runs
 * examples/clients with them.
 *
 * The generator is the newest whose npm package brings its jar. It needs a Java runtime and Debian's packages python3-urllib3,
 * python3-dateutil, python3-certifi, python3-six, kotlin, libokhttp-java and libgoogle-gson-java.
 */
import { execFileSync, spawn } from 'node:child_process';
import { mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { simplified } from './plain-openapi.js';

const GENERATOR = '@openapitools/openapi-generator-cli@1.0.18-5.0.0-beta2';
const DOWN_CONVERTER = '@apiture/openapi-down-convert@0.14.2';
/** Independent of each other. */
const LINTERS = ['@redocly/cli@2.77.0', '@stoplight/spectral-cli@6.16.3'];
const JARS = ['okhttp', 'okio', 'gson', 'kotlin-reflect', 'kotlin-stdlib-jdk8', 'kotlin-stdlib'];
const PATIENCE_MS = 30_000;
/** How many of address, seller's and member's token each takes. */
const EXAMPLES = [
  ['redeem', 3],
  ['backend', 2],
];

/** @param {string} root folder of the project @returns {Promise<number>} the exit code */
export async function runGeneratedClients(root) {
  const folder = mkdtempSync(join(tmpdir(), 'seonchak-clients-'));
  const server = await serve(root, join(folder, 'data'));
  try {
    const packages = [GENERATOR, DOWN_CONVERTER, ...LINTERS];
    run('npm', ['install', '--silent', '--no-audit', '--ignore-scripts', '--prefix', folder, ...packages]);
    const served = await (await fetch(`${server.url}/openapi.json`)).json();
    lint(folder, served);
    writeFileSync(join(folder, 'openapi.json'), plainDocument(folder, served));
    const callers = [server.url, server.token('seller'), server.token('member')];
    runPython(root, folder, callers);
    runKotlin(root, folder, callers);
    return 0;
  } finally {
    server.stop();
    rmSync(folder, { recursive: true, force: true });
  }
}

/** Throws at an error; warnings pass. */
function lint(folder, served) {
  const document = join(folder, 'served.json');
  const rules = join(folder, 'rules.yaml');
  writeFileSync(document, JSON.stringify(served));
  writeFileSync(rules, 'extends: ["spectral:oas"]');
  const env = { ...process.env, REDOCLY_TELEMETRY: 'off' };
  const program = (name) => join(folder, 'node_modules/.bin', name);
  run(program('redocly'), ['lint', document], { env });
  run(program('spectral'), ['lint', '-r', rules, document]);
  console.log('Both linters: no error');
}

function plainDocument(folder, served) {
  const { Converter } = createRequire(join(folder, 'package.json'))('@apiture/openapi-down-convert');
  return JSON.stringify(new Converter(simplified(served)).convert());
}

function runPython(root, folder, callers) {
  generate(folder, 'python', ['--package-name', 'seonchak_client']);
  const env = { ...process.env, PYTHONPATH: join(folder, 'python') };
  for (const [name, tokens] of EXAMPLES) {
    const said = run(
      '/usr/bin/python3',
      [join(root, `examples/clients/${name}.py`), ...callers.slice(0, tokens)],
      {
        env,
      },
    );
    console.log(`Python, ${name}: ${said.trim()}`);
  }
}

function runKotlin(root, folder, callers) {
  const properties = [
    'serializationLibrary=gson',
    'dateLibrary=string',
    'packageName=seonchak',
    'enumPropertyNaming=UPPERCASE',
  ].join(',');
  generate(folder, 'kotlin', [
    ...['--library', 'jvm-okhttp3', '-p', properties],
    ...['--type-mappings', 'AnyType=kotlin.Any'],
  ]);
  const jars = JARS.map((name) => `/usr/share/java/${name}.jar`).join(':');
  const classes = join(folder, 'classes');
  mkdirSync(classes);
  const main = join(folder, 'kotlin/src/main');
  const sources = readdirSync(main, { recursive: true })
    .filter((name) => name.endsWith('.kt'))
    .map((name) => join(main, name));
  const examples = ['Redeem', 'Backend'].map((name) => join(root, `examples/clients/${name}.kt`));
  run('kotlinc', ['-nowarn', '-cp', jars, '-d', classes, ...sources, ...examples]);
  for (const [name, tokens] of EXAMPLES) {
    const main = `${name[0].toUpperCase()}${name.slice(1)}Kt`;
    const said = run('java', ['-cp', `${jars}:${classes}`, main, ...callers.slice(0, tokens)]);
    console.log(`Kotlin, ${name}: ${said.trim()}`);
  }
}

function generate(folder, language, options) {
  const jar = join(folder, 'node_modules/@openapitools/openapi-generator-cli/bin/openapi-generator.jar');
  const input = ['-g', language, '-i', join(folder, 'openapi.json'), '-o', join(folder, language)];
  run('java', ['-jar', jar, 'generate', ...input, ...options]);
}

function run(command, words, options = {}) {
  return execFileSync(command, words, {
    encoding: 'utf8',
    stdio: ['ignore', 'pipe', 'pipe'],
    maxBuffer: 64 * 1024 * 1024,
    ...options,
  });
}

async function serve(root, dataDir) {
  const env = { ...process.env, DATA_DIR: dataDir, PORT: String(await freePort()), LOG_LEVEL: 'warn' };
  const command = join(root, 'dist/cli/seonchak.js');
  const server = spawn(process.execPath, [command, 'serve'], { env, stdio: 'inherit' });
  const url = `http://127.0.0.1:${env.PORT}`;
  const untilMs = performance.now() + PATIENCE_MS;
  while (!(await isReady(url))) {
    if (performance.now() > untilMs) throw new Error('the server is not ready');
    await pause(100);
  }
  return {
    url,
    token: (role) => run(process.execPath, [command, 'tokens', '--role', role], { env }).trim(),
    stop: () => server.kill(),
  };
}

const isReady = (url) =>
  fetch(`${url}/readyz`).then(
    ({ ok }) => ok,
    () => false,
  );

function freePort() {
  return new Promise((resolve) => {
    const probe = createServer().listen(0, '127.0.0.1', () => {
      const { port } = probe.address();
      probe.close(() => resolve(port));
    });
  });
}
