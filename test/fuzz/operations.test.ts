/**
 * Sends requests to every operation of the OpenAPI document, as every caller: whatever is sent, the answer is one that
 * the document describes, and never a fault of ours.
 */
import fc from 'fast-check';
import t from 'tap';
import { call, type Answer } from '../../src/http/testing/client.js';
import { DescribedAnswers } from '../../src/http/testing/described-answers.js';
import type { DocumentObject } from '../../src/http/testing/described-answers.js';
import { TEST_LIMITS } from '../../src/http/testing/embedded-server.js';
import { openShop } from '../../src/http/testing/shop.js';
import { describedRequest, type RequestOperation, type RequestSchema } from './described-requests.js';
import { efforts } from './effort.js';

/** Runs of each operation. */
const RUNS = 40;
/** Share of the command's minutes, divided among the operations. */
const SHARE = 0.3;

/** Its answer ends with the connection. */
const ENDLESS = 'GET /v1/coupons/{id}/live';

const shop = await openShop(t, {
  settings: { limits: { ...TEST_LIMITS, member: { rate: 0, burst: 1 }, signInFailuresMax: 1_000_000 } },
});
for (const fields of [
  {},
  { quantity: 1 },
  { validity: { days: 3, zone: 'Asia/Seoul' }, redeemBy: 'seller' },
]) {
  await shop.request(await shop.coupon(fields), 'm-1');
}
const { body: key } = await call(shop.url, 'POST /v1/keys', {
  token: shop.seller,
  body: { name: 'fuzz', scopes: ['issue', 'redeem', 'read', 'manage'] },
});
await call(shop.url, 'POST /v1/webhooks', {
  token: shop.seller,
  body: { url: 'https://shop.example/hook' },
});
const caller = fc.oneof(
  { weight: 6, arbitrary: fc.constantFrom(await shop.token('m-1'), shop.seller, String(key['key'])) },
  { weight: 1, arbitrary: fc.constantFrom(undefined, 'sck_1_x', 'a.b.c') },
);

const { body } = await call(shop.url, 'GET /openapi.json');
const document = body as unknown as DocumentObject & {
  readonly paths: Readonly<Record<string, Readonly<Record<string, RequestOperation>>>>;
};
const described = new DescribedAnswers(document);
const named = (reference: string): RequestSchema => {
  const schema = document.components.schemas[reference.split('/').at(-1) ?? ''];
  if (schema === undefined) throw new Error(`${reference} is not in the document`);
  return schema;
};
const lines = Object.entries(document.paths).flatMap(([path, item]) =>
  Object.entries(item).map(([method, operation]) => ({
    line: `${method.toUpperCase()} ${path}`,
    method: method.toUpperCase(),
    path,
    operation,
  })),
);

for (const { line, method, path, operation } of lines.filter((one) => one.line !== ENDLESS)) {
  t.test(`${line}: answers as described`, async (t) => {
    for (const run of efforts(t, RUNS, SHARE / lines.length)) {
      await fc.assert(
        fc.asyncProperty(describedRequest(path, operation, named), caller, async (request, token) => {
          const answer = await call(shop.url, `${method} ${request.path}`, {
            token,
            headers: {
              ...(request.body === undefined ? {} : { 'content-type': 'application/json' }),
              ...request.headers,
            },
            ...(request.body === undefined ? {} : { body: request.body }),
          });
          const fault = answer.status === 500 ? answer.text : described.fault(line, answer);
          if (fault !== undefined && !isNoRoute(answer)) throw new Error(fault);
        }),
        run,
      );
    }
    t.same(shop.logLines, [], 'nothing was logged as a fault');
  });
}

/** An empty part of a path leads to no operation. */
function isNoRoute({ body }: Answer): boolean {
  return body['code'] === 'not_found' || body['code'] === 'method_not_allowed';
}
