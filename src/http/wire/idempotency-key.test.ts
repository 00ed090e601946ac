import t from 'tap';
import type { ApiRequest } from './exchange.js';
import { keyedRequest, refuseReusedKey } from './idempotency-key.js';
import { RequestRefused } from './problems.js';

function request(idempotencyKey: string | undefined, body = '{"by":10}'): ApiRequest {
  return {
    params: ['42'],
    query: '',
    accept: '',
    acceptLanguage: '',
    contentType: 'application/json',
    idempotencyKey,
    ifMatch: undefined,
    method: 'post',
    path: '/v1/coupons/42/top-up',
    address: '192.0.2.1',
    connection: { isOpen: true },
    body: Buffer.from(body),
  };
}

t.test('a request without a key is not recognised again', async (t) => {
  t.equal(keyedRequest(request(undefined), 'seller-1', 5), undefined);
});

t.test('the same key and body name the same request, another body another one', async (t) => {
  const first = keyedRequest(request('order-7'), 'seller-1', 5);
  t.match(first, { sellerId: 'seller-1', key: 'order-7', route: 'POST /v1/coupons/42/top-up', atMs: 5 });
  t.same(keyedRequest(request('order-7'), 'seller-1', 5), first);
  t.not(keyedRequest(request('order-7', '{"by":11}'), 'seller-1', 5)?.bodyHash, first?.bodyHash);
});

t.test('a key outside the alphabet is refused, and one that names another request', async (t) => {
  for (const key of ['', 'a b', 'é', 'x'.repeat(65), '"order-7"']) {
    t.equal(
      refusalOf(() => keyedRequest(request(key), 'seller-1', 5)),
      'invalid_input',
    );
  }
  t.equal(
    refusalOf(() => refuseReusedKey()),
    'key_reused',
  );
});

function refusalOf(action: () => unknown): string | undefined {
  try {
    action();
    return undefined;
  } catch (refusal) {
    if (refusal instanceof RequestRefused) return refusal.problem.code;
    throw refusal;
  }
}
