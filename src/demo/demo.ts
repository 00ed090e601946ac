/**
 * Runs `seonchak demo`: server, seller, coupon and crowd, then a comparison with the database.
 *
 * In the middle of the crowd the server is killed and started again. The console shows the downloads live meanwhile.
 */
import { setMaxListeners } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { createSeonchakClient } from '#client';
import type { Schemas, SeonchakClient } from '#client';
import type { Config } from '../config/config.js';
import { loadConfig } from '../config/config.js';
import { TokenIssuer } from '../http/auth/token-issuer.js';
import { PAGE_LIMIT_MAX } from '../http/wire/field-schemas.js';
import { tokenSettings } from '../server/token-settings.js';
import { compare } from './compare.js';
import type { RecordedIssuance } from './compare.js';
import { Crowd } from './crowd.js';
import type { Member, CrowdRequest, SendDownload } from './crowd.js';
import { DemoServer } from './demo-server.js';
import { lostAnswers } from './lost-answers.js';
import { planRequests } from './request-plan.js';
import type { PlannedRequest } from './request-plan.js';

/** Good on this machine only, and for as long as the demo runs. */
const SELLER = { email: 'seller@demo.example', password: 'first-come-first-served' };
const TOKEN_SECONDS = 86_400;
/** A real crowd has a connection each; this one shares a machine with the server. */
const LANES = 64;
const PATIENCE_MS = 30_000;
/** Drawn, so that members who were refused together do not return together. */
const RETRY_MS = { least: 500, most: 1_500 };

export interface DemoOptions {
  readonly members: number;
  readonly quantity: number;
  readonly opensInMs: number;
  /** How long the crowd takes to come. */
  readonly overMs: number;
}

export interface DemoScreen {
  print(line: string): void;
  progress(requests: number): DemoProgress;
}

export interface DemoProgress {
  /** Called for each answer. */
  advance(count: number): void;
  /** Prints a line above the bar. */
  note(line: string): void;
  finish(): void;
}

/**
 * Runs until `signal`; the data is removed then.
 *
 * @returns what was wrong, one sentence each; empty when every promise was kept or the demo was ended before the drop was over.
 */
export async function runDemo(
  options: DemoOptions,
  screen: DemoScreen,
  signal: AbortSignal,
): Promise<readonly string[]> {
  const dataDir = await mkdtemp(join(tmpdir(), 'seonchak-demo-'));
  try {
    const server = await DemoServer.start(dataDir);
    try {
      return await dropAndCompare(loadConfig({ DATA_DIR: dataDir }), server, options, screen, signal);
    } finally {
      await server.stop();
    }
  } finally {
    await rm(dataDir, { recursive: true, force: true });
  }
}

async function dropAndCompare(
  config: Config,
  server: DemoServer,
  options: DemoOptions,
  screen: DemoScreen,
  signal: AbortSignal,
): Promise<readonly string[]> {
  const { members, quantity, opensInMs, overMs } = options;
  const { address } = server;
  const seller = await signUpSeller(address);
  const opensAtMs = Date.now() + opensInMs;
  const { data: coupon } = await seller.POST('/v1/coupons', {
    body: { name: 'Fried chicken, half price', quantity, opensAt: new Date(opensAtMs).toISOString() },
  });
  if (coupon === undefined) throw new Error('The coupon of the demo could not be registered.');
  for (const line of introduction(address, coupon.id, options)) screen.print(line);

  const requests = planRequests(members, overMs);
  if (!(await untilTime(opensAtMs + (requests[0]?.atMs ?? 0), signal))) return [];
  // Only now: a rate that counts the waiting would be none.
  const progress = screen.progress(requests.length);
  const answers: CrowdRequest[] = [];
  const arriving = membersAsPlanned(requests, await memberTokens(config), opensAtMs, signal);
  // Every lane waits for it between two requests.
  setMaxListeners(2 * LANES, signal);
  const crowd = new Crowd([downloadsAt(address)]);
  const restarted = crowd
    .winners(Math.ceil(Math.min(members, quantity) / 2))
    .then(() => killInTheMiddle(server, progress, signal));
  // Awaited below; a fault meanwhile must not end the process.
  restarted.catch(() => undefined);
  await crowd.request(coupon.id, arriving, {
    lanes: LANES,
    patienceMs: PATIENCE_MS,
    retryMs: () => RETRY_MS.least + Math.random() * (RETRY_MS.most - RETRY_MS.least),
    onSettled: (request) => {
      answers.push(request);
      progress.advance(1);
    },
    signal,
  });
  if (signal.aborted) {
    progress.finish();
    return [];
  }
  const killedAtMs = await restarted;
  progress.finish();

  const rows = await recordedIssuances(seller, coupon.id);
  const faults = compare(answers, rows, quantity);
  const { members: unanswered, kept } = lostAnswers(crowd.requests, killedAtMs);
  for (const line of [...summary(answers, rows, faults), ...survival(unanswered, kept), ENDING])
    screen.print(line);
  await aborted(signal);
  return faults;
}

function introduction(address: string, couponId: number, options: DemoOptions): string[] {
  const { members, quantity, opensInMs } = options;
  return [
    `Seonchak is ready on ${address}`,
    '',
    `  members see      ${address}/#/coupons/${couponId}`,
    `  the seller sees  ${address}/#/sell/${couponId}`,
    `                   (sign in as ${SELLER.email}, password ${SELLER.password})`,
    '',
    `A coupon with ${quantity.toLocaleString('en')} units for ${members.toLocaleString('en')} members, opening in ${opensInMs / 1_000} s. Ctrl-C exits.`,
  ];
}

