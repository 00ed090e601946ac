/** Registers a coupon, creates its crowd, and checks the promises afterwards. */
import { setTimeout as pause } from 'node:timers/promises';
import type { Test } from 'tap';
import type { Member, CrowdRequest } from '../../src/demo/crowd.js';
import type { HttpAnswer, HttpClient } from '../clients/http-client.js';
import { signMemberTokens, signToken } from '../clients/tokens.js';
import type { BackEndUnderTest, Row } from './back-end.js';

const REGISTER_TRIES_MAX = 5;
/** Servers that have just started are counted within 10 s. */
const COUNTED_TRIES_MAX = 12;
const REGISTER_AGAIN_MS = 1_000;

export async function registerCoupon(
  client: HttpClient,
  quantity: number,
  opensAtMs?: number,
  more: Readonly<Record<string, unknown>> = {},
): Promise<number> {
  const opening = opensAtMs === undefined ? {} : { opensAt: new Date(opensAtMs).toISOString() };
  for (let tries = 1; ; tries += 1) {
    const answer = await client.call('/v1/coupons', {
      method: 'POST',
      token: await signToken('900001', 'seller'),
      body: { name: 'burst', quantity, ...opening, ...more },
    });
    if (answer.status === 201) return Number(answer.body['id']);
    if (tries >= triesMax(answer)) {
      throw new Error(`registering: ${answer.status} ${JSON.stringify(answer.body)}`);
    }
    await pause(REGISTER_AGAIN_MS);
  }
}

/** On a busy machine a store may take longer than a call may last; a seller retries then. */
function triesMax({ status, body }: HttpAnswer): number {
  if (body['code'] === 'upgrade_running') return COUNTED_TRIES_MAX;
  return status === 503 ? REGISTER_TRIES_MAX : 1;
}

/** @param expires as jose reads it; default: an hour */
export async function crowdOf(count: number, expires?: string): Promise<Member[]> {
  const tokens = await signMemberTokens(count, expires);
  return tokens.map((token, index) => ({ memberId: String(index + 1), token }));
}

/** All members once for each request, so that the requests of one member are spread over the whole burst. */
export function inRounds(members: readonly Member[], requests: number): Member[] {
  return Array.from({ length: requests }).flatMap(() => shuffled(members));
}

function shuffled<Item>(items: readonly Item[]): Item[] {
  return items
    .map((item) => ({ item, key: Math.random() }))
    .sort((a, b) => a.key - b.key)
    .map(({ item }) => item);
}

/** Rows once there are `count` of them; after `withinMs` the rows that exist, so that assertions can report them. */
export async function rowsOnceThere(
  backEnd: BackEndUnderTest,
  couponId: number,
  count: number,
  withinMs = 30_000,
): Promise<Row[]> {
  const untilMs = performance.now() + withinMs;
  for (;;) {
    const rows = await backEnd.rows(couponId);
    if (rows.length >= count || performance.now() > untilMs) return rows;
    await pause(50);
  }
}

/** What a burst may be answered; a request of the last kind is repeated. */
const STATUS_OF: Readonly<Record<string, number | undefined>> = {
  ...{ issued: 201, already_issued: 200, sold_out: 409 },
  ...{ busy: 503, not_ready: 503, outcome_unknown: 503, lost: undefined },
};

/** I1–I3 and I8 as members see them. */
export function assertPromises(
  t: Test,
  quantity: number,
  requests: readonly CrowdRequest[],
  rows: readonly Row[],
): void {
  const numberOf = new Map(rows.map((row) => [row.memberId, row.issueNo]));
  t.strictSame(
    rows.map((row) => row.issueNo),
    Array.from({ length: quantity }, (_, index) => index + 1),
    'the rows are numbered 1..n without a gap',
  );
  t.equal(numberOf.size, rows.length, 'no member has two rows');

  const wins = requests.filter(({ outcome }) => outcome === 'issued' || outcome === 'already_issued');
  t.equal(
    new Set(wins.map(({ memberId }) => memberId)).size,
    quantity,
    'exactly as many members as the quantity received a number',
  );
  t.strictSame(
    wins.filter(({ memberId, issueNo }) => issueNo !== numberOf.get(memberId)),
    [],
    'every number received is the number in the database',
  );
  const issued = requests.filter(({ outcome }) => outcome === 'issued').map(({ memberId }) => memberId);
  t.equal(new Set(issued).size, issued.length, 'no member was issued twice');
  const strange = requests.filter(
    ({ outcome, status }) => !(outcome in STATUS_OF) || STATUS_OF[outcome] !== status,
  );
  t.strictSame(strange.slice(0, 3), [], 'every answer is one of the outcomes');
}
