/** Tests what every back end of {@link Admission} promises, one subtest per sentence of the port. */
import { randomInt } from 'node:crypto';
import { setTimeout as delay } from 'node:timers/promises';
import type { Test } from 'tap';
import { chunksOf } from '../../domain/chunks.js';
import type {
  Admission,
  AdmitBatch,
  AdmitDecisions,
  AdmitFault,
  AdmitReply,
  AnswerBatch,
  WarmCoupon,
} from '../../ports/admission.js';
import type { TermsChange } from '../../ports/terms-change.js';
import {
  type CouponId,
  type CouponSnapshot,
  type HolderId,
  type Issuance,
  type MemberId,
  parseCouponId,
  parseMemberId,
} from '../../domain/coupon.js';
import { parseHolder } from '../../domain/holder.js';

export interface AdmissionUnderTest {
  readonly admission: Admission;
  /** Called before each `warm`: a back end whose catalogue or ledger is the same database puts there what a warm presupposes. */
  readonly prepare?: (coupon: WarmCoupon, issued: readonly Issuance[]) => Promise<void>;
  close(): Promise<void>;
}

/** Far enough away that no test comes near it. */
const FAR_FUTURE_MS = Date.UTC(2100, 0, 1);
/** How far ahead a window opens or closes in tests that wait for it. */
const SOON_MS = 150;
const POLL_MS = 5;

/** An id no other test uses, so that a suite can run against a store that is shared. */
export function freshCouponId(): CouponId {
  const id = parseCouponId(String(randomInt(1, 2 ** 47)));
  if (id === undefined) throw new Error('randomInt gave no id');
  return id;
}

export function member(text: string): MemberId {
  const memberId = parseMemberId(text);
  if (memberId === undefined) throw new Error(`${JSON.stringify(text)} is not a member id`);
  return memberId;
}

/** `m7`, or of a further unit `m7~2`. */
export function holder(text: string): HolderId {
  const parsed = parseHolder(text);
  if (parsed === undefined) throw new Error(`${JSON.stringify(text)} is not a holder`);
  return parsed;
}

/** Many different ones: `m1` … `m<count>`. */
export function members(count: number, prefix = 'm'): MemberId[] {
  return Array.from({ length: count }, (_, index) => member(`${prefix}${index + 1}`));
}

/** `issuances` in chunks of `size`, as {@link Admission.warm} takes them. */
/** A warm with what is known beforehand. */
export function warmWith(
  admission: Admission,
  coupon: WarmCoupon,
  issued: AsyncIterable<readonly Issuance[]> = inChunks([]),
): Promise<'warmed' | 'present'> {
  return admission.warm(coupon.couponId, () => Promise.resolve({ coupon, issued }));
}

export async function* inChunks(issuances: readonly Issuance[], size = 1_000): AsyncIterable<Issuance[]> {
  yield* chunksOf(issuances, size);
  await Promise.resolve();
}

/** A reply spelled out: one word for each member of the batch, of whom the last `askers` only ask. */
export function outcomes(reply: AdmitReply, memberCount: number, askers = 0): string[] {
  if (reply.status !== 'decided') return Array.from({ length: memberCount }, () => reply.status);
  const already = new Map(reply.already.map((entry) => [entry.index, entry.issueNo]));
  let given = 0;
  return Array.from({ length: memberCount }, (_, index) => {
    const issueNo = already.get(index);
    if (issueNo !== undefined) return `already ${issueNo}`;
    if (index >= memberCount - askers) return 'holds none';
    if (given < reply.issuedCount) return `issued ${reply.firstIssueNo + given++}`;
    return reply.refusal ?? 'undecided';
  });
}

/** All answers of a round, those that come after its end included. @throws when a batch is answered twice. */
export function askRound(
  admission: Admission,
  batches: readonly AdmitBatch[],
): Promise<(AdmitReply | AdmitFault)[]> {
  return new Promise((resolve, reject) => {
    const replies = new Map<number, AdmitReply | AdmitFault>();
    const answer: AnswerBatch = (place, reply) => {
      if (replies.has(place)) reject(new Error(`batch ${place} was answered twice`));
      replies.set(place, reply);
      if (replies.size < batches.length) return;
      resolve(batches.flatMap((_, index) => replies.get(index) ?? []));
    };
    admission.admitRound(batches, answer).catch(reject);
  });
}

export function admissionContract(
  t: Test,
  name: string,
  open: (t: Test) => Promise<AdmissionUnderTest>,
): void {
  t.test(`${name}: admission contract`, async (t) => {
    const store = await open(t);
    t.teardown(() => store.close());
    const at = new Driver(store);
    aboutDeciding(t, at);
    aboutAskers(t, at);
    aboutRounds(t, at);
    aboutUnits(t, at);
    aboutRefusals(t, at);
    aboutTerms(t, at);
    aboutRevoking(t, at);
    aboutRevokingMany(t, at);
    aboutWarming(t, at);
    aboutReads(t, at);
  });
}

/** The port with the arguments that most tests do not care about filled in. */
class Driver {
  readonly admission: Admission;
  readonly #store: AdmissionUnderTest;

  constructor(store: AdmissionUnderTest) {
    this.#store = store;
    this.admission = store.admission;
  }

  /** Warms a coupon of 10 that is open, unless `terms` differ. */
  async coupon(terms: Partial<WarmCoupon> = {}, issued: readonly Issuance[] = []): Promise<CouponId> {
    const coupon = this.terms(terms);
    await this.warm(coupon, issued);
    return coupon.couponId;
  }

  terms(terms: Partial<WarmCoupon> = {}): WarmCoupon {
    return {
      couponId: freshCouponId(),
      quantity: 10,
      opensAtMs: undefined,
      closesAtMs: undefined,
      paused: false,
      closed: false,
      version: 1,
      epoch: 1,
      lastIssueNo: 0,
      ...terms,
    };
  }

