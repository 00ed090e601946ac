/** Creates the coupons, tokens and order of downloads of a named load. */
import type { SharedLoadPlan } from '../load/generators.js';
import { holdsThatRanOut } from './held-units.js';
import { BENCH_SECRET } from '../systems/node-process.js';
import type { System } from '../systems/system.js';
import type { Variant } from '../variants.js';
import type { Generators } from '../load/generators.js';

/** Names of token sets that the generators hold. */
const KNOWN = 'known';
const WINNERS = 'winners';
const FRESH = 'fresh';
/** One member for each generator. */
const FEW = 'few';

export const MODEL_QUANTITY = 5_000;
const WINNERS_SHARE = 0.05;
const OPENS_IN_MS = 6 * 3_600_000;
const CREATED_AT_ONCE = 16;
/**
 * Processes that share a port each serve a random part of the crowd: after this many passes each has served nearly all
 * of it.
 */
const PASSES_PER_SHARED_PROCESS = 3;

/** More than two cores with a generator on them can do; coupons and tokens are made for this rate. */
const REQUESTS_PER_SECOND_MAX = 60_000;
const FIRST_SEEN_PER_SECOND_MAX = 40_000;
/** Preparations usually end before this; a system that does not answer ends them here. */
const UNMEASURED_SECONDS_MAX = 60;

export interface PreparedLoad {
  readonly plan: Pick<SharedLoadPlan, 'couponIds' | 'order' | 'tokens' | 'tickets'>;
  /** Units of each of the coupons; absent where nothing is decided. */
  readonly quantity: number | undefined;
  /** A coupon whose holds are over and not yet taken back. */
  readonly endedHolds?: number;
}

export class Loads {
  readonly #generators: Generators;
  readonly #members: number;
  readonly #drainRows: number;
  /** Coupons that serve every round of a variant: once sold out, they stay so. */
  readonly #lasting = new Map<string, readonly number[]>();

  private constructor(generators: Generators, members: number, drainRows: number) {
    this.#generators = generators;
    this.#members = members;
    this.#drainRows = drainRows;
  }

  /**
   * @param drainRows how long a queue the recorder is given at once in a drain.
   * @param tokensFolder files with a token of each member; absent: they are signed here.
   */
  static async prepare(
    generators: Generators,
    members: number,
    drainRows: number,
    tokensFolder?: string,
  ): Promise<Loads> {
    if (tokensFolder === undefined) await generators.sign(KNOWN, members, BENCH_SECRET);
    else await generators.read(KNOWN, tokensFolder);
    await generators.sign(WINNERS, Math.floor(members * WINNERS_SHARE), BENCH_SECRET);
    await generators.sign(FEW, generators.count, BENCH_SECRET);
    return new Loads(generators, members, drainRows);
  }

