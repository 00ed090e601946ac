/**
 * Limits a coupon to a part of its crowd: to members with a grade, on a list, or without another coupon.
 *
 * Every member has one fate for the whole run, by its place in the crowd.
 */
import { setTimeout as pause } from 'node:timers/promises';
import { Crowd, type Member } from '../../src/demo/crowd.js';
import type { MemberId } from '../../src/engine/domain/coupon.js';
import { HttpClient } from '../clients/http-client.js';
import { signToken } from '../clients/tokens.js';
import { registerCoupon } from '../system/burst.js';
import type { EligibilityKnown } from './check.js';
import { type Evidence, memberIdOf } from './evidence.js';
import { MemberList } from './member-list.js';
import { Seller, SELLER_ID } from './seller.js';

export type Fate = 'eligible' | 'excluded' | 'added' | 'removed';

/** Shares of the crowd; the others are eligible all the time. */
export interface Limit {
  readonly by: 'claims' | 'audience' | 'not_issued';
  /** Never eligible. */
  readonly excluded: number;
  /** Added to the list during the run, or removed from it. */
  readonly added?: number;
  readonly removed?: number;
}

const SETTING_CLAIM = 'grade';
/** Makes servers keep the claim that coupons are limited by. */
export const LIMIT_SETTINGS = { MEMBER_CLAIMS: SETTING_CLAIM };

const WANTED = 'gold';
/** Spreads the fates over the crowd. */
const GOLDEN = 0.618_034;
const LANES = 20;
const CONNECTIONS = 20;
const PATIENCE_MS = 30_000;
const RECORDED_POLL_MS = 50;

export interface LimitedCrowd {
  readonly members: readonly Member[];
  readonly fateOf: ReadonlyMap<string, Fate>;
  /** What the coupon is registered with. */
  readonly registration: { readonly eligibility: object };
  /** Before the first download. */
  prepare(couponId: number): Promise<MemberList | undefined>;
  known(): Promise<EligibilityKnown>;
  close(): void;
}

export async function limitCrowd(
  origins: readonly string[],
  crowd: readonly Member[],
  limit: Limit,
  readEvidence: (couponId: number) => Promise<Evidence>,
): Promise<LimitedCrowd> {
  const fates = crowd.map(({ memberId }, place) => [memberIdOf(memberId), fateAt(place, limit)] as const);
  const fateOf = new Map<string, Fate>(fates);
  switch (limit.by) {
    case 'claims':
      return byClaims(crowd, fateOf);
    case 'audience':
      return byList(origins, crowd, fates);
    case 'not_issued':
      return byOtherCoupon(origins, crowd, fateOf, readEvidence);
  }
}

function fateAt(place: number, { excluded, added = 0, removed = 0 }: Limit): Fate {
  const spot = (place * GOLDEN) % 1;
  if (spot < excluded) return 'excluded';
  if (spot < excluded + added) return 'added';
  return spot < excluded + added + removed ? 'removed' : 'eligible';
}

const nothing = (): void => undefined;

async function byClaims(crowd: readonly Member[], fateOf: ReadonlyMap<string, Fate>): Promise<LimitedCrowd> {
  const gradeOf = new Map<string, string>();
  const members = await Promise.all(
    crowd.map(async ({ memberId }, place) => {
      // One half of those who are not eligible has another grade, the other half has none.
      const other = place % 2 === 0 ? 'silver' : undefined;
      const grade = fateOf.get(memberId) === 'excluded' ? other : WANTED;
      if (grade !== undefined) gradeOf.set(memberId, grade);
      const claims = grade === undefined ? {} : { [SETTING_CLAIM]: grade };
      return { memberId, token: await signToken(memberId, 'member', undefined, claims) };
    }),
  );
  return {
    ...{ members, fateOf, close: nothing },
    registration: { eligibility: { claims: { [SETTING_CLAIM]: [WANTED] } } },
    prepare: () => Promise.resolve(undefined),
    known: () => Promise.resolve({ rules: [{ fromMs: -Infinity, grades: [WANTED] }], gradeOf }),
  };
}

function byList(
  origins: readonly string[],
  members: readonly Member[],
  fates: readonly (readonly [MemberId, Fate])[],
): LimitedCrowd {
  const of = (...wanted: readonly Fate[]): MemberId[] =>
    fates.flatMap(([memberId, fate]) => (wanted.includes(fate) ? [memberId] : []));
  const plan = { first: of('eligible', 'removed'), toAdd: of('added'), toRemove: of('removed') };
  let list: MemberList | undefined;
  return {
    ...{ members, fateOf: new Map(fates), registration: { eligibility: { audience: true } } },
    async prepare(couponId) {
      list = new MemberList(origins, couponId, plan);
      await list.fill();
      return list;
    },
    known: () => Promise.resolve(list === undefined ? {} : { listed: list.known }),
    close: () => list?.close(),
  };
}

/** The excluded members have the other coupon, which is closed before this one is registered. */
async function byOtherCoupon(
  origins: readonly string[],
  members: readonly Member[],
  fateOf: ReadonlyMap<string, Fate>,
  readEvidence: (couponId: number) => Promise<Evidence>,
): Promise<LimitedCrowd> {
  const holders = members.filter(({ memberId }) => fateOf.get(memberId) === 'excluded');
  const client = new HttpClient(origins[0] ?? '', CONNECTIONS);
  const otherId = await registerCoupon(client, holders.length);
  const crowd = new Crowd([client.download]);
  await crowd.request(otherId, holders, { lanes: LANES, patienceMs: PATIENCE_MS });
  const token = await signToken(SELLER_ID, 'seller');
  for (const untilMs = performance.now() + PATIENCE_MS; performance.now() < untilMs;) {
    const { body } = await client.call(`/v1/coupons/${otherId}/stats`, { token });
    if (body['recorded'] === holders.length) break;
    await pause(RECORDED_POLL_MS);
  }
  client.close();
  const seller = new Seller(origins, otherId);
  await seller.insist({ kind: 'amend', change: { closed: true } });
  seller.close();
  return {
    ...{ members, fateOf, close: nothing, registration: { eligibility: { notIssued: [otherId] } } },
    prepare: () => Promise.resolve(undefined),
    async known() {
      const { rows } = await readEvidence(otherId);
      if (rows.length !== holders.length)
        throw new Error(`${rows.length} of ${holders.length} rows of coupon ${otherId} are left`);
      const everHeldBy = new Set(holders.map(({ memberId }) => memberIdOf(memberId)));
      return { excludes: { rows, ended: [], everHeldBy } };
    },
  };
}
