/**
 * Runs autocannon once: one member per request, answers counted by outcome.
 *
 * Rejected: autocannon's own way to change a header, which rebuilds the whole request for each one and costs as much as
 * the request. Here the connection gets the finished bytes. A run ends without lost answers: each connection stops
 * after its outstanding answer.
 */
import autocannon from 'autocannon';
import { Latencies } from './latencies.js';
import { type LoadReport, type OutcomeReport, SERIES_STEP_MS } from './load-report.js';
import { OutcomeReader } from './outcome-reader.js';
import { type LoadRequest, RequestLine, type LoadPlan } from './load-plan.js';
import { signTickets } from './sign-tickets.js';
import { AnswerLog } from './answer-log.js';

/** What this needs of autocannon's connection beyond its types; the version is pinned exactly. */
interface Connection extends autocannon.Client {
  opts: { verifyBody?: (body: string) => boolean };
  reqsMade: number;
  responseMax: number | undefined;
  getRequestBuffer(): Buffer;
}

/** After the end of a run a connection may wait this long for its last answer. */
const LAST_ANSWER_SECONDS = 30;
const CHECK_FOR_END_MS = 20;

/**
 * Monotonic and the same in every process of the machine, which the order of answers is judged by. Tried: performance.now() plus an
 * offset taken at the start, which is half the price, but a process that is put aside between the two readings is off for good.
 */
function nowUs(): number {
  const [seconds, nanoseconds] = process.hrtime();
  return seconds * 1_000_000 + nanoseconds / 1_000;
}

export async function requestAll(plan: LoadPlan, tokens: readonly string[]): Promise<LoadReport> {
  const line = new RequestLine(plan, tokens.length);
  const answerLog = new AnswerLog();
  const reader = new OutcomeReader();
  const outcomes = new Map<string, { latencies: Latencies; series: number[] }>();
  const connections: Connection[] = [];
  const tickets = plan.tickets ? signTickets(plan.couponIds, tokens.length) : undefined;
  const heads = new Map(plan.couponIds.map((id) => [id, requestHead(id, plan.host)]));
  let startedUs = 0;
  let answeredLastUs = 0;

  const record = (request: LoadRequest, status: number, body: string, answeredUs: number): void => {
    const outcome = reader.outcomeOf(status, body);
    let seen = outcomes.get(outcome);
    if (seen === undefined) outcomes.set(outcome, (seen = { latencies: Latencies.empty(), series: [] }));
    seen.latencies.record(answeredUs - request.sentUs);
    const step = Math.floor((answeredUs - startedUs) / (SERIES_STEP_MS * 1_000));
    seen.series[step] = (seen.series[step] ?? 0) + 1;
    if (outcome !== 'issued' && outcome !== 'already_issued') return;
    const issueNo = reader.issueNoOf(body);
    if (outcome === 'already_issued') answerLog.reminder(request.couponId, request.member + 1, issueNo);
    else answerLog.win(request.couponId, request.member + 1, issueNo, request.sentUs, answeredUs);
  };

  const setupClient = (client: autocannon.Client): void => {
    const connection = client as Connection;
    const request: LoadRequest = { couponId: 0, member: 0, sentUs: 0 };
    const answered: LoadRequest & { status: number; atUs: number } = { ...request, status: 0, atUs: 0 };
    let more = true;
    connections.push(connection);
    connection.getRequestBuffer = () => {
      if (!line.deal(request)) more = false;
      request.sentUs = nowUs();
      const head = heads.get(request.couponId) ?? '';
      const ticket = tickets?.get(request.couponId)?.[request.member];
      const ticketLine = ticket === undefined ? '' : `\r\nX-Presence-Ticket: ${ticket}`;
      return Buffer.from(`${head}${tokens[request.member] ?? ''}${ticketLine}\r\n\r\n`, 'latin1');
    };
    // The library reports an answer first, its body only after the next request has left.
    connection.on('response', (status) => {
      Object.assign(answered, request);
      answered.status = status;
      answeredLastUs = answered.atUs = nowUs();
      if (!more) connection.responseMax = connection.reqsMade;
    });
    connection.opts.verifyBody = (body) => {
      record(answered, answered.status, body, answered.atUs);
      return true;
    };
  };

  const cpuBefore = process.cpuUsage();
  startedUs = nowUs();
  const endsUs = startedUs + plan.seconds * 1_000_000;
  const ending = setInterval(() => {
    if (nowUs() < endsUs) return;
    for (const connection of connections) connection.responseMax = connection.reqsMade;
  }, CHECK_FOR_END_MS);
  try {
    const result = await autocannon({
      url: `http://${plan.host}`,
      method: 'POST',
      connections: plan.connections,
      duration: plan.seconds + LAST_ANSWER_SECONDS,
      sampleInt: CHECK_FOR_END_MS,
      // Above what any method needs here: a request that is given up continues in the server, past the end of the run.
      timeout: LAST_ANSWER_SECONDS * 2,
      excludeErrorStats: true,
      setupClient,
    });
    const cpu = process.cpuUsage(cpuBefore);
    return {
      outcomes: new Map([...outcomes].map(([name, seen]) => [name, plain(seen)])),
      answers: answerLog.taken(),
      errors: result.errors,
      startedUs,
      endedUs: answeredLastUs,
      cpuUs: cpu.user + cpu.system,
      residentBytes: process.memoryUsage.rss(),
    };
  } finally {
    clearInterval(ending);
  }
}

function requestHead(couponId: number, host: string): string {
  return `POST /v1/coupons/${couponId}/download HTTP/1.1\r\nHost: ${host}\r\nContent-Length: 0\r\nAuthorization: Bearer `;
}

function plain({ latencies, series }: { latencies: Latencies; series: number[] }): OutcomeReport {
  return {
    latencies: latencies.encode(),
    series: Array.from(series, (count: number | undefined) => count ?? 0),
  };
}
