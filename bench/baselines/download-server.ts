/** Serves both database baselines with the routes, token check, answers and listening of our own server. */
import { jwtVerify } from 'jose';
import uWS from 'uWebSockets.js';
import type { HttpRequest, HttpResponse } from 'uWebSockets.js';
import { TOKEN_ISSUER_AND_AUDIENCE } from '../load/sign-tokens.js';
import type { UnitCounts } from '../measure/promise-checks.js';

export type BaselineOutcome =
  | { readonly outcome: 'issued' | 'already_issued'; readonly issueNo: number; readonly issuedAtMs: number }
  | { readonly outcome: 'not_open' | 'sold_out' | 'unknown_coupon' };

/** What a baseline does in its own way. */
export interface BaselineMethod {
  createCoupon(quantity: number, opensAtMs: number | undefined): Promise<number>;
  download(couponId: number, memberId: string): Promise<BaselineOutcome>;
  whereabouts(couponId: number): Promise<UnitCounts>;
}

const JSON_TYPE = 'application/json';
const PROBLEM_TYPE = 'application/problem+json';

const secret = new TextEncoder().encode(process.env['JWT_SECRET']);
const members = new Map<string, string>();

/** The member who sends the request; tokens seen before are not verified again. */
async function memberOf(authorization: string): Promise<string> {
  const { payload } = await jwtVerify(authorization.slice('Bearer '.length), secret, {
    algorithms: ['HS256'],
    issuer: TOKEN_ISSUER_AND_AUDIENCE,
    audience: TOKEN_ISSUER_AND_AUDIENCE,
  });
  const memberId = String(payload.sub);
  members.set(authorization, memberId);
  return memberId;
}

function send(response: HttpResponse, status: string, type: string, body: string): void {
  response.cork(() => {
    response.writeStatus(status).writeHeader('Content-Type', type).end(body);
  });
}

function sendOutcome(
  response: HttpResponse,
  outcome: BaselineOutcome,
  couponId: number,
  memberId: string,
): void {
  if (outcome.outcome !== 'issued' && outcome.outcome !== 'already_issued') {
    const status = outcome.outcome === 'unknown_coupon' ? '404 Not Found' : '409 Conflict';
    send(response, status, PROBLEM_TYPE, `{"code":"${outcome.outcome}","title":"${outcome.outcome}"}`);
    return;
  }
  const { issueNo, issuedAtMs } = outcome;
  const issuedAt = new Date(issuedAtMs).toISOString();
  send(
    response,
    outcome.outcome === 'issued' ? '201 Created' : '200 OK',
    JSON_TYPE,
    `{"outcome":"${outcome.outcome}","couponId":${couponId},"memberId":"${memberId}","issueNo":${issueNo},"issuedAt":"${issuedAt}"}`,
  );
}

/** Serves until SIGTERM. Several processes may share the port. */
export function serveBaseline(method: BaselineMethod): void {
  /** Runs an answer that takes a while; a client that has disconnected is not answered. */
  const answering = (
    response: HttpResponse,
    answer: (send: (write: () => void) => void) => Promise<void>,
  ): void => {
    let disconnected = false;
    response.onAborted(() => {
      disconnected = true;
    });
    const write = (write: () => void): void => {
      if (!disconnected) write();
    };
    answer(write).catch((fault: unknown) => {
      process.stderr.write(`${String(fault)}\n`);
      write(() => send(response, '500 Internal Server Error', PROBLEM_TYPE, '{"code":"internal_error"}'));
    });
  };

  const download = (response: HttpResponse, request: HttpRequest): void => {
    const authorization = request.getHeader('authorization');
    const couponId = Number(request.getParameter(0));
    answering(response, async (write) => {
      const memberId = members.get(authorization) ?? (await memberOf(authorization));
      const outcome = await method.download(couponId, memberId);
      write(() => sendOutcome(response, outcome, couponId, memberId));
    });
  };

  const create = (response: HttpResponse): void => {
    const body = new Promise<string>((resolve) => {
      let text = '';
      response.onData((chunk, isLast) => {
        text += Buffer.from(chunk).toString();
        if (isLast) resolve(text);
      });
    });
    answering(response, async (write) => {
      const { quantity, opensAt } = JSON.parse(await body) as { quantity: number; opensAt?: string };
      const id = await method.createCoupon(quantity, opensAt === undefined ? undefined : Date.parse(opensAt));
      write(() => send(response, '201 Created', JSON_TYPE, JSON.stringify({ id })));
    });
  };

  const stats = (response: HttpResponse, request: HttpRequest): void => {
    const couponId = Number(request.getParameter(0));
    answering(response, async (write) => {
      const whereabouts = await method.whereabouts(couponId);
      write(() => send(response, '200 OK', JSON_TYPE, JSON.stringify(whereabouts)));
    });
  };

  uWS
    .App()
    .post('/v1/coupons/:id/download', download)
    .post('/v1/coupons', create)
    .get('/v1/coupons/:id/stats', stats)
    .listen('127.0.0.1', Number(process.env['PORT']), (socket) => {
      if (socket === false) process.exit(1);
      process.stdout.write('ready\n');
    });
  process.once('SIGTERM', () => process.exit());
}
