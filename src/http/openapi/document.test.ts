/** Tests the document against the routes and against the answers of a running server. */
import { readFileSync } from 'node:fs';
import { Registry } from 'prom-client';
import t from 'tap';
import { problemKinds } from '../wire/problems.js';
import type { ProblemCode } from '../wire/problems.js';
import { newOutcomeCounts } from '../download/outcome-counts.js';
import { RedemptionCounts } from '../api/redemption-counts.js';
import { createRoutes, DOWNLOAD_ROUTE, LIVE_ROUTE, UNIT_DOWNLOAD_ROUTE } from '../api/routes.js';
import { TEST_LIMITS } from '../testing/embedded-server.js';
import { CouponPasses } from '../till/coupon-pass.js';
import { fromNow } from '../testing/shop.js';
import { operations } from './operations.js';
import { walkAccounts } from './testing/account-walks.js';
import { openDocumentedShop } from './testing/documented-shop.js';
import { walkDownloads } from './testing/download-walks.js';
import { walkHolders } from './testing/holder-walks.js';
import { walkSellers } from './testing/seller-walks.js';

const documented = await openDocumentedShop(t);
const { shop, document, described, met, codesMet, walker } = documented;

t.test('every route is described and every description has its route, with the same access', async (t) => {
  const routes = createRoutes(
    shop.services,
    {
      tokens: { issuer: 'seonchak', audiences: ['seonchak'], secret: new Uint8Array(32) },
      sellerSignup: 'open',
      memberSignup: 'open',
      limits: TEST_LIMITS,
    },
    new Registry(),
    {
      verifiesPresence: false,
      memberClaims: [],
      rules: {
        size: 0,
        entries: () => new Map().entries(),
        refresh: () => Promise.resolve(),
      },
    },
    {
      redemptionCounts: new RedemptionCounts(),
      holdCounts: { confirmed: 0 },
      outcomes: newOutcomeCounts(),
      locks: { has: () => false, refresh: () => Promise.resolve() },
      limits: { allowsMember: () => true },
      inFlight: { hasRoom: true },
      door: {
        concerns: () => false,
        holdMsOf: () => undefined,
        judge: () => ({ kind: 'passes', refusedAs: undefined }),
        unitsPerMember: () => Promise.resolve(1),
      },
      serverKeys: { refresh: () => Promise.resolve() },
      sessions: { refresh: () => Promise.resolve() },
      passes: new CouponPasses(Buffer.alloc(32), shop.services.clock),
      onMailFault: () => undefined,
    },
  );
  const wired = [
    ...routes.map(({ method, path, access }) => `${access}: ${method} ${path}`),
    `member: ${DOWNLOAD_ROUTE.method} ${DOWNLOAD_ROUTE.path}`,
    `member: ${UNIT_DOWNLOAD_ROUTE.method} ${UNIT_DOWNLOAD_ROUTE.path}`,
    `anyone: ${LIVE_ROUTE.method} ${LIVE_ROUTE.path}`,
  ];
  const described = Object.entries(operations).map(([line, { access }]) => `${access}: ${line}`);
  t.same([...described].sort(), [...wired].sort());
  for (const route of routes) {
    const operation = operations[`${route.method} ${route.path}`];
    t.equal(route.bodyBytesMax > 0, operation?.body !== undefined, `body of ${route.method} ${route.path}`);
  }
});

t.test('a problem is described wherever it can occur', async (t) => {
  // Not a route's: what is answered where there is none.
  const elsewhere: ProblemCode[] = ['not_found', 'method_not_allowed'];
  const described = new Set([...Object.values(operations).flatMap(({ problems }) => problems), ...elsewhere]);
  t.same([...described].sort(), Object.keys(problemKinds).sort());
});

t.test('it says which version of the program it is of', async (t) => {
  const { version } = JSON.parse(readFileSync(new URL('../../../package.json', import.meta.url), 'utf8')) as {
    version: string;
  };
  t.match(document, { openapi: '3.1.0', info: { version } });
});

walkAccounts(t, documented);
walkSellers(t, documented);
walkDownloads(t, documented);
walkHolders(t, documented);

t.test('what anyone may see is answered as described', async (t) => {
  const walk = walker(t);
  const path = await shop.coupon({ opensAt: fromNow(60_000), closesAt: fromNow(120_000) });
  await walk('GET /v1/coupons', '/v1/coupons?limit=1&state=scheduled');
  await walk('GET /v1/coupons', '/v1/coupons?state=unheard-of');
  await walk('GET /v1/coupons', `/v1/coupons?state=${'x'.repeat(3_000)}`);
  await walk('GET /v1/coupons/{id}', path);
  await walk('GET /v1/coupons/{id}', '/v1/coupons/x');
  for (const id of [path.split('/').at(-1), 'x']) await walk('GET /coupons/{id}', `/coupons/${id}`);
  await walk('GET /v1/coupons/{id}/live', '/v1/coupons/999/live');
  for (const own of ['/healthz', '/readyz', '/metrics', '/openapi.json', '/postman.json', '/'])
    await walk(`GET ${own}`, own);

  // A stream does not end, so its first event is taken and compared with the schema that is documented.
  const stream = await fetch(`${shop.url}${path}/live`);
  const reader = stream.body?.pipeThrough(new TextDecoderStream()).getReader();
  let text = '';
  while (!/^data: .*\n\n/m.test(text)) text += (await reader?.read())?.value ?? '';
  await reader?.cancel();
  const data = /^data: (.*)$/m.exec(text)?.[1] ?? '';
  t.equal(described.faultOf({ $ref: '#/components/schemas/LiveUpdate' }, JSON.parse(data)), undefined);
  t.match(stream.headers.get('content-type'), 'text/event-stream');
  met.add('GET /v1/coupons/{id}/live');
});

t.test('no route was left out, and no problem but those that need a fault', async (t) => {
  t.same(
    Object.keys(document.paths)
      .flatMap((path) =>
        Object.keys(document.paths[path] ?? {}).map((method) => `${method.toUpperCase()} ${path}`),
      )
      .filter((line) => !met.has(line)),
    [],
  );
  const needsAFault: ProblemCode[] = [
    'busy',
    'account_locked',
    'rate_limited',
    'not_ready',
    'presence_unavailable',
    'presence_too_many',
    'outcome_unknown',
    // A server of the previous release.
    'upgrade_running',
    // A hundred thousand coupons, a million members.
    'rules_too_many',
    'audience_full',
    'not_recorded',
    'internal_error',
    // A hundred thousand accounts are locked for the one, a mail server fails for the other.
    'locks_too_many',
    'mail_failed',
    // Thirty days have to pass.
    'events_removed',
    'malformed_request',
    'head_too_large',
    'body_incomplete',
    'method_not_allowed',
  ];
  t.same(
    Object.keys(problemKinds)
      .filter((code) => !codesMet.has(code))
      .sort(),
    [...needsAFault].sort(),
  );
});