  async warm(
    coupon: WarmCoupon,
    issued: readonly Issuance[] = [],
    chunk = 1_000,
  ): Promise<'warmed' | 'present'> {
    await this.#store.prepare?.(coupon, issued);
    return warmWith(this.admission, coupon, inChunks(issued, chunk));
  }

  admit(
    couponId: CouponId,
    holders: readonly HolderId[],
    more: { epoch?: number; notAfterMs?: number; askers?: number } = {},
  ) {
    return this.admission.admit({ couponId, epoch: 1, holders, notAfterMs: FAR_FUTURE_MS, ...more });
  }

  /** Admits members by name and spells the outcomes out. */
  async press(couponId: CouponId, ...names: readonly string[]): Promise<string[]> {
    return outcomes(await this.admit(couponId, names.map(holder)), names.length);
  }

  /** The same, of whom the last `askers` only ask. */
  async ask(couponId: CouponId, askers: number, ...names: readonly string[]): Promise<string[]> {
    return outcomes(await this.admit(couponId, names.map(holder), { askers }), names.length, askers);
  }

  batch(couponId: CouponId | undefined, holders: readonly HolderId[], more: Partial<AdmitBatch> = {}) {
    if (couponId === undefined) throw new Error('no coupon');
    return { couponId, epoch: 1, holders, notAfterMs: FAR_FUTURE_MS, ...more };
  }

  /** A round of coupons with members by name, spelled out. */
  async pressRound(...asked: readonly [CouponId, ...string[]][]): Promise<string[][]> {
    const batches = asked.map(([couponId, ...names]) => this.batch(couponId, names.map(holder)));
    const replies = await askRound(this.admission, batches);
    return replies.map((reply, place) => {
      if (reply.status === 'fault') throw new Error('a fault', { cause: reply.fault });
      return outcomes(reply, batches[place]?.holders.length ?? 0);
    });
  }

  async decided(couponId: CouponId, holders: readonly MemberId[]): Promise<AdmitDecisions> {
    const reply = await this.admit(couponId, holders);
    if (reply.status !== 'decided') throw new Error(`not decided but ${reply.status}`);
    return reply;
  }

  async amend(couponId: CouponId, change: TermsChange): Promise<CouponSnapshot & { status: string }> {
    const reply = await this.admission.amend(couponId, change);
    if (reply.status === 'not_ready') throw new Error('not ready');
    return { ...reply.snapshot, status: reply.status };
  }

  async snapshot(couponId: CouponId | undefined): Promise<CouponSnapshot> {
    if (couponId === undefined) throw new Error('no coupon');
    const [snapshot] = await this.admission.snapshots([couponId]);
    if (snapshot === undefined) throw new Error('not ready');
    return snapshot;
  }

  /** The store's own clock, which a test must use to place a window. */
  async storeNowMs(): Promise<number> {
    return (await this.snapshot(await this.coupon())).storeNowMs;
  }

  async untilStoreHasReached(couponId: CouponId, instantMs: number): Promise<void> {
    while ((await this.snapshot(couponId)).storeNowMs < instantMs) await delay(POLL_MS);
  }
}

function aboutDeciding(t: Test, at: Driver): void {
  t.test('members are numbered from 1 in the order of the batch until the stock is used up', async (t) => {
    const couponId = await at.coupon({ quantity: 3 });
    t.same(await at.press(couponId, 'a', 'b'), ['issued 1', 'issued 2']);
    t.same(await at.press(couponId, 'c', 'd', 'e'), ['issued 3', 'sold_out', 'sold_out']);
    t.same(await at.press(couponId, 'f'), ['sold_out']);
    t.match(await at.snapshot(couponId), { issued: 3, lastIssueNo: 3, quantity: 3, version: 1 });
  });

  t.test('the refusal is present only when a member got it', async (t) => {
    const couponId = await at.coupon({ quantity: 1 });
    t.equal((await at.decided(couponId, [member('a')])).refusal, undefined);
    t.equal((await at.decided(couponId, [member('a')])).refusal, undefined, 'every member held it already');
    t.equal((await at.decided(couponId, [member('a'), member('b')])).refusal, 'sold_out');
  });

  t.test('a member who pressed twice holds one coupon, within a batch and across batches', async (t) => {
    const couponId = await at.coupon({ quantity: 3 });
    t.same(await at.press(couponId, 'a', 'b', 'a', 'a', 'c'), [
      'issued 1',
      'issued 2',
      'already 1',
      'already 1',
      'issued 3',
    ]);
    t.same(await at.press(couponId, 'd', 'c', 'd'), ['sold_out', 'already 3', 'sold_out']);
    t.equal((await at.snapshot(couponId)).issued, 3);
  });

  t.test('a duplicate takes no unit from the last place', async (t) => {
    const couponId = await at.coupon({ quantity: 2 });
    t.same(await at.press(couponId, 'a', 'a', 'b', 'b', 'c'), [
      'issued 1',
      'already 1',
      'issued 2',
      'already 2',
      'sold_out',
    ]);
  });

  t.test('a batch run twice gives every winner the same number and instant again', async (t) => {
    const couponId = await at.coupon({ quantity: 2 });
    const holders = members(3);
    const first = await at.decided(couponId, holders);
    const second = await at.decided(couponId, holders);
    t.match(first, { firstIssueNo: 1, issuedCount: 2, already: [] });
    t.same(second.already, [
      { index: 0, issueNo: 1, issuedAtMs: first.storeNowMs },
      { index: 1, issueNo: 2, issuedAtMs: first.storeNowMs },
    ]);
    t.match(second, { issuedCount: 0, refusal: 'sold_out' });
    t.same(await at.admission.issuanceOf(couponId, member('m2')), {
      holder: 'm2',
      issueNo: 2,
      issuedAtMs: first.storeNowMs,
    });
  });

  t.test('batches sent at the same time share the stock without a gap or a double', async (t) => {
    const couponId = await at.coupon({ quantity: 300 });
    const replies = await Promise.all(
      Array.from({ length: 20 }, (_, batch) => at.decided(couponId, members(50, `b${batch}-`))),
    );
    const numbers = replies.flatMap((reply) =>
      Array.from({ length: reply.issuedCount }, (_, index) => reply.firstIssueNo + index),
    );
    t.same(
      numbers.sort((a, b) => a - b),
      Array.from({ length: 300 }, (_, index) => index + 1),
    );
  });

  t.test('the largest batch is decided in one go', async (t) => {
    const couponId = await at.coupon({ quantity: 2_900 });
    const reply = await at.decided(couponId, members(3_000));
    t.match(reply, { firstIssueNo: 1, issuedCount: 2_900, refusal: 'sold_out' });
    t.equal((await at.decided(couponId, members(3_000))).already.length, 2_900);
  });

  t.test('any member id is just a name', async (t) => {
    const names = [
      '__proto__',
      'constructor',
      '0',
      '-1',
      '1e3',
      '.',
      'x'.repeat(64),
      'toString',
      'nil',
      '_',
      '%7C',
      '%AKwA',
    ];
    const couponId = await at.coupon({ quantity: names.length });
    t.same(
      await at.press(couponId, ...names),
      names.map((_, index) => `issued ${index + 1}`),
    );
    t.same(
      await at.press(couponId, ...names),
      names.map((_, index) => `already ${index + 1}`),
    );
    t.same(await at.press(couponId, 'X'.repeat(64)), ['sold_out'], 'capital letters are another member');
  });
}

