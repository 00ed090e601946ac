/** Sends mutated requests to a whole server, which must not crash, hang, answer 500 or lose stock. */
import fc from 'fast-check';
import t from 'tap';
import { call, exchangeBytes } from '../../src/http/testing/client.js';
import { TEST_LIMITS } from '../../src/http/testing/embedded-server.js';
import { openShop } from '../../src/http/testing/shop.js';
import { efforts } from './effort.js';
import { mutatedRequest } from './mutated-requests.js';

const RUNS = 25;
/** Share of the command's minutes; the parsers have the remainder. */
const SHARE = 0.35;
/** Sent side by side in one run. */
const AT_ONCE = 24;
/** Half a request gets no answer; then it is given up. */
const SILENCE_MS = 200;
/** For the end of a connection after a refusal of the library: on a busy machine it comes later than the refusal. */
const END_MS = 20_000;
const QUANTITY = 1_000_000;

const shop = await openShop(t, {
  settings: { limits: { ...TEST_LIMITS, member: { rate: 0, burst: 1 }, signInFailuresMax: 1 } },
});
const path = await shop.coupon({ quantity: QUANTITY });
const member = await shop.token('mutant');

const request = (line: string, token: string | undefined, body?: object): string => {
  const json = body === undefined ? '' : JSON.stringify(body);
  const lines = [
    `${line} HTTP/1.1`,
    'Host: shop.test',
    ...(token === undefined ? [] : [`Authorization: Bearer ${token}`]),
    ...(body === undefined ? [] : ['Content-Type: application/json', `Content-Length: ${json.length}`]),
  ];
  return `${lines.join('\r\n')}\r\n\r\n${json}`;
};

const opensAt = '2026-11-22T12:00:00Z';
const templates = [
  request(`POST ${path}/download`, member),
  request(`POST ${path}/download`, member) + request('GET /v1/coupons', undefined),
  request(`GET ${path}`, undefined),
  request('GET /v1/coupons?state=open&after=0&limit=10', undefined),
  request(`GET ${path}/issuance`, member),
  request('GET /v1/me/coupons?limit=5', member),
  request('POST /v1/me/coupons/1/use', member),
  request('POST /v1/sessions', undefined, { email: 'a@b.test', password: 'correct horse' }),
  request('POST /v1/coupons', shop.seller, {
    name: 'x',
    quantity: 5,
    opensAt,
    discount: { type: 'percent', value: 5 },
  }),
  request(`PATCH ${path}`, shop.seller, { name: 'another' }),
  request(`GET ${path}/issuances?limit=3`, shop.seller),
  request(`GET ${path}/stats`, shop.seller),
  request('GET /readyz', undefined),
  request('HEAD /v1/coupons', undefined),
];

interface Answer {
  readonly status: number;
  readonly head: string;
  readonly body: string;
}

/** The answers in what came back, as far as they are whole. */
function answersIn(received: string): Answer[] {
  return received
    .split(/(?=HTTP\/1\.1 \d{3} )/)
    .filter((part) => part.startsWith('HTTP/1.1 '))
    .map((part) => {
      const [head = '', ...body] = part.split('\r\n\r\n');
      return { status: Number(head.slice(9, 12)), head, body: body.join('\r\n\r\n') };
    });
}

/** The library itself answers bytes that are not HTTP, with these and the end of the connection, before any handler of ours. */
const LIBRARYS_OWN = new Set([400, 413, 431, 501, 505]);

function faultIn(answer: Answer, closed: boolean): string | undefined {
  if (answer.status === 500) return 'a fault of ours';
  if (answer.status < 400) return undefined;
  const isProblem = /^content-type: application\/problem\+json$/im.test(answer.head);
  if (!isProblem) return LIBRARYS_OWN.has(answer.status) && closed ? undefined : 'not a problem';
  return /node_modules|\.(?:js|ts):\d+|\/src\//.test(answer.body) ? 'internal text' : undefined;
}

/** A refusal of the library that seems not to end the connection is asked for again, with the time for its end. */
async function exchange(bytes: Buffer): Promise<Awaited<ReturnType<typeof exchangeBytes>>> {
  const first = await exchangeBytes(shop.http.port, [bytes], undefined, SILENCE_MS);
  const endIsMissing = answersIn(first.received).some(
    (answer) => faultIn(answer, first.closed) !== faultIn(answer, true),
  );
  return endIsMissing ? exchangeBytes(shop.http.port, [bytes], undefined, END_MS) : first;
}

t.test('mutated requests: no crash, no 500, no waiting for others, every refusal a problem', async (t) => {
  let answered = 0;
  for (const run of efforts(t, RUNS, SHARE))
    await fc.assert(
      fc.asyncProperty(
        fc.array(mutatedRequest(templates), { minLength: AT_ONCE, maxLength: AT_ONCE }),
        async (requests) => {
          const exchanges = Promise.all(requests.map(exchange));
          const honest = await shop.request(path, 'honest');
          if (![200, 201].includes(honest.status)) throw new Error(`an honest member got ${honest.text}`);
          for (const [place, { received, closed }] of (await exchanges).entries()) {
            for (const answer of answersIn(received)) {
              answered++;
              const fault = faultIn(answer, closed);
              const sent = (requests[place] ?? Buffer.alloc(0)).toString('latin1').slice(0, 2_000);
              if (fault !== undefined)
                throw new Error(`${fault}: ${answer.head} ${answer.body}\nfor ${sent}`);
            }
          }
        },
      ),
      // Thousands of smaller cases, each of which takes the silence, would be a quarter of an hour. The fault names its request.
      { ...run, endOnFailure: true },
    );
  t.ok(answered > 0, `${answered} answers`);
  t.same(shop.logLines, [], 'nothing was logged as a fault');
  const { body } = await call(shop.url, `GET ${path}`);
  t.ok(Number(body['issued']) <= 2, 'two members pressed, so at most two units are issued');
});
