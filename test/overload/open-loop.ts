/**
 * Sends downloads at a given rate without waiting for answers, over raw sockets, from its own process.
 *
 * Some connections are reset at random. The process prints one line of JSON per phase and writes every request into a
 * file for the checker.
 *
 * Arguments: the port, the coupon, the file, the file of tokens (one a line, of members 1, 2, …). Phases come on stdin,
 * a line of JSON each; the process ends with its input.
 */
import { createWriteStream, readFileSync } from 'node:fs';
import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import { createInterface } from 'node:readline';
import { setTimeout as pause } from 'node:timers/promises';
import type { CrowdRequest } from '../../src/demo/crowd.js';
import type { Phase, PhaseResult } from './phases.js';

/** Concurrent connections; a request that finds all of them waiting is counted as one that could not be sent. */
const CONNECTIONS_MAX = 4_000;
const TICK_MS = 2;
/** Answers still on their way when a phase is over get this long. */
const LAST_ANSWERS_MS = 10_000;
const RESET_WITHIN_MS = 20;
const definite = new Set(['issued', 'already_issued', 'sold_out']);

const [port = '', couponId = '', requestFile = '', tokenFile = ''] = process.argv.slice(2);
const requests = readFileSync(tokenFile, 'utf8')
  .trim()
  .split('\n')
  .map(
    (token) =>
      `POST /v1/coupons/${couponId}/download HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer ${token}\r\n\r\n`,
  );
const recorded = createWriteStream(requestFile);

interface Connection {
  readonly socket: Socket;
  text: string;
  request: { readonly memberId: string; readonly invokedMs: number } | undefined;
}

const idle: Connection[] = [];
let open = 0;
let waiting = 0;
let outcomes: Record<string, number> = {};
let lastIndefiniteMs = 0;
let onFree: (() => void) | undefined;

function answered(connection: Connection, outcome: string): void {
  const { request } = connection;
  if (request === undefined) return;
  connection.request = undefined;
  waiting--;
  outcomes[outcome] = (outcomes[outcome] ?? 0) + 1;
  if (!definite.has(outcome)) lastIndefiniteMs = performance.now();
  const status = /^HTTP\/1\.1 (\d+)/.exec(connection.text)?.[1];
  const issueNo = /"issueNo":(\d+)/.exec(connection.text)?.[1];
  const issuedAt = /"issuedAt":"([^"]+)"/.exec(connection.text)?.[1];
  const written: CrowdRequest = {
    ...request,
    status: status === undefined ? undefined : Number(status),
    outcome,
    answeredMs: outcome === 'lost' ? undefined : sinceEpochMs(),
    issueNo: issueNo === undefined ? undefined : Number(issueNo),
    storeMs: issuedAt === undefined ? undefined : Date.parse(issuedAt),
  };
  recorded.write(`${JSON.stringify(written)}
`);
}

/** Monotonic, and comparable with another process's to a millisecond. */
function sinceEpochMs(): number {
  return performance.timeOrigin + performance.now();
}

function openConnection(): Connection {
  const connection: Connection = { socket: connect(Number(port), '127.0.0.1'), text: '', request: undefined };
  open++;
  connection.socket.setNoDelay(true);
  connection.socket.on('data', (data) => {
    connection.text += data.toString('latin1');
    const headEnd = connection.text.indexOf('\r\n\r\n');
    const length = Number(/content-length: (\d+)/i.exec(connection.text)?.[1] ?? Number.NaN);
    if (headEnd < 0 || connection.text.length < headEnd + 4 + length) return;
    const outcome = /"(?:outcome|code)":"(\w+)"/.exec(connection.text)?.[1] ?? 'unreadable';
    answered(connection, outcome);
    connection.text = '';
    idle.push(connection);
    onFree?.();
  });
  connection.socket.on('error', () => undefined);
  connection.socket.on('close', () => {
    open--;
    answered(connection, 'lost');
    const place = idle.indexOf(connection);
    if (place >= 0) idle.splice(place, 1);
    onFree?.();
  });
  return connection;
}

/** False when every connection waits for an answer. */
function request(resetShare: number): boolean {
  const connection = idle.pop() ?? (open < CONNECTIONS_MAX ? openConnection() : undefined);
  if (connection === undefined) return false;
  const member = Math.floor(Math.random() * requests.length);
  connection.request = { memberId: String(member + 1), invokedMs: sinceEpochMs() };
  waiting++;
  connection.socket.write(requests[member] ?? '');
  if (Math.random() < resetShare) {
    setTimeout(() => {
      if (connection.request !== undefined) connection.socket.resetAndDestroy();
    }, Math.random() * RESET_WITHIN_MS);
  }
  return true;
}

/** Requests come when they come. */
async function openLoop({ rate, seconds, resetShare }: Phase & { readonly rate: number }): Promise<number> {
  const startMs = performance.now();
  let due = 0;
  let unsent = 0;
  while (performance.now() < startMs + seconds * 1_000) {
    for (; due < ((performance.now() - startMs) / 1_000) * rate; due++) if (!request(resetShare)) unsent++;
    await pause(TICK_MS);
  }
  return unsent;
}

/** This many members, each requesting again when answered: finds the capacity. */
async function closedLoop({
  lanes,
  seconds,
  resetShare,
}: Phase & { readonly lanes: number }): Promise<number> {
  const untilMs = performance.now() + seconds * 1_000;
  onFree = () => {
    while (waiting < lanes && performance.now() < untilMs && request(resetShare));
  };
  onFree();
  await pause(seconds * 1_000);
  onFree = undefined;
  return 0;
}

for await (const line of createInterface({ input: process.stdin })) {
  const phase = JSON.parse(line) as Phase;
  outcomes = {};
  const beganMs = performance.now();
  lastIndefiniteMs = beganMs;
  const unsent = phase.lanes === undefined ? await openLoop(phase) : await closedLoop(phase);
  const endedMs = performance.now();
  const good = Object.entries(outcomes).reduce(
    (sum, [outcome, count]) => sum + (definite.has(outcome) ? count : 0),
    0,
  );
  while (waiting > 0 && performance.now() < endedMs + LAST_ANSWERS_MS) await pause(5);
  const result: PhaseResult = {
    ...{ good, unsent, outcomes, unanswered: waiting },
    seconds: (endedMs - beganMs) / 1_000,
    settledForMs: performance.now() - endedMs,
    indefiniteForMs: lastIndefiniteMs - beganMs,
  };
  process.stdout.write(`${JSON.stringify(result)}\n`);
}
recorded.end();
await once(recorded, 'finish');
process.exit(0);