function aboutAskers(t: Test, at: Driver): void {
  t.test('an asker learns what it holds and is issued nothing while stock remains', async (t) => {
    const couponId = await at.coupon({ quantity: 3 });
    await at.press(couponId, 'a');
    t.same(await at.ask(couponId, 2, 'a', 'b'), ['already 1', 'holds none']);
    t.match(await at.snapshot(couponId), { issued: 1, lastIssueNo: 1, version: 1 });
    t.same(await at.ask(couponId, 2, 'c', 'd', 'a', 'e'), [
      'issued 2',
      'issued 3',
      'already 1',
      'holds none',
    ]);
    t.equal(await at.admission.issuanceOf(couponId, member('e')), undefined);
  });

  t.test('an asker takes no unit and brings no refusal, whatever state the coupon is in', async (t) => {
    const nowMs = await at.storeNowMs();
    const states: [string, Partial<WarmCoupon>][] = [
      ['not open', { opensAtMs: FAR_FUTURE_MS }],
      ['paused', { paused: true }],
      ['closed', { closed: true }],
      ['over', { closesAtMs: nowMs - 1 }],
      ['sold out', { quantity: 1 }],
      ['open', {}],
    ];
    for (const [state, terms] of states) {
      const couponId = await at.coupon({ ...terms, lastIssueNo: 1 }, [
        { holder: member('a'), issueNo: 1, issuedAtMs: nowMs - 2 },
      ]);
      const reply = await at.admit(couponId, [member('b'), member('a'), member('b')], { askers: 3 });
      t.same(outcomes(reply, 3, 3), ['holds none', 'already 1', 'holds none'], state);
      t.match(reply, { refusal: undefined, issuedCount: 0 }, state);
    }
    const couponId = await at.coupon({ quantity: 1 });
    t.same(await at.ask(couponId, 1, 'a', 'b', 'c'), ['issued 1', 'sold_out', 'holds none']);
  });

  t.test('a member who may win and asks in one batch gets its number at both places', async (t) => {
    const couponId = await at.coupon({ quantity: 2 });
    t.same(await at.ask(couponId, 2, 'a', 'a', 'b'), ['issued 1', 'already 1', 'holds none']);
    t.same(await at.ask(couponId, 1, 'b', 'a', 'b'), ['issued 2', 'already 1', 'already 2']);
    t.same(await at.ask(couponId, 1, 'c', 'c'), ['sold_out', 'holds none']);
  });

  t.test('a batch of askers is refused as any other: another epoch, too late', async (t) => {
    const couponId = await at.coupon({ epoch: 2 });
    const { storeNowMs } = await at.snapshot(couponId);
    t.match(await at.admit(couponId, members(2), { askers: 2 }), { status: 'stale_epoch' });
    const late = { epoch: 2, askers: 2, notAfterMs: storeNowMs - 1 };
    t.match(await at.admit(couponId, members(2), late), { status: 'expired' });
    t.match(await at.snapshot(couponId), { issued: 0 });
  });

  t.test('three thousand ask in one batch, and in a round beside others who win', async (t) => {
    const couponId = await at.coupon({ quantity: 3_000 });
    await at.admit(couponId, members(1_000));
    const reply = await at.admit(couponId, members(3_000), { askers: 3_000 });
    if (reply.status !== 'decided') throw new Error(reply.status);
    t.match(reply, { issuedCount: 0, refusal: undefined });
    t.equal(reply.already.length, 1_000);
    const beside = await at.coupon();
    const round = await askRound(at.admission, [
      at.batch(couponId, members(2, 'late'), { askers: 1 }),
      at.batch(beside, members(2), { askers: 0 }),
    ]);
    t.match(round, [
      { issuedCount: 1, firstIssueNo: 1_001 },
      { issuedCount: 2, firstIssueNo: 1 },
    ]);
    t.equal((await at.snapshot(couponId)).issued, 1_001);
  });
}

