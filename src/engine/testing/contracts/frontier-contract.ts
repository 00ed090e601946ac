/** Tests what a reader of settled rows is promised over every back end (I11). */
import { randomInt, randomUUID } from 'node:crypto';
import type { Test } from 'tap';
import type { CouponId, Issuance } from '../../domain/coupon.js';
import { MEMBER_ID_LENGTH_MAX } from '../../domain/member-id.js';
import type { Claim, IssuanceQueue } from '../../ports/issuance-queue.js';
import { member } from './ids.js';
import { issuancesOf, oneByOne } from './one-by-one.js';
import { Line } from './settled-line.js';
import type { FrontierUnderTest } from './settled-line.js';

type Distributed = NonNullable<FrontierUnderTest['distributed']>;

const LEASE_MS = 60_000;
const RANDOM_RUNS = 12;
const RANDOM_MEMBERS = 120;

export function frontierContract(t: Test, name: string, open: (t: Test) => Promise<FrontierUnderTest>): void {
  t.test(`${name}: frontier contract`, async (t) => {
    const under = await open(t);
    t.teardown(() => under.close());
    aboutReading(t, under);
    if (under.distributed !== undefined) {
      aboutRecorders(t, under, under.distributed);
      aboutLosses(t, under, under.distributed);
      aboutRandomRecorders(t, under, under.distributed);
    }
  });
}

function aboutReading(t: Test, under: FrontierUnderTest): void {
  t.test('without a row there is nothing to read, and the cursor stays where it is', async (t) => {
    const line = await Line.open(under, 0);
    t.same(await line.read(), { numbers: [], frontier: 0, more: false });
    t.same(await line.read(7), { numbers: [], frontier: 7, more: false });
  });

  t.test('pages end where asked, say whether more is settled, and go on from their frontier', async (t) => {
    const line = await Line.open(under, 0);
    await recordDirectly(under, line, [1, 2, 3, 4, 5]);
    t.same(await line.read(0, 2), { numbers: [1, 2], frontier: 2, more: true });
    t.same(await line.read(2, 3), { numbers: [3, 4, 5], frontier: 5, more: false });
    t.same(await line.read(5, 3), { numbers: [], frontier: 5, more: false });
  });

  t.test('revoked numbers are explained and have no row, however many are adjacent', async (t) => {
    const line = await Line.open(under, 0);
    await recordDirectly(under, line, [1, 2, 3, 4, 5, 6]);
    for (const issueNo of [1, 3, 4])
      await under.ledger.revoke(line.couponId, 1, issueNo, member(`m${issueNo}`), 1);
    t.same(await line.read(), { numbers: [2, 5, 6], frontier: 6, more: false });
    t.equal(line.settled.waits.voidNumbers, 0);
  });

  t.test('where every second number is revoked, one page has as many rows as any other', async (t) => {
    const line = await Line.open(under, 0);
    const numbers = Array.from({ length: 60 }, (_, place) => place + 1);
    await recordDirectly(under, line, numbers);
    const odd = numbers.filter((issueNo) => issueNo % 2 === 1);
    for (const issueNo of odd) await under.ledger.revoke(line.couponId, 1, issueNo, member(`m${issueNo}`), 1);
    const even = odd.map((issueNo) => issueNo + 1);
    t.same(await line.read(), { numbers: even, frontier: 60, more: false });
    t.same(await line.read(9, 10), { numbers: even.slice(4, 14), frontier: 29, more: true });
  });
}

async function recordDirectly(
  under: FrontierUnderTest,
  line: Line,
  numbers: readonly number[],
): Promise<void> {
  const issuances = numbers.map((issueNo) => ({
    issueNo,
    holder: member(`m${issueNo}`),
    issuedAtMs: issueNo,
  }));
  await under.ledger.record({ couponId: line.couponId, epoch: 1, issuances });
}