function summary(
  answers: readonly CrowdRequest[],
  rows: readonly RecordedIssuance[],
  faults: readonly string[],
): string[] {
  const counts = new Map<string, number>();
  for (const { outcome } of answers) counts.set(outcome, (counts.get(outcome) ?? 0) + 1);
  const counted = [...counts].map(([outcome, times]) => `${times.toLocaleString('en')} ${outcome}`);
  return [
    '',
    `Answers to the crowd: ${counted.join(', ')}.`,
    faults.length === 0
      ? `In the database: ${rows.length.toLocaleString('en')} rows, numbered from 1 without a gap, one per member, each with the number that was answered.`
      : `Broken promises: ${faults.join('; ')}.`,
  ];
}

const ENDING = 'The server keeps running so that you can explore it. Ctrl-C stops it and removes its data.';

/** What the kill in the middle cost: nothing. */
function survival(unanswered: number, kept: readonly RecordedIssuance[]): string[] {
  const lost = `The server was killed in the middle: ${unanswered.toLocaleString('en')} members lost their answer and retried.`;
  const [example] = kept;
  if (example === undefined) return [lost];
  return [
    lost,
    `${kept.length.toLocaleString('en')} of them had won before the kill and got the same number: ` +
      `member ${example.memberId} has number ${example.issueNo.toLocaleString('en')}.`,
  ];
}

/** The best moment of the demo: no number is lost, and none is given twice. @returns when the server was killed. */
async function killInTheMiddle(
  server: DemoServer,
  progress: DemoProgress,
  signal: AbortSignal,
): Promise<number> {
  const killedAtMs = Date.now();
  if (signal.aborted) return killedAtMs;
  progress.note('The server is killed now (SIGKILL), while members make requests …');
  const tookMs = await server.killAndRestart();
  progress.note(`… and runs again after ${(tookMs / 1_000).toFixed(1)} s. The members retry automatically.`);
  return killedAtMs;
}

async function signUpSeller(address: string): Promise<SeonchakClient> {
  const anyone = createSeonchakClient({ baseUrl: address });
  await anyone.POST('/v1/accounts', { body: { ...SELLER, role: 'seller' } });
  const { data } = await anyone.POST('/v1/sessions', { body: SELLER });
  if (data === undefined) throw new Error('The seller of the demo could not sign in.');
  return createSeonchakClient({ baseUrl: address, token: data.accessToken });
}

/** Members come with tokens, as those of an outside identity provider would: 5,000 sign-ups would hash passwords for minutes. */
async function memberTokens(config: Config): Promise<(memberId: string) => Promise<string>> {
  const { secret, ...policy } = await tokenSettings(config, 'create');
  if (secret === undefined) throw new Error('The embedded server signs its own tokens.');
  const issuer = new TokenIssuer(secret, policy);
  return (memberId) => issuer.issue(memberId, 'member', TOKEN_SECONDS, Date.now());
}

/** Each member when its request is due. */
async function* membersAsPlanned(
  requests: readonly PlannedRequest[],
  tokenOf: (memberId: string) => Promise<string>,
  opensAtMs: number,
  signal: AbortSignal,
): AsyncGenerator<Member> {
  for (const { memberId, atMs } of requests) {
    if (!(await untilTime(opensAtMs + atMs, signal))) return;
    yield { memberId, token: await tokenOf(memberId) };
  }
}

/** Over the client that members' apps use. A broken connection leaves the outcome unknown; the crowd then requests again. */
function downloadsAt(address: string): SendDownload {
  const client = createSeonchakClient({ baseUrl: address });
  return async (couponId, token) => {
    try {
      const { data, error, response } = await client.POST('/v1/coupons/{id}/download', {
        params: { path: { id: couponId } },
        headers: { Authorization: `Bearer ${token}` },
      });
      return { status: response.status, body: { ...(data ?? error) } };
    } catch {
      return undefined;
    }
  };
}

async function recordedIssuances(seller: SeonchakClient, couponId: number): Promise<RecordedIssuance[]> {
  const rows: RecordedIssuance[] = [];
  let after: number | null = 0;
  while (after !== null) {
    const page: Schemas['IssuanceListPage'] = await pageOfIssuances(seller, couponId, after);
    rows.push(...page.items);
    after = page.next;
  }
  return rows;
}

async function pageOfIssuances(
  seller: SeonchakClient,
  couponId: number,
  after: number,
): Promise<Schemas['IssuanceListPage']> {
  const { data } = await seller.GET('/v1/coupons/{id}/issuances', {
    params: { path: { id: couponId }, query: { after, limit: PAGE_LIMIT_MAX } },
  });
  if (data === undefined) throw new Error('The issuances could not be read.');
  return data;
}

/** @returns false when the signal came first. */
async function untilTime(atMs: number, signal: AbortSignal): Promise<boolean> {
  const waitMs = atMs - Date.now();
  if (waitMs > 0) await pause(waitMs, undefined, { signal }).catch(() => undefined);
  return !signal.aborted;
}

function aborted(signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (signal.aborted) resolve();
    else signal.addEventListener('abort', () => resolve(), { once: true });
  });
}