function aboutRounds(t: Test, at: Driver): void {
  t.test('the coupons of a round are decided as if each had been asked about alone', async (t) => {
    const [large, small, soldOut] = [
      await at.coupon({ quantity: 5 }),
      await at.coupon({ quantity: 1 }),
      await at.coupon({ quantity: 0 }),
    ];
    await at.press(large, 'a');
    t.same(await at.pressRound([large, 'b', 'a', 'b', 'c'], [small, 'a', 'b'], [soldOut, 'a']), [
      ['issued 2', 'already 1', 'already 2', 'issued 3'],
      ['issued 1', 'sold_out'],
      ['sold_out'],
    ]);
    t.match(await at.snapshot(large), { issued: 3, lastIssueNo: 3 });
    t.match(await at.snapshot(small), { issued: 1, lastIssueNo: 1 });
    t.match(await at.snapshot(soldOut), { issued: 0, lastIssueNo: 0 });
  });

  t.test('a coupon that is refused is no matter of the others of its round', async (t) => {
    const couponIds = [await at.coupon(), await at.coupon({ epoch: 3 }), await at.coupon(), freshCouponId()];
    const last = await at.coupon();
    const { storeNowMs } = await at.snapshot(last);
    const replies = await askRound(at.admission, [
      at.batch(couponIds[0], members(1)),
      at.batch(couponIds[1], members(1)),
      at.batch(couponIds[2], members(1), { notAfterMs: storeNowMs - 1 }),
      at.batch(couponIds[3], members(1)),
      at.batch(last, members(1)),
    ]);
    t.same(
      replies.map((reply) => reply.status),
      ['decided', 'stale_epoch', 'expired', 'not_ready', 'decided'],
    );
    t.match(replies[4], { firstIssueNo: 1, issuedCount: 1, already: [], refusal: undefined });
    for (const couponId of couponIds.slice(1, 3)) t.match(await at.snapshot(couponId), { issued: 0 });
  });

  t.test('a round run twice gives every winner of every coupon the same number again', async (t) => {
    const couponIds = [await at.coupon({ quantity: 2 }), await at.coupon(), await at.coupon({ quantity: 1 })];
    const batches = couponIds.map((couponId, place) => at.batch(couponId, members(place + 1)));
    const first = await askRound(at.admission, batches);
    const second = await askRound(at.admission, batches);
    for (const [place, reply] of first.entries()) {
      const again = second[place];
      if (reply.status !== 'decided' || again?.status !== 'decided') throw new Error('not decided');
      const issuedAtMs = reply.storeNowMs;
      t.same(
        again.already,
        Array.from({ length: reply.issuedCount }, (_, index) => ({ index, issueNo: index + 1, issuedAtMs })),
      );
      t.equal(again.issuedCount, 0);
      t.equal((await at.snapshot(batches[place]?.couponId)).issued, reply.issuedCount);
    }
  });

  t.test('rounds and batches sent at the same time share the stock without a gap or a double', async (t) => {
    const couponIds = [await at.coupon({ quantity: 60 }), await at.coupon({ quantity: 60 })];
    const replies = await Promise.all(
      Array.from({ length: 10 }, (_, round) =>
        askRound(
          at.admission,
          couponIds.map((couponId) => at.batch(couponId, members(7, `r${round}-`))),
        ),
      ),
    );
    for (const place of couponIds.keys()) {
      const numbers = replies.flatMap((round) => {
        const reply = round[place];
        if (reply?.status !== 'decided') throw new Error('not decided');
        return Array.from({ length: reply.issuedCount }, (_, index) => reply.firstIssueNo + index);
      });
      t.same(
        numbers.sort((a, b) => a - b),
        Array.from({ length: 60 }, (_, index) => index + 1),
      );
    }
  });

  t.test('the largest round is decided, and so is the largest batch within one', async (t) => {
    const couponIds: CouponId[] = [];
    while (couponIds.length < 400) couponIds.push(await at.coupon({ quantity: 3_000 }));
    const sizes = couponIds.map((_, place) => (place === 7 ? 3_000 : 1 + (place % 5)));
    const batches = couponIds.map((couponId, place) => at.batch(couponId, members(sizes[place] ?? 1)));
    const replies = await askRound(at.admission, batches);
    t.same(
      replies.map((reply) => (reply.status === 'decided' ? reply.issuedCount : reply.status)),
      sizes,
    );
  });

  t.test('a coupon belongs to one shard, and shards are counted from 0', async (t) => {
    for (const couponId of [freshCouponId(), freshCouponId()]) {
      const shard = at.admission.shardOf(couponId);
      t.ok(Number.isInteger(shard) && shard >= 0);
      t.equal(at.admission.shardOf(couponId), shard);
    }
  });
}