function aboutRecorders(t: Test, under: FrontierUnderTest, { queue, admitted }: Distributed): void {
  const { ledger } = under;
  const claim = async (line: Line, limit: number, leaseMs = LEASE_MS): Promise<Claim> => {
    const taken = await oneByOne(queue).claim(line.couponId, randomUUID(), limit, leaseMs);
    if (typeof taken !== 'object') throw new Error('nothing to claim');
    return taken;
  };
  const record = (taken: Claim) => ledger.record(taken);
  const finish = async (taken: Claim): Promise<void> => {
    await record(taken);
    await oneByOne(queue).ack(taken.couponId, taken.token);
  };

  for (const order of orders([0, 1, 2, 3])) {
    t.test(`rows that commit in the order ${order.join()} are read as one line without a gap`, async (t) => {
      const line = await Line.open(under, 4);
      const claims: Claim[] = [];
      while (claims.length < 4) claims.push(await claim(line, 1));
      const done = new Set<number>();
      for (const place of order) {
        const taken = claims[place];
        if (taken !== undefined) await finish(taken);
        done.add(place + 1);
        const settled: number[] = [];
        while (done.has(settled.length + 1)) settled.push(settled.length + 1);
        t.same(await line.read(), { numbers: settled, frontier: settled.length, more: false });
      }
    });
  }

  t.test(
    'a cursor of the highest number, as a reader without the frontier keeps it, loses a row',
    async (t) => {
      const line = await Line.open(under, 2);
      const first = await claim(line, 1);
      await finish(await claim(line, 1));
      const naive = await ledger.rows(line.couponId, 0, 10);
      const cursor = naive.at(-1)?.issueNo ?? 0;
      const { frontier } = await line.read();
      await finish(first);
      t.same(
        await ledger.rows(line.couponId, cursor, 10),
        [],
        'number 1 is never seen: the fault this contract is about',
      );
      t.same((await line.read(frontier)).numbers, [1, 2]);
    },
  );

  t.test('a queued number and a claim whose lease has lapsed are waited for', async (t) => {
    const line = await Line.open(under, 3);
    const lapsed = await claim(line, 1, 1);
    t.same((await line.read()).numbers, []);
    const taken = await claimUntil(queue, line.couponId, lapsed);
    await finish(await claim(line, 2));
    t.same(await line.read(), { numbers: [], frontier: 0, more: false });
    t.ok(line.settled.waits.longestMs() > 0, 'and the wait is measured');
    await finish(taken);
    t.same((await line.read()).numbers, [1, 2, 3]);
    t.equal(line.settled.waits.longestMs(), 0);
  });

  t.test('a number whose row is there and whose claim is not acked yet is settled', async (t) => {
    const line = await Line.open(under, 2);
    await record(await claim(line, 1));
    t.same((await line.read()).numbers, [1]);
  });

  t.test('a number revoked before it was recorded is explained', async (t) => {
    const line = await Line.open(under, 3);
    const taken = await claim(line, 2);
    await line.revoke(2, 'm2');
    await finish(await claim(line, 1));
    await finish(taken);
    t.same(await line.read(), { numbers: [1, 3], frontier: 3, more: false });
  });

  t.test('a dead letter explains its number', async (t) => {
    const line = await Line.open(under, 3);
    const taken = await claim(line, 3);
    const refused = (issuance: Issuance): Issuance =>
      issuance.issueNo === 2
        ? { ...issuance, holder: 'x'.repeat(MEMBER_ID_LENGTH_MAX + 1) as Issuance['holder'] }
        : issuance;
    const { deadLettered } = await ledger.record({ ...taken, issuances: taken.issuances.map(refused) });
    t.equal(deadLettered, 1);
    t.same(await line.read(), { numbers: [1, 3], frontier: 3, more: false });
  });

  t.test('a winner that is neither queued nor recorded is waited for: a repair will queue it', async (t) => {
    const line = await Line.open(under, 3);
    const forgotten = await claim(line, 1);
    await oneByOne(queue).ack(line.couponId, forgotten.token);
    await finish(await claim(line, 2));
    t.same(await line.read(), { numbers: [], frontier: 0, more: false });
    await admitted.requeue(line.couponId, forgotten.issuances);
    t.same((await line.read()).numbers, []);
    await finish(await claim(line, 1));
    t.same((await line.read()).numbers, [1, 2, 3]);
    t.equal(line.settled.waits.voidNumbers, 0);
  });
}

