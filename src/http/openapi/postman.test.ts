/** Tests the examples of requests: their schemas take them, and Postman's own library sends them as they are meant. */
import postman from 'postman-collection';
import t from 'tap';
import { call } from '../testing/client.js';
import { openShop } from '../testing/shop.js';
import { bodyExamples } from './body-examples.js';
import { openApiDocument } from './document.js';
import { schemaNamed } from './json-schemas.js';
import type { SchemaName } from './json-schemas.js';
import { operations } from './operations.js';

/** Those that end what the others need, or that need what a shop alone does not have. */
const FALSE_ENDINGS = new Set([404, 405, 415]);

t.test('every body has an example, and its schema takes it', (t) => {
  for (const [line, { body }] of Object.entries(operations)) {
    if (body === undefined) continue;
    const example = bodyExamples[body];
    t.not(example, undefined, `${line}: ${body}`);
    t.match(schemaNamed(body).safeParse(example), { success: true }, body);
  }
  const used = new Set(Object.values(operations).map(({ body }) => body));
  for (const name of Object.keys(bodyExamples)) t.ok(used.has(name as SchemaName), `${name} is a body`);
  t.end();
});

t.test('a curl line has method, address, token and body', (t) => {
  const { paths } = openApiDocument() as {
    readonly paths: Readonly<Record<string, Readonly<Record<string, object>>>>;
  };
  const lineOf = (path: string, method: string): string => {
    const samples = Reflect.get(paths[path]?.[method] ?? {}, 'x-codeSamples') as { source: string }[];
    return samples[0]?.source ?? '';
  };
  t.equal(
    lineOf('/v1/coupons/{id}/top-up', 'post'),
    [
      'curl -X POST "$SEONCHAK/v1/coupons/1/top-up"',
      '-H "Authorization: Bearer $TOKEN"',
      "-H 'Content-Type: application/json'",
      `-d '{"by":100}'`,
    ].join(' \\\n  '),
  );
  t.equal(lineOf('/v1/coupons', 'get'), 'curl "$SEONCHAK/v1/coupons"');
  t.equal(lineOf('/v1/coupons/{id}/live', 'get'), 'curl -N "$SEONCHAK/v1/coupons/1/live"');
  t.end();
});

t.test('Postman reads the collection, and each request reaches its route', async (t) => {
  const shop = await openShop(t);
  const served = await call(shop.url, 'GET /postman.json');
  t.match(served.headers['content-disposition'], /seonchak\.postman_collection\.json/);
  const collection = new postman.Collection(served.body);
  const variables = new postman.VariableList(new postman.Property(), [
    new postman.Variable({ key: 'baseUrl', value: shop.url }),
    new postman.Variable({ key: 'memberToken', value: await shop.token('m-1') }),
    new postman.Variable({ key: 'sellerToken', value: shop.seller }),
  ]);
  const items: postman.Item[] = [];
  collection.forEachItem((item) => items.push(item));
  t.equal(items.length, Object.keys(operations).length, 'one for each operation');
  const groups = collection.items.all().map(({ name }) => name);
  t.same(groups, ['Members', 'Sellers', 'Coupons', 'Accounts', 'Administrators', 'Operators']);

  const outcomes = new Map<string, number>();
  // The coupon that the examples name.
  await shop.coupon({ quantity: 5 });
  for (const item of items) {
    const definition: unknown = postman.Property.replaceSubstitutionsIn(
      item.request.toJSON(),
      [variables],
      false,
    );
    const request = new postman.Request(definition as postman.RequestDefinition);
    t.ok(request.url.toString().startsWith(shop.url), item.name);
    // With the values of its variables.
    const path = request.url.getPathWithQuery();
    if (path.endsWith('/live')) continue;
    const token = request.auth?.parameters().get('token') as string | undefined;
    const raw = request.body?.raw;
    const answer = await call(shop.url, `${request.method} ${path}`, {
      ...(token === undefined ? {} : { token }),
      ...(raw === undefined || raw === '' ? {} : { body: raw }),
      headers: request.getHeaders() as Record<string, string>,
    });
    outcomes.set(item.name, answer.status);
    // 404 with a code is an answer of the route; without one no route was reached.
    if (FALSE_ENDINGS.has(answer.status)) t.type(answer.body['code'], 'string', item.name);
    t.not(answer.body['code'], 'unknown_route', item.name);
    t.not(answer.body['code'], 'invalid_input', `${item.name}: ${answer.text}`);
  }
  t.equal(outcomes.get('Register a coupon'), 201);
  t.equal(outcomes.get('Download a coupon'), 201);
});