function aboutUnits(t: Test, at: Driver): void {
  t.test('each unit of a member is decided alone, in the order of the batch', async (t) => {
    const couponId = await at.coupon();
    t.same(await at.press(couponId, 'm7', 'm7~2', 'm7~2', 'm7~3'), [
      ...['issued 1', 'issued 2', 'already 2', 'issued 3'],
    ]);
    t.same(await at.press(couponId, 'm7~3', 'm7', 'm7~100'), ['already 3', 'already 1', 'issued 4']);
    t.match(await at.snapshot(couponId), { issued: 4 }, 'each counts as stock');
  });

  t.test('a unit is revoked alone, and may be won anew', async (t) => {
    const couponId = await at.coupon();
    await at.press(couponId, 'm7', 'm7~2', 'm7~3');
    t.match(await at.admission.revoke(couponId, 2, member('m7')), { status: 'absent' }, 'another unit');
    t.match(await at.admission.revoke(couponId, 2, holder('m7~2')), { status: 'revoked' });
    t.same(await at.press(couponId, 'm7', 'm7~2', 'm7~3'), ['already 1', 'issued 4', 'already 3']);
  });

  t.test('readers find each unit under its holder, a warmed one too', async (t) => {
    const issued = [
      { holder: member('m7'), issueNo: 1, issuedAtMs: 100 },
      { holder: holder('m7~2'), issueNo: 2, issuedAtMs: 101 },
    ];
    const couponId = await at.coupon({ lastIssueNo: 2 }, issued);
    t.same(await at.press(couponId, 'm7~2', 'm7~3'), ['already 2', 'issued 3']);
    t.match(await at.admission.issuanceOf(couponId, holder('m7~2')), issued[1]);
    t.match(await at.admission.issuanceOf(couponId, holder('m7~3')), { holder: 'm7~3', issueNo: 3 });
    t.equal(await at.admission.issuanceOf(couponId, holder('m7~4')), undefined);
    const all = await at.admission.issuancesOf(couponId, ['m7', 'm7~4', 'm7~3', 'm7~2'].map(holder));
    t.match(all, [{ issueNo: 1 }, undefined, { issueNo: 3 }, { issueNo: 2 }]);
    t.equal(await at.admission.issuancesOf(freshCouponId(), [member('m7')]), 'not_ready');
    const { version } = await at.snapshot(couponId);
    const view = await at.admission.winners(couponId, version, 10);
    t.equal(view?.size, 3);
    t.match(view?.get(holder('m7~2')), issued[1]);
    t.match(view?.get(member('m7')), issued[0]);
  });

  t.test('sold out is an answer for a unit, not for a member', async (t) => {
    const couponId = await at.coupon({ quantity: 2 });
    t.same(await at.press(couponId, 'm7~2', 'm7', 'm7~3', 'm7~2'), [
      ...['issued 1', 'issued 2', 'sold_out', 'already 1'],
    ]);
  });
}

function aboutRefusals(t: Test, at: Driver): void {
  t.test('a coupon that is not in the store is not ready, never sold out', async (t) => {
    const couponId = freshCouponId();
    const reply = await at.admit(couponId, members(2), { epoch: 7, notAfterMs: 0 });
    t.equal(reply.status, 'not_ready', 'whatever the epoch and the deadline say');
    t.type(reply.storeNowMs, 'number');
    t.same(await at.admission.snapshots([couponId]), [undefined]);
    t.equal(await at.admission.issuanceOf(couponId, member('a')), 'not_ready');
    t.equal(await at.admission.unrecordedHolder(couponId, 1), undefined);
    t.equal(await at.admission.winners(couponId, 1, 1_000), undefined);
    t.same(await at.admission.amend(couponId, { paused: true }), { status: 'not_ready' });
    t.same(await at.admission.revoke(couponId, 1, member('a')), { status: 'not_ready' });
  });

  t.test('another epoch is refused before the deadline is checked, and nothing is written', async (t) => {
    const couponId = await at.coupon({ epoch: 3 });
    for (const epoch of [2, 4]) {
      t.equal(
        (await at.admit(couponId, members(1), { epoch, notAfterMs: 0 })).status,
        'stale_epoch',
        `epoch ${epoch}`,
      );
    }
    t.equal((await at.snapshot(couponId)).issued, 0);
    t.equal((await at.admit(couponId, members(1), { epoch: 3 })).status, 'decided');
  });

  t.test('a batch that comes too late is refused, even for members who hold the coupon', async (t) => {
    const couponId = await at.coupon();
    await at.press(couponId, 'a');
    const { storeNowMs } = await at.snapshot(couponId);
    const reply = await at.admit(couponId, [member('a'), member('b')], { notAfterMs: storeNowMs - 1 });
    t.equal(reply.status, 'expired');
    t.ok(reply.storeNowMs >= storeNowMs);
    t.equal((await at.snapshot(couponId)).issued, 1);
  });

  t.test('nothing is issued outside the window, by the clock of the store', async (t) => {
    const opensAtMs = (await at.storeNowMs()) + SOON_MS;
    const closesAtMs = opensAtMs + SOON_MS;
    const couponId = await at.coupon({ opensAtMs, closesAtMs });
    const seen: string[] = [];
    for (let press = 0; ; press++) {
      const reply = await at.decided(couponId, [member(`p${press}`)]);
      const rightful =
        reply.storeNowMs < opensAtMs ? 'not_open' : reply.storeNowMs < closesAtMs ? undefined : 'closed';
      if (reply.refusal === 'sold_out')
        t.equal(rightful, undefined, 'sold out is a state of the open window');
      else if (reply.refusal !== rightful) t.fail(`${reply.refusal ?? 'issued'} at ${reply.storeNowMs}`);
      const word = reply.refusal ?? 'issued';
      if (seen.at(-1) !== word) seen.push(word);
      if (word === 'closed') break;
      await delay(POLL_MS);
    }
    t.equal(seen[0], 'not_open');
    t.equal(seen[1], 'issued');
    t.equal(seen.at(-1), 'closed');
  });

  t.test('refusals keep their order: not open, paused, closed, sold out', async (t) => {
    const now = await at.storeNowMs();
    const soldOut = { quantity: 1, lastIssueNo: 1 };
    const holder = [{ holder: member('holder'), issueNo: 1, issuedAtMs: now }];
    const cases: [string, Partial<WarmCoupon>][] = [
      ['not_open', { opensAtMs: FAR_FUTURE_MS, paused: true, closed: true }],
      ['paused', { paused: true, closed: true }],
      ['closed', { closed: true }],
      ['closed', { closesAtMs: now }],
      ['sold_out', {}],
    ];
    for (const [refusal, terms] of cases) {
      const couponId = await at.coupon({ ...soldOut, ...terms }, holder);
      t.same(
        await at.press(couponId, 'b', 'holder', 'c', 'holder'),
        [refusal, 'already 1', refusal, 'already 1'],
        `a winner's retry is answered even when the coupon is ${refusal}`,
      );
    }
  });
}

