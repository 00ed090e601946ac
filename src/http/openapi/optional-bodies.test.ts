/** Tests bodies that may be left out: generated clients send `null` instead of leaving them out. */
import t from 'tap';
import { call } from '../testing/client.js';
import { openShop } from '../testing/shop.js';
import { operations } from './operations.js';

interface RequestBody {
  readonly requestBody?: { readonly required: boolean; readonly description?: string };
}

const shop = await openShop(t);

t.test('a use and a download for a member take no body, null and {} alike', async (t) => {
  const optional = Object.entries(operations).filter(([, { bodyOptional }]) => bodyOptional === true);
  t.same(optional.map(([line]) => line).sort(), [
    'POST /v1/me/coupons/:couponId/use',
    'POST /v1/members/:memberId/coupons/:id/download',
  ]);
  for (const body of [undefined, 'null', ' null\n', '{}']) {
    const sent = body === undefined ? {} : { body };
    const path = await shop.coupon();
    const id = path.split('/').at(-1) ?? '';
    const issued = await call(shop.url, `POST /v1/members/m-1/coupons/${id}/download`, {
      token: shop.seller,
      ...sent,
    });
    t.match(issued, { status: 201, body: { outcome: 'issued', issueNo: 1 } }, String(body));
    const token = await shop.token('m-1');
    const used = await call(shop.url, `POST /v1/me/coupons/${id}/use`, { token, ...sent });
    t.match(used, { status: 200, body: { issueNo: 1 } }, String(body));
  }
});

t.test(
  'null stays a fault where a body is required, and so does any other value where it is not',
  async (t) => {
    const path = await shop.coupon();
    const id = path.split('/').at(-1) ?? '';
    for (const [line, body, code] of [
      [`PATCH ${path}`, 'null', 'invalid_input'],
      [`POST ${path}/recall`, 'null', 'invalid_input'],
      [`POST /v1/members/m-2/coupons/${id}/download`, '[]', 'invalid_input'],
      [`POST /v1/members/m-2/coupons/${id}/download`, 'false', 'invalid_input'],
      [`POST /v1/members/m-2/coupons/${id}/download`, '0', 'invalid_input'],
      [`POST /v1/members/m-2/coupons/${id}/download`, 'nul', 'invalid_json'],
    ] as const) {
      const answer = await call(shop.url, line, { token: shop.seller, body });
      t.match(answer, { status: 400, body: { code } }, `${line} ${body}`);
    }
  },
);

t.test('the document marks these bodies', async (t) => {
  const { body } = await call(shop.url, 'GET /openapi.json');
  const paths = body['paths'] as Record<string, Record<string, RequestBody>>;
  for (const [line, operation] of Object.entries(operations)) {
    const [method = '', path = ''] = line.split(' ');
    const described = paths[path.replace(/:(\w+)/g, '{$1}')]?.[method.toLowerCase()]?.requestBody;
    if (operation.body === undefined) t.equal(described, undefined, line);
    else if (operation.bodyOptional === true)
      t.match(described, { required: false, description: /null/ }, line);
    else t.match(described, { required: true }, line);
  }
});
