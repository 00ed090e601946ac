/** Runs a coupon with its crowd and seller on real servers, and judges the answers. */
import { appendFile } from 'node:fs/promises';
import type { Test } from 'tap';
import { Crowd, type Member } from '../../src/demo/crowd.js';
import { HttpClient } from '../clients/http-client.js';
import { crowdOf, registerCoupon } from '../system/burst.js';
import { check, type CheckOptions, type Verdict } from './check.js';
import { memberOf } from '../../src/engine/domain/holder.js';
import { type Evidence, holderNamed } from './evidence.js';
import { type Fate, type Limit, limitCrowd } from './limited-crowd.js';
import type { MemberList } from './member-list.js';
import { byUnit, downloadOfUnit } from './units.js';
import { Orders } from './orders.js';
import { Recall } from './recall.js';
import { Seller } from './seller.js';

/** To each server, where a test needs nothing else. */
export const CONNECTIONS = 60;
export const LANES = 30;
const PACE_MS = 40;
const PATIENCE_MS = 60_000;
const QUANTITY = 400;
const MEMBERS = 600;

export interface CouponOptions {
  readonly quantity?: number;
  readonly members?: number;
  /** In place of `members` new ones. */
  readonly crowd?: readonly Member[];
  readonly opensAtMs?: number;
  /** Each member of the crowd downloads every unit. */
  readonly perMember?: number;
  /** Orders confirm half of what was issued, over all servers. */
  readonly holdSeconds?: number;
  /** Whom of the crowd the coupon is for. Limits by claims need `LIMIT_SETTINGS` at the servers. */
  readonly limit?: Limit;
  /** Connections of the crowd to each server. */
  readonly connections?: number;
  /** Connections of the seller to each server; 1 if left out. */
  readonly sellerConnections?: number;
  /** Members of the crowd who request concurrently. */
  readonly lanes?: number;
  /** Between two members of a lane, milliseconds. */
  readonly paceMs?: number;
}

export interface CouponUnderFault {
  readonly quantity: number;
  readonly couponId: number;
  readonly members: readonly Member[];
  readonly crowd: Crowd;
  readonly seller: Seller;
  readonly orders: Orders;
  readonly recall: Recall;
  /** The list that limits the coupon, if one does. */
  readonly list: MemberList | undefined;
  /** Whether a member may have the coupon, and when. */
  readonly fateOf: (memberId: string) => Fate;
  /** All members, or those from one place to another, request until they know. */
  burst(from?: number, to?: number): Promise<void>;
  /** Closes all connections before the test ends. */
  close(): void;
  /** The store has just lost something it had acknowledged: what was issued until now may be missing, and is counted. */
  storeLost(): void;
  /** From this instant until now a server may have been unable to read the database. */
  databaseUnreadable(fromMs: number): void;
  evidence(): Promise<Evidence>;
  /** Compares everything and asserts that nothing was violated. */
  verdict(t: Test, options?: Partial<CheckOptions>): Promise<Verdict>;
}

export async function openCoupon(
  t: Test,
  origins: readonly string[],
  readEvidence: (couponId: number) => Promise<Evidence>,
  options: CouponOptions,
): Promise<CouponUnderFault> {
  const { quantity = QUANTITY, opensAtMs, perMember, holdSeconds } = options;
  const all = options.crowd ?? (await crowdOf(options.members ?? MEMBERS));
  const limited = options.limit && (await limitCrowd(origins, all, options.limit, readEvidence));
  const registering = new HttpClient(origins[0] ?? '', 1);
  const couponId = await registerCoupon(registering, quantity, opensAtMs, {
    ...(perMember === undefined ? {} : { perMember }),
    ...(holdSeconds === undefined ? {} : { holdSeconds }),
    ...limited?.registration,
  });
  registering.close();
  const list = await limited?.prepare(couponId);
  const one = limited?.members ?? all;
  const members = perMember === undefined ? one : byUnit(one, perMember);
  const clients = origins.map((origin) => new HttpClient(origin, options.connections ?? CONNECTIONS));
  const crowd = new Crowd(clients.map(downloadOfUnit));
  const seller = new Seller(origins, couponId, options.sellerConnections);
  const orders = new Orders(origins, couponId);
  const recall = new Recall(origins, couponId);
  const close = (): void => {
    for (const client of clients) client.close();
    seller.close();
    orders.close();
    recall.close();
    limited?.close();
  };
  t.teardown(close);
  const lossesMs: number[] = [];
  const terms = { quantity, opensAtMs, closesAtMs: undefined, paused: false, closed: false };
  const evidence = (): Promise<Evidence> => readEvidence(couponId);
  return {
    ...{ quantity, couponId, members, crowd, seller, orders, recall, list, evidence, close },
    fateOf: (memberId) => limited?.fateOf.get(memberOf(holderNamed(memberId))) ?? 'eligible',
    burst: (from = 0, to = members.length) =>
      crowd.request(couponId, members.slice(from, to), {
        ...{ lanes: options.lanes ?? LANES, paceMs: options.paceMs ?? PACE_MS, patienceMs: PATIENCE_MS },
      }),
    storeLost: () => void lossesMs.push(performance.now()),
    databaseUnreadable: (fromMs) => list?.unreadable({ fromMs, toMs: performance.now() }),
    async verdict(t, checkOptions = {}) {
      const found = await evidence();
      const verdict = check(crowd.requests, found, {
        ...{ terms, lossesMs, sellerCalls: seller.calls },
        ...(perMember === undefined ? {} : { perMember }),
        ...(limited === undefined ? {} : { eligibility: await limited.known() }),
        ...(recall.calls.length === 0
          ? {}
          : { recall: { calls: recall.calls, isPending: recall.isPending, redeemed: orders.redeemed } }),
        ...(holdSeconds === undefined
          ? {}
          : {
              holds: { holdSeconds, calls: orders.calls, released: orders.released, allOver: orders.allOver },
            }),
        ...checkOptions,
      });
      t.strictSame(verdict.violations, [], 'every promise is kept');
      await report(t.name, crowd, verdict);
      return verdict;
    },
  };
}

/** For the table in docs/reliability.md: a line a run, where CHAOS_REPORT names a file. */
async function report(name: string, crowd: Crowd, verdict: Verdict): Promise<void> {
  const file = process.env['CHAOS_REPORT'];
  if (file === undefined) return;
  const { requests } = crowd;
  const line = {
    name,
    requests: requests.length,
    won: new Set(
      requests.filter((request) => request.issueNo !== undefined).map((request) => request.memberId),
    ).size,
    unknown: requests.filter(({ outcome }) => outcome === 'lost' || outcome === 'outcome_unknown').length,
    violations: verdict.violations.length,
    lost: verdict.lost,
  };
  await appendFile(file, `${JSON.stringify(line)}\n`);
}