function aboutTerms(t: Test, at: Driver): void {
  t.test('a paused coupon gives nothing until it is resumed, and each change is a new version', async (t) => {
    const couponId = await at.coupon();
    t.match(await at.amend(couponId, { paused: true }), { status: 'amended', paused: true, version: 2 });
    const refused = await at.decided(couponId, [member('a')]);
    t.match(refused, { refusal: 'paused', version: 2 });
    t.match(await at.amend(couponId, { paused: false }), { status: 'amended', paused: false, version: 3 });
    t.same(await at.press(couponId, 'a'), ['issued 1']);
    t.equal((await at.snapshot(couponId)).version, 3, 'an admission is no new version');
  });

  t.test('closing is final and ends a pause', async (t) => {
    const couponId = await at.coupon({ paused: true });
    const closed = { closed: true, paused: false, version: 2 };
    t.match(await at.amend(couponId, { closed: true }), { status: 'amended', ...closed });
    t.same(await at.press(couponId, 'a'), ['closed']);
    t.match(
      await at.amend(couponId, { closed: true }),
      { status: 'amended', ...closed },
      'again: no new version',
    );
    const changes: TermsChange[] = [
      { paused: true },
      { paused: false },
      { quantity: 20 },
      { quantity: 10 },
      { opensAtMs: null },
      { closesAtMs: FAR_FUTURE_MS },
      { quantity: 20, closed: true },
    ];
    for (const change of changes) {
      t.match(
        await at.amend(couponId, change),
        { status: 'closed', quantity: 10, ...closed },
        JSON.stringify(change),
      );
    }
    const both = await at.coupon();
    t.match(await at.amend(both, { paused: true, closed: true }), { status: 'amended', ...closed });
  });

  t.test(
    'a coupon that came into the store closed and paused is not changed by closing it again',
    async (t) => {
      const couponId = await at.coupon({ paused: true, closed: true });
      t.match(await at.amend(couponId, { closed: true }), { status: 'amended', paused: true, version: 1 });
    },
  );

  t.test('a top-up after sold out gives exactly the units added', async (t) => {
    const couponId = await at.coupon({ quantity: 1 });
    t.same(await at.press(couponId, 'a', 'b'), ['issued 1', 'sold_out']);
    t.match(await at.amend(couponId, { quantity: 3 }), {
      status: 'amended',
      quantity: 3,
      issued: 1,
      version: 2,
    });
    t.same(await at.press(couponId, 'b', 'c', 'd'), ['issued 2', 'issued 3', 'sold_out']);
  });

  t.test('the quantity may be cut down to what is issued and no further', async (t) => {
    const couponId = await at.coupon({ quantity: 5 });
    await at.press(couponId, 'a', 'b');
    t.match(await at.amend(couponId, { quantity: 1, paused: true }), {
      status: 'quantity_below_issued',
      quantity: 5,
      paused: false,
      issued: 2,
      version: 1,
    });
    t.match(await at.amend(couponId, { quantity: 2 }), { status: 'amended', quantity: 2, version: 2 });
    t.same(await at.press(couponId, 'c'), ['sold_out']);
  });

  t.test('a window may be moved or opened wide, and must not end before it starts', async (t) => {
    const couponId = await at.coupon({ opensAtMs: FAR_FUTURE_MS, closesAtMs: FAR_FUTURE_MS + 10 });
    t.same(await at.press(couponId, 'a'), ['not_open']);
    t.match(await at.amend(couponId, { closesAtMs: FAR_FUTURE_MS - 1 }), {
      status: 'window_invalid',
      closesAtMs: FAR_FUTURE_MS + 10,
      version: 1,
    });
    t.equal(
      (await at.amend(couponId, { opensAtMs: FAR_FUTURE_MS + 11, quantity: 0 })).status,
      'window_invalid',
    );
    t.match(
      await at.amend(couponId, { closesAtMs: FAR_FUTURE_MS }),
      { status: 'amended', version: 2 },
      'an empty one',
    );
    const now = await at.storeNowMs();
    t.match(await at.amend(couponId, { opensAtMs: now - 10, closesAtMs: now - 5 }), {
      status: 'amended',
      opensAtMs: now - 10,
      closesAtMs: now - 5,
      version: 3,
    });
    t.same(await at.press(couponId, 'a'), ['closed']);
    const wide = await at.amend(couponId, { opensAtMs: null, closesAtMs: null });
    t.match(wide, { status: 'amended', version: 4 });
    t.equal(wide.opensAtMs, undefined);
    t.equal(wide.closesAtMs, undefined);
    t.same(await at.press(couponId, 'a'), ['issued 1']);
  });

  t.test('a change that alters nothing is no new version', async (t) => {
    const couponId = await at.coupon({ opensAtMs: 1_000 });
    const same: TermsChange[] = [
      {},
      { quantity: 10 },
      { opensAtMs: 1_000, closesAtMs: null },
      { paused: false },
    ];
    for (const change of same) {
      t.match(await at.amend(couponId, change), { status: 'amended', version: 1 }, JSON.stringify(change));
    }
  });
}