  /**
   * Every member requests a sold-out coupon, so that every API process has seen every token: first-seen tokens are
   * measured only on purpose.
   */
  async introduce(system: System): Promise<void> {
    const couponId = await system.createCoupon({ quantity: 1 });
    const processes = system.processes.api.length;
    const passes = processes === 1 ? 1 : processes * PASSES_PER_SHARED_PROCESS;
    await this.#generators.request({
      couponIds: Array.from({ length: passes }, () => couponId),
      order: 'each-once',
      tokens: KNOWN,
      host: system.host,
      connections: 320,
      seconds: UNMEASURED_SECONDS_MAX,
    });
  }

  /** Makes what a turn of a variant needs; none of it is measured. */
  async load(variant: Variant, system: System, seconds: number): Promise<PreparedLoad> {
    const { tickets, listedShare } = variant;
    const listed = listedShare === undefined ? undefined : Math.floor(this.#members * listedShare);
    const loaded = await this.#load(variant, demanding(system, tickets, listed), seconds);
    const prepared = variant.holdsRunOut
      ? { ...loaded, endedHolds: await holdsThatRanOut(this.#generators, system, KNOWN, this.#members) }
      : loaded;
    return tickets ? { ...prepared, plan: { ...prepared.plan, tickets } } : prepared;
  }

  async #load(
    { load, system: name, against, tickets, listedShare, coupons: hotCoupons = 1 }: Variant,
    system: System,
    seconds: number,
  ): Promise<PreparedLoad> {
    const members = this.#members;
    const list = listedShare === undefined ? '' : ' with a list';
    const systemName = `${name}${list}${against ? ' of the other checkout' : ''}`;
    switch (load) {
      case 'constant':
        return { plan: { couponIds: [1], order: 'random', tokens: KNOWN }, quantity: undefined };
      case 'sold-out': {
        const couponIds = await this.#soldOut(system, systemName, tickets);
        return { plan: { couponIds, order: 'random', tokens: KNOWN }, quantity: this.#winners };
      }
      case 'first-seen': {
        const couponIds = await this.#soldOut(system, systemName);
        await this.#generators.sign(FRESH, FIRST_SEEN_PER_SECOND_MAX * seconds, BENCH_SECRET);
        return { plan: { couponIds, order: 'each-once', tokens: FRESH }, quantity: this.#winners };
      }
      case 'pre-opening': {
        const couponIds = await this.#once(`opens later in ${systemName}`, async () => [
          await system.createCoupon({ quantity: members, opensInMs: OPENS_IN_MS }),
        ]);
        return { plan: { couponIds, order: 'random', tokens: KNOWN }, quantity: members };
      }
      case 'drain': {
        const couponIds = await createCoupons(system, Math.ceil(this.#drainRows / members), members);
        return { plan: { couponIds, order: 'each-once', tokens: KNOWN }, quantity: members };
      }
      case 'admission': {
        const coupons = Math.ceil((REQUESTS_PER_SECOND_MAX * seconds) / members) + 1;
        const couponIds = await createCoupons(system, coupons, members);
        return { plan: { couponIds, order: 'each-once', tokens: KNOWN }, quantity: members };
      }
      case 'many-coupons': {
        const couponIds = await createCoupons(system, hotCoupons, members);
        return { plan: { couponIds, order: 'all-coupons', tokens: KNOWN }, quantity: members };
      }
      case 'idle': {
        // The same ones in every round: to create ten thousand takes longer than all that is measured about them.
        const couponIds = await this.#once(`idle in ${systemName}`, () =>
          createCoupons(system, hotCoupons, members),
        );
        return { plan: { couponIds, order: 'all-coupons', tokens: FEW }, quantity: undefined };
      }
      case 'model': {
        const couponIds = await createCoupons(system, 1, MODEL_QUANTITY);
        return { plan: { couponIds, order: 'random', tokens: KNOWN }, quantity: MODEL_QUANTITY };
      }
    }
  }

  get #winners(): number {
    return Math.floor(this.#members * WINNERS_SHARE);
  }

  #soldOut(system: System, systemName: string, tickets?: true): Promise<readonly number[]> {
    return this.#once(`sold out in ${systemName}`, async () => {
      const couponId = await system.createCoupon({ quantity: this.#winners });
      const order = 'each-once';
      const presell = { couponIds: [couponId], order, tokens: WINNERS, ...(tickets && { tickets }) } as const;
      await this.#generators.request({
        ...presell,
        host: system.host,
        connections: 64,
        seconds: UNMEASURED_SECONDS_MAX,
      });
      return [couponId];
    });
  }

  async #once(what: string, create: () => Promise<readonly number[]>): Promise<readonly number[]> {
    const before = this.#lasting.get(what);
    if (before !== undefined) return before;
    const couponIds = await create();
    this.#lasting.set(what, couponIds);
    return couponIds;
  }
}

/** The same system, whose coupons demand a presence ticket, or are for the first members only. */
function demanding(system: System, tickets: true | undefined, listed: number | undefined): System {
  if (tickets === undefined && listed === undefined) return system;
  const demand = {
    ...(tickets === undefined ? {} : { presenceRequired: true as const }),
    ...(listed === undefined ? {} : { listed }),
  };
  return {
    ...system,
    createCoupon: (coupon) => system.createCoupon({ ...coupon, ...demand }),
  };
}

async function createCoupons(system: System, count: number, quantity: number): Promise<number[]> {
  const ids: number[] = [];
  while (ids.length < count) {
    const length = Math.min(CREATED_AT_ONCE, count - ids.length);
    ids.push(...(await Promise.all(Array.from({ length }, () => system.createCoupon({ quantity })))));
  }
  return ids;
}
