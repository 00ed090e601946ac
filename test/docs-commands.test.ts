/**
 * Runs the commands of the documents unchanged in the shell that a reader has. Replaced are only the port, the
 * addresses of the stores and the number of the coupon; installation (`npm ci`, Debian's packages) is left out.
 */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { fileURLToPath } from 'node:url';
import t from 'tap';
import { signToken } from './clients/tokens.js';
import { freePort } from './servers/free-port.js';
import { TEST_SECRET } from './servers/seonchak.js';
import { startBackEnd } from './system/back-ends.js';

const root = fileURLToPath(new URL('../', import.meta.url));
/** A shell that is still at it then is ended, with all that it has started. */
const TIMEOUT_MS = 600_000;
const FIRST_WINNER = /{"outcome":"issued","couponId":1,"memberId":"seonchak-trial-[0-9a-f]+-1","issueNo":1,/;
const FIRST_STATUS = /^1 +open +100 +1 +99 /m;

/** The shell blocks of a document, in its order. */
function shellBlocks(path: string): string[] {
  const document = readFileSync(join(root, path), 'utf8');
  return Array.from(document.matchAll(/^```sh\n([\s\S]*?)^```$/gm), ([, block = '']) => block);
}

function blockWith(path: string, words: string): string {
  const block = shellBlocks(path).find((one) => one.includes(words));
  if (block === undefined) throw new Error(`${path} has no shell block with "${words}"`);
  return block;
}

interface Surroundings {
  readonly port: number;
  /** The environment before the first command. */
  readonly settings?: Readonly<Record<string, string>>;
  readonly stores?: Readonly<Record<string, string>>;
}

/** A block for these surroundings. A server that would keep the terminal goes to the background, as in a second terminal. */
function adapted(block: string, { port, stores = {} }: Surroundings): string {
  const redisPort = new URL(stores['REDIS_URL'] ?? 'redis://127.0.0.1:6379').port;
  return block
    .replace(/^npm ci(?:\n| && )/m, '')
    .replace(/^((?:[A-Z_]+=\S+ )*npm start)$/m, '$1 &')
    .replace(
      /^export (REDIS_URL|MYSQL_URL)=.*$/gm,
      (_, name: string) => `export ${name}='${stores[name] ?? ''}'`,
    )
    .replaceAll('127.0.0.1:8080', `127.0.0.1:${port}`)
    .replaceAll('redis-cli ', `redis-cli -p ${redisPort} `)
    .replace(/ 42\b/g, ' 1');
}

/** Name → subject of the token, as the walk printed them. */
function subjectsOf(printed: string): Map<string, string> {
  const people = printed.matchAll(/^person (\S+) [^.]+\.([^.]+)\./gm);
  return new Map(
    Array.from(people, ([, name = '', payload = '']) => {
      const claims: unknown = JSON.parse(Buffer.from(payload, 'base64url').toString());
      return [name, String((claims as { readonly sub?: unknown }).sub)];
    }),
  );
}

function captured(printed: string, pattern: RegExp): string[] {
  return Array.from(printed.matchAll(pattern), ([, one = '']) => one);
}

/** With job control, as a person's shell; ends at the first command that fails. @returns what the commands print. */
async function run(blocks: readonly string[], surroundings: Surroundings): Promise<string> {
  const script = blocks.map((block) => adapted(block, surroundings)).join('\n');
  const shell = spawn('bash', ['-c', `set -meuo pipefail\n${END_JOBS}\n${script}`], {
    cwd: root,
    env: {
      ...{ PATH: process.env['PATH'], HOME: process.env['HOME'] },
      ...{ PORT: String(surroundings.port), LOG_LEVEL: 'warn' },
      ...surroundings.settings,
    },
    stdio: ['ignore', 'pipe', 'pipe'],
    timeout: TIMEOUT_MS,
  });
  const [printed, complaints, [exitCode]] = await Promise.all([
    text(shell.stdout),
    text(shell.stderr),
    once(shell, 'exit') as Promise<[number | null]>,
  ]);
  if (exitCode !== 0)
    throw new Error(`the commands ended with ${String(exitCode)}:\n${printed}\n${complaints}`);
  return printed;
}

/** Whatever happens, no server outlives its shell. Each job is a group of processes. */
const END_JOBS = `trap 'for job in $(jobs -p); do kill -- "-$job" || true; done' EXIT`;
/** Each answer of the API is a line of its own. */
const LINE_EACH = 'curl() { command curl "$@" && echo; }';
/** What the recipes of the guide print, beside the answers that the other recipes need. The coupon of the README is there already. */
const GUIDE_STEPS = [
  /"items":\[\{"id":1,"name":"backend","scopes":\["issue","redeem","read","manage"\]/,
  /\{"id":2,"revoked":true/,
  /"outcome":"issued","couponId":2,"memberId":"7","issueNo":1,/,
  /"outcome":"already_issued","couponId":2,"memberId":"7","issueNo":1,/,
  /"results":\[\{"memberId":"7","outcome":"already_issued".*"memberId":"8","outcome":"issued"/,
  /"orderId":"A-1017","redeemedAt":"[^"]+","expiresAt":null\}/,
  /"orderId":"A-1017".*"cancelledAt":"[^"]+","state":"usable"/,
  /"couponId":2,"memberId":"7","issueNo":1,"name":"Half price".*"proof":"pass"/,
  /"orderId":"T-1017"/,
  /^1,7,[^,]+,[^,\r]+\r?$/m,
  /"issueNo":3,"memberId":"9","revoked":true/,
  /"next":null,"frontier":2/,
  /"type":"redemption\.made",.*"orderId":"T-1017"/,
  /"url":"https:\/\/shop\.example\/hooks\/coupons"/,
  /"secret":"whsec_/,
  /"couponId":3,"memberId":"7","issueNo":1,"issuedAt":"[^"]+","confirmBy":/,
  /"orderId":"A-1018".*"confirmedAt"/,
  /"released":true/,
  /"couponId":4,"members":2,"added":2,"removed":0/,
  /"eligible":true,"rule":null/,
  /"outcome":"issued","couponId":4,"memberId":"7","unit":2,"issueNo":2,/,
];
/** A line for each token of the walk: the name of its person, and the token. */
const person = (name: string, token: string): string => `echo "person ${name} ${token}"`;
const README_PEOPLE = [person('readme-seller', '$SELLER'), person('readme-member', '$MEMBER')].join('\n');
const GUIDE_PEOPLE = [
  person('seller', '$SELLER'),
  person('member', '$MEMBER'),
  person('member-of-gold', '$GOLD_MEMBER'),
].join('\n');
/** Visitors sign up, and an account is made by command; the last recipe of the guide belongs to another installation. */
const SIGN_UPS = `
unset JWT_JWKS_URL JWT_ISSUER JWT_AUDIENCE
for role in member seller; do
  curl -s --json '{"email":"'$role'@visitor.example","password":"a long enough password","role":"'$role'"}' $URL/v1/accounts
  TOKEN=$(curl -s --json '{"email":"'$role'@visitor.example","password":"a long enough password"}' $URL/v1/sessions | field accessToken)
  ${person('account-$role', '$TOKEN')}
  [ $role = seller ] || echo "coupons of the account: $(curl -s -H "Authorization: Bearer $TOKEN" $URL/v1/me/coupons)"
done
npm run -s seonchak -- account create --email other@visitor.example --role seller
echo "coupons for sale: $(curl -s "$URL/v1/coupons?sellerId=seonchak.account.2")"
echo "a token of the shop with the id of an account: $(curl -s -o /dev/null -w '%{http_code}' -H "Authorization: Bearer $FORGED" $URL/v1/me/coupons)"
STATUS=0; npm run -s seonchak -- tokens --prefix seonchak.account. --first 1 || STATUS=$?
echo "the tokens of an account: $STATUS"`;
const READY = blockWith('docs/quick-start.md', '/readyz');
const END = blockWith('docs/quick-start.md', 'kill %1');
const STATUS = 'npm run -s seonchak -- status';
const RECONCILE = 'npm run -s seonchak -- reconcile --all';

t.test('README: the Korean one has the same commands', (t) => {
  t.same(shellBlocks('README.ko.md'), shellBlocks('README.md'));
  t.end();
});

t.test('README: start and first download', async (t) => {
  const folder = await mkdtemp(join(tmpdir(), 'seonchak-docs-'));
  t.teardown(() => rm(folder, { recursive: true, force: true }));
  const start = blockWith('README.md', 'npm start');
  const blocks = [start, READY, blockWith('README.md', '/download'), STATUS, END];
  const printed = await run(blocks, { port: await freePort(), settings: { DATA_DIR: folder } });
  t.match(printed, FIRST_WINNER);
  t.match(printed, FIRST_STATUS);
});

t.test('README: with Redis and MySQL', async (t) => {
  const backEnd = await startBackEnd('redis');
  t.teardown(() => backEnd.stop());
  const serve = blockWith('README.md', 'MYSQL_URL');
  const blocks = [serve, READY, blockWith('README.md', '/download'), STATUS, END];
  const printed = await run(blocks, { port: await freePort(), stores: backEnd.settings });
  t.match(printed, FIRST_WINNER);
  t.match(printed, FIRST_STATUS);
});

t.test('README, then every recipe of the guide for shops: no two people share an identity', async (t) => {
  const folder = await mkdtemp(join(tmpdir(), 'seonchak-docs-'));
  t.teardown(() => rm(folder, { recursive: true, force: true }));
  const recipes = shellBlocks('docs/guide-shop.md').filter(
    (block) => /\bcurl\b/.test(block) || block.includes('URL='),
  );
  const readme = [blockWith('README.md', 'npm start'), READY, LINE_EACH, blockWith('README.md', '/download')];
  const blocks = [...readme, README_PEOPLE, ...recipes, GUIDE_PEOPLE, SIGN_UPS, END];
  const forged = await signToken('seonchak.account.1', 'member');
  const settings = { DATA_DIR: folder, MEMBER_CLAIMS: 'grade', JWT_SECRET: TEST_SECRET, FORGED: forged };
  const printed = await run(blocks, { port: await freePort(), settings });
  t.same(printed.match(/^.*"code":.*$/gm) ?? [], [], 'no step is refused');
  for (const step of GUIDE_STEPS) t.match(printed, step);

  const subjects = subjectsOf(printed);
  t.equal(subjects.get('member-of-gold'), subjects.get('member'), 'the guide names one member twice');
  subjects.delete('member-of-gold');
  const accounts = ['account-member', 'account-seller'].map((name) => subjects.get(name));
  const signedUp = captured(printed, /^\{"id":"([^"]+)","email":/gm);
  t.same(signedUp, accounts, 'an account signs in as itself');
  const made = captured(printed, /^account (\S+): /gm);
  const tokens = [...subjects.values()].filter((subject) => !accounts.includes(subject));
  const members = [...new Set(captured(printed, /"memberId":"([^"]+)"/g))];
  const people = [...new Set([...tokens, ...members])];
  t.same(members.toSorted(), ['7', '8', '9', subjects.get('readme-member')].toSorted());
  t.same([...tokens].toSorted(), ['7', '900', subjects.get('readme-member'), 'seonchak-trial-seller-1']);
  t.equal(new Set([...people, ...signedUp, ...made]).size, people.length + 3, 'everyone is one person');
  for (const account of [...signedUp, ...made]) t.match(account, /^seonchak\.account\.\d+$/);
  t.match(printed, /^coupons of the account: \{"items":\[\],/m, 'an account holds what no member got');
  t.match(printed, /^coupons for sale: \{"items":\[\],/m, 'and sells what no seller registered');
  t.match(printed, /^a token of the shop with the id of an account: 401$/m);
  t.match(printed, /^the tokens of an account: 2$/m);
});

t.test('quick start, and the read commands of operations.md', async (t) => {
  const backEnd = await startBackEnd('redis');
  t.teardown(() => backEnd.stop());
  const quickStart = ['migrate', '/readyz', '/download', 'account create'];
  const excerpts = ['warm --opening-within', '/readyz', 'queue_depth', 'CONFIG GET dir'];
  const blocks = [
    ...quickStart.map((words) => blockWith('docs/quick-start.md', words)),
    ...excerpts.map((words) => blockWith('docs/operations.md', words)),
    RECONCILE,
    END,
  ];
  const printed = await run(blocks, { port: await freePort(), stores: backEnd.settings });
  t.match(printed, FIRST_WINNER);
  t.match(printed, FIRST_STATUS);
  t.match(printed, /^account seonchak\.account\.1: seller@shop\.example, seller\npassword: \S{24} /m);
  t.match(printed, /^loading:0\r?$/m);
  t.match(printed, 'aof_last_write_status:ok');
  t.match(printed, /^seonchak_queue_depth \d+$/m);
  t.match(printed, '1 of 1 coupons are consistent');
});