function aboutRevoking(t: Test, at: Driver): void {
  t.test(
    'a revoked unit returns to stock, its number is never reused, and the member may win anew',
    async (t) => {
      const couponId = await at.coupon({ quantity: 2 });
      t.same(await at.press(couponId, 'a', 'b', 'c'), ['issued 1', 'issued 2', 'sold_out']);
      const reply = await at.admission.revoke(couponId, 1, member('a'));
      t.match(reply, { status: 'revoked', snapshot: { issued: 1, lastIssueNo: 2, version: 2 } });
      t.equal(await at.admission.issuanceOf(couponId, member('a')), undefined);
      t.same(await at.press(couponId, 'a', 'c'), ['issued 3', 'sold_out']);
      t.same(await at.press(couponId, 'a', 'b'), ['already 3', 'already 2']);
      t.match(await at.snapshot(couponId), { issued: 2, lastIssueNo: 3, version: 2 });
    },
  );

  t.test('only a live issuance of that member under that number is revoked', async (t) => {
    const couponId = await at.coupon();
    await at.press(couponId, 'a', 'b');
    const absent: [number, string][] = [
      [3, 'a'],
      [2, 'a'],
      [1, 'b'],
      [1, 'nobody'],
    ];
    for (const [issueNo, name] of absent) {
      const reply = await at.admission.revoke(couponId, issueNo, member(name));
      t.match(reply, { status: 'absent', snapshot: { version: 1, issued: 2 } }, `${issueNo} of ${name}`);
    }
    t.match(await at.admission.revoke(couponId, 2, member('b')), { status: 'revoked' });
    t.match(await at.admission.revoke(couponId, 2, member('b')), {
      status: 'absent',
      snapshot: { version: 2 },
    });
    t.same(await at.press(couponId, 'b'), ['issued 3']);
    t.match(
      await at.admission.revoke(couponId, 2, member('b')),
      { status: 'absent' },
      'the old number stays revoked',
    );
  });

  t.test('a revoke works on a paused and on a closed coupon too', async (t) => {
    for (const change of [{ paused: true }, { closed: true }] as const) {
      const couponId = await at.coupon({ quantity: 1 });
      await at.press(couponId, 'a');
      await at.amend(couponId, change);
      t.match(await at.admission.revoke(couponId, 1, member('a')), {
        status: 'revoked',
        snapshot: { issued: 0 },
      });
    }
  });
}

function aboutRevokingMany(t: Test, at: Driver): void {
  const held = (...names: readonly [number, string][]) =>
    names.map(([issueNo, name]) => ({ issueNo, holder: member(name) }));

  t.test('many units return to stock with one new version, and a repeat changes nothing', async (t) => {
    const couponId = await at.coupon({ quantity: 3 });
    t.same(await at.press(couponId, 'a', 'b', 'c', 'd'), ['issued 1', 'issued 2', 'issued 3', 'sold_out']);
    const two = held([1, 'a'], [3, 'c']);
    t.match(await at.admission.revokeMany(couponId, two), {
      status: 'revoked',
      count: 2,
      snapshot: { issued: 1, lastIssueNo: 3, version: 2 },
    });
    t.equal(await at.admission.issuanceOf(couponId, member('a')), undefined);
    t.match(await at.admission.revokeMany(couponId, two), {
      status: 'revoked',
      count: 0,
      snapshot: { issued: 1, version: 2 },
    });
    t.same(await at.press(couponId, 'd', 'a', 'b', 'c'), ['issued 4', 'issued 5', 'already 2', 'sold_out']);
    t.match(
      await at.admission.revokeMany(couponId, held([1, 'a'])),
      { count: 0, snapshot: { issued: 3, version: 2 } },
      'the old number takes nothing from a member who won anew',
    );
  });

  t.test('those that are not live are passed over, and one named twice counts once', async (t) => {
    const couponId = await at.coupon();
    await at.press(couponId, 'a', 'b');
    const absent = held([3, 'a'], [2, 'a'], [1, 'b'], [1, 'nobody']);
    t.match(await at.admission.revokeMany(couponId, absent), {
      status: 'revoked',
      count: 0,
      snapshot: { version: 1, issued: 2 },
    });
    t.match(await at.admission.revokeMany(couponId, []), { count: 0, snapshot: { version: 1 } });
    const mixed = [...absent, ...held([2, 'b'], [2, 'b'])];
    t.match(await at.admission.revokeMany(couponId, mixed), {
      count: 1,
      snapshot: { version: 2, issued: 1 },
    });
  });

  t.test('a thousand are taken back in one step, also of a closed coupon', async (t) => {
    const couponId = await at.coupon({ quantity: 1_000 });
    await at.decided(couponId, members(1_000));
    await at.amend(couponId, { closed: true });
    const all = members(1_000).map((holder, place) => ({ issueNo: place + 1, holder }));
    t.match(await at.admission.revokeMany(couponId, all), {
      count: 1_000,
      snapshot: { issued: 0, lastIssueNo: 1_000, version: 3 },
    });
    t.equal((await at.admission.winners(couponId, 3, 10))?.size, 0);
    t.equal((await at.admission.revokeMany(freshCouponId(), all)).status, 'not_ready');
  });
}