function aboutLosses(t: Test, under: FrontierUnderTest, distributed: Distributed): void {
  const { queue } = distributed;
  t.test('a coupon out of service explains nothing; after its rebuild what was lost is void', async (t) => {
    const line = await Line.open(under, 5);
    const lost = await oneByOne(queue).claim(line.couponId, randomUUID(), 2, LEASE_MS);
    const kept = await oneByOne(queue).claim(line.couponId, randomUUID(), 2, LEASE_MS);
    if (typeof lost !== 'object' || typeof kept !== 'object') throw new Error('nothing to claim');
    await under.ledger.record(kept);
    t.same((await line.read()).numbers, []);
    await distributed.lose();
    t.same((await line.read()).numbers, [], 'the reader does not guess');
    await line.warmer.warm(line.couponId);
    t.same(await line.read(), { numbers: [3, 4], frontier: 4, more: false });
    t.equal(line.settled.waits.voidNumbers, 2, 'and the two are counted, once');
    t.same((await line.read(1)).numbers, [3, 4]);
    t.equal(line.settled.waits.voidNumbers, 2);
    const late = await under.ledger.record(lost);
    t.equal(late.stale, 2, 'a recorder that wakes up late cannot write them any more');
    await line.admit(1, 'new');
    const next = await oneByOne(queue).claim(line.couponId, randomUUID(), 10, LEASE_MS);
    t.same(
      issuancesOf(next).map(({ issueNo }) => issueNo),
      [5],
      'numbers go on above the rows',
    );
  });
}

function aboutRandomRecorders(t: Test, under: FrontierUnderTest, { queue }: Distributed): void {
  const { ledger } = under;
  /** One step of a recorder that may stop at any point: before its row, after it, or having released the claim. */
  const step = async (line: Line): Promise<boolean> => {
    const taken = await oneByOne(queue).claim(line.couponId, randomUUID(), randomInt(1, 9), 20);
    if (typeof taken !== 'object') return false;
    const fate = randomInt(6);
    if (fate === 0) return true;
    if (fate === 1) {
      await oneByOne(queue).release(line.couponId, taken.token);
      return true;
    }
    await ledger.record(taken);
    if (fate > 2) await oneByOne(queue).ack(line.couponId, taken.token);
    return true;
  };

  t.test('four recorders that stop anywhere, revokes in between: a follower misses no row', async (t) => {
    for (let run = 0; run < RANDOM_RUNS; run += 1) {
      const line = await Line.open(under, RANDOM_MEMBERS);
      const delivered: number[] = [];
      let cursor = 0;
      const recording = { on: true };
      const follow = async (): Promise<void> => {
        const { numbers, frontier } = await line.read(cursor, randomInt(1, 30));
        delivered.push(...numbers);
        cursor = frontier;
      };
      const recorders = Array.from({ length: 4 }, async () => {
        for (let idle = 0; idle < 40;) {
          if (await step(line)) idle = 0;
          else {
            idle += 1;
            await new Promise((resolve) => setTimeout(resolve, 2));
          }
        }
      });
      const revoked = new Set(Array.from({ length: 8 }, () => randomInt(1, RANDOM_MEMBERS + 1)));
      const seller = (async () => {
        for (const issueNo of revoked) await line.revoke(issueNo, `m${issueNo}`);
      })();
      const follower = (async () => {
        while (recording.on) await follow();
      })();
      await Promise.all([...recorders, seller]);
      recording.on = false;
      await follower;
      const lastRow = (await ledger.rows(line.couponId, 0, RANDOM_MEMBERS)).at(-1)?.issueNo ?? 0;
      while (cursor < lastRow) await follow();
      t.same(
        delivered,
        [...new Set(delivered)].sort((one, other) => one - other),
        'in order, each once',
      );
      const seen = new Set(delivered);
      const missed = (await ledger.rows(line.couponId, 0, RANDOM_MEMBERS)).filter(
        ({ issueNo }) => !seen.has(issueNo),
      );
      t.same(missed, [], 'every row was delivered');
      t.equal(line.settled.waits.voidNumbers, 0);
    }
  });
}

/** Waits until the lease of a claim is over, and takes it over. */
async function claimUntil(queue: IssuanceQueue, couponId: CouponId, lapsed: Claim): Promise<Claim> {
  for (;;) {
    const taken = await oneByOne(queue).claim(couponId, randomUUID(), 1, LEASE_MS);
    if (typeof taken !== 'object') throw new Error('nothing to claim');
    if (taken.issuances[0]?.issueNo === lapsed.issuances[0]?.issueNo) return taken;
    await oneByOne(queue).release(couponId, taken.token);
  }
}

function orders(items: readonly number[]): number[][] {
  if (items.length <= 1) return [[...items]];
  return items.flatMap((item) =>
    orders(items.filter((other) => other !== item)).map((rest) => [item, ...rest]),
  );
}
