import t from 'tap';
import { call } from '../testing/client.js';
import type { Handler } from '../wire/http-app.js';
import { uWS } from '../wire/http-library.js';
import { listen } from '../wire/listen.js';
import { NodeApp } from './node-app.js';

const patterns: readonly (readonly [method: 'get' | 'post' | 'any', pattern: string])[] = [
  ['get', '/'],
  ['get', '/v1/coupons'],
  ['get', '/v1/coupons/:id'],
  ['get', '/v1/coupons/mine'],
  ['get', '/v1/coupons/:id/live'],
  ['post', '/v1/coupons/:id/download'],
  ['post', '/v1/coupons/:id/units/:unit/download'],
  ['any', '/v1/coupons/:id'],
  ['any', '/v1/coupons/:id/download'],
  ['get', '/console/*'],
  ['any', '/*'],
  // Again: it replaces the first.
  ['get', '/v1/coupons'],
];

const requests = [
  'GET /',
  'GET /v1/coupons',
  'GET /v1/coupons?limit=2',
  'GET /v1/coupons/',
  'GET /v1/coupons/42',
  'GET /v1/coupons/mine',
  'GET /v1/coupons/mine/live',
  'GET /v1/coupons/42/live',
  'GET /v1/coupons//live',
  'GET /v1/coupons/%34%32',
  'GET /v1/coupons/42/other',
  'GET /v1/coupons/yield',
  'POST /v1/coupons/42/download',
  'POST /v1/coupons/42/download/',
  'POST /v1/coupons/42/units/3/download',
  'POST /v1/coupons/42/units//download',
  'GET /v1/coupons/42/download',
  'PUT /v1/coupons/42',
  'GET /console',
  'GET /console/',
  'GET /console/a/b',
  'GET //v1/coupons',
  'DELETE /elsewhere',
] as const;

/** Answers with the place of the route, what it was asked, and a header twice. */
function handlerOf(place: number): Handler {
  return (response, request) => {
    if (request.getParameter(0) === 'yield') {
      request.setYield(place !== patterns.length - 2);
      if (place !== patterns.length - 2) return;
    }
    const lines: string[] = [];
    request.forEach((name, value) => {
      if (name.startsWith('x-')) lines.push(`${name}=${value}`);
    });
    const asked = [request.getMethod(), request.getUrl(), request.getQuery(), request.getQuery('limit')];
    const params = [request.getParameter(0), request.getParameter(1)];
    const headers = [request.getHeader('x-one'), request.getHeader('x-none'), lines];
    response.end(JSON.stringify([place, asked, params.map((param) => param || ''), headers]));
  };
}

t.test('a request reaches the same route as with uWebSockets.js, and reads the same there', async (t) => {
  const library = uWS.App();
  const node = new NodeApp({ idleMs: 20_000 });
  for (const [place, [method, pattern]] of patterns.entries()) {
    library[method](pattern, handlerOf(place));
    node[method](pattern, handlerOf(place));
  }
  const at = { host: '127.0.0.1', port: 0, exclusivePort: true };
  const ports = [(await listen(library, at)).port, (await node.listen(at)).port];
  t.teardown(() => {
    library.close();
    node.close();
  });
  for (const line of requests) {
    const headers = { 'X-One': 'first', 'X-Two': Buffer.from('a쿠폰b').toString('latin1') };
    const [expected, found] = await Promise.all(
      ports.map((port) => call(`http://127.0.0.1:${port}`, line, { headers })),
    );
    t.equal(found?.status, 200, line);
    t.equal(found?.text, expected?.text, line);
  }
});