function aboutWarming(t: Test, at: Driver): void {
  t.test('a warmed coupon has exactly the terms it was warmed with', async (t) => {
    const { storeNowMs, ...snapshot } = await at.snapshot(
      await at.coupon({
        couponId: freshCouponId(),
        quantity: 1_000_000_000,
        opensAtMs: 5,
        closesAtMs: 6,
        version: 9,
        epoch: 4,
      }),
    );
    t.match(snapshot, {
      quantity: 1_000_000_000,
      opensAtMs: 5,
      closesAtMs: 6,
      paused: false,
      closed: false,
      version: 9,
      epoch: 4,
      issued: 0,
      lastIssueNo: 0,
    });
    t.ok(Number.isSafeInteger(storeNowMs) && storeNowMs > Date.UTC(2020, 0, 1));
  });

  t.test('warming a coupon that is there changes nothing, whatever the versions', async (t) => {
    const couponId = await at.coupon({ quantity: 2 });
    await at.press(couponId, 'a');
    for (const version of [1, 0, 99]) {
      const again = at.terms({ couponId, quantity: 500, version, epoch: 2 });
      t.equal(await at.warm(again, [{ holder: member('z'), issueNo: 9, issuedAtMs: 9 }]), 'present');
    }
    t.match(await at.snapshot(couponId), { quantity: 2, version: 1, epoch: 1, issued: 1 });
    t.same(await at.press(couponId, 'a', 'b', 'z'), ['already 1', 'issued 2', 'sold_out']);
  });

  t.test('of warms at the same time exactly one warms', async (t) => {
    const coupon = at.terms({ quantity: 5, lastIssueNo: 2 });
    const issued = [
      { holder: member('a'), issueNo: 1, issuedAtMs: 100 },
      { holder: member('b'), issueNo: 2, issuedAtMs: 100 },
    ];
    const replies = await Promise.all(Array.from({ length: 8 }, () => at.warm(coupon, issued)));
    t.equal(replies.filter((reply) => reply === 'warmed').length, 1);
    t.match(await at.snapshot(coupon.couponId), { issued: 2 });
    t.same(await at.press(coupon.couponId, 'b', 'c'), ['already 2', 'issued 3']);
  });

  t.test('a coupon warmed with its issuances goes on after the highest number ever given', async (t) => {
    const issued = members(2_500).map((holder, index) => ({
      holder,
      issueNo: index + 1,
      issuedAtMs: 1_000 + index,
    }));
    const coupon = at.terms({ quantity: 2_501, lastIssueNo: 2_600, version: 3, epoch: 1 });
    t.equal(await at.warm(coupon, issued, 700), 'warmed');
    t.match(await at.snapshot(coupon.couponId), { issued: 2_500, lastIssueNo: 2_600, version: 3 });
    t.same(await at.press(coupon.couponId, 'm2500', 'new', 'late', 'm1'), [
      'already 2500',
      'issued 2601',
      'sold_out',
      'already 1',
    ]);
    t.same(await at.admission.issuanceOf(coupon.couponId, member('m7')), issued[6]);
  });

  t.test('empty chunks of issuances are harmless', async (t) => {
    const coupon = at.terms();
    async function* chunks(): AsyncIterable<Issuance[]> {
      yield [];
      yield [{ holder: member('a'), issueNo: 1, issuedAtMs: 1 }];
      yield [];
      await Promise.resolve();
    }
    t.equal(await warmWith(at.admission, { ...coupon, lastIssueNo: 1 }, chunks()), 'warmed');
    t.same(await at.press(coupon.couponId, 'a', 'b'), ['already 1', 'issued 2']);
  });
}

function aboutReads(t: Test, at: Driver): void {
  t.test('snapshots come in the order asked for', async (t) => {
    const first = await at.coupon({ quantity: 1 });
    const second = await at.coupon({ quantity: 2 });
    const snapshots = await at.admission.snapshots([second, freshCouponId(), first, second]);
    t.same(
      snapshots.map((snapshot) => snapshot?.quantity),
      [2, undefined, 1, 2],
    );
    t.same(
      snapshots.map((snapshot) => snapshot?.couponId),
      [second, undefined, first, second],
    );
    t.same(await at.admission.snapshots([]), []);
  });

  t.test(
    'an issuance is found by its member, and a member without one differs from a missing coupon',
    async (t) => {
      const couponId = await at.coupon();
      const { storeNowMs } = await at.decided(couponId, members(3));
      t.same(await at.admission.issuanceOf(couponId, member('m3')), {
        holder: 'm3',
        issueNo: 3,
        issuedAtMs: storeNowMs,
      });
      t.equal(await at.admission.issuanceOf(couponId, member('nobody')), undefined);
      t.equal(await at.admission.unrecordedHolder(couponId, 4), undefined, 'never given');
    },
  );

  t.test('the winners of a version are all of them and no one else', async (t) => {
    const couponId = await at.coupon({ quantity: 2_500 });
    const { storeNowMs } = await at.decided(couponId, members(2_502));
    await at.admission.revoke(couponId, 7, member('m7'));
    const view = await at.admission.winners(couponId, 2, 10_000);
    t.equal(view?.size, 2_499);
    t.same(view?.get(member('m2500')), { holder: 'm2500', issueNo: 2_500, issuedAtMs: storeNowMs });
    t.equal(view?.get(member('m7')), undefined, 'revoked');
    t.equal(view?.get(member('m2501')), undefined, 'got sold out');
    await at.press(couponId, 'm7');
    t.equal(view?.size, 2_499, 'a view does not change under its reader');
  });

  t.test('there are no winners to see of another version, or above the limit', async (t) => {
    const couponId = await at.coupon({ quantity: 3 });
    await at.decided(couponId, members(3));
    t.equal((await at.admission.winners(couponId, 1, 3))?.size, 3, 'the limit itself is allowed');
    t.equal(await at.admission.winners(couponId, 1, 2), undefined, 'more than the limit');
    t.equal(await at.admission.winners(couponId, 2, 3), undefined, 'a version that is not yet');
    await at.amend(couponId, { quantity: 4 });
    t.equal(await at.admission.winners(couponId, 1, 3), undefined, 'a version that is no more');
    t.equal((await at.admission.winners(couponId, 2, 3))?.size, 3);
    const empty = await at.coupon();
    t.equal((await at.admission.winners(empty, 1, 3))?.size, 0, 'an empty list is an answer too');
  });
}
