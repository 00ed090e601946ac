/**
 * Checks that Redis and the database are of one installation, and of one life of it (docs/adr/0062).
 *
 * The database names the installation. Redis carries the name, in a key of its own and in what each coupon was last verified by, so that no script
 * takes a coupon of another installation for ours. A database whose coupons end below the highest id that Redis has seen has lost some.
 */
import type { CouponId } from '../../engine/domain/coupon.js';
import { StoresMixedUpError } from '../../engine/domain/errors.js';
import { couponKeys, INSTALLATION_KEY, markerRoles, setAsideKey } from './keys.js';
import { corrupt, integer, list } from './replies.js';
import type { ScriptName } from './scripts.js';

/** What the tables say of their installation. */
export interface TablesOf {
  readonly name: string;
  readonly highestCouponId: number;
}

/** Of `RedisCalls`. */
interface ScriptCalls {
  run(
    name: ScriptName,
    keys: readonly string[],
    args: readonly (string | number)[],
    durable?: boolean,
  ): Promise<unknown>;
}

/** Coupons that were found to be others: enough for an operator to see what happened. */
const MIXED_UP_COUPONS_MAX = 10;

const FOREIGN =
  'Redis belongs to another installation than the database (MYSQL_URL). Correct REDIS_URL or MYSQL_URL so that both belong to one installation, ' +
  'or set REDIS_PREFIX to a new value to share this Redis: the coupons are then rebuilt from the database.';

export class Belonging {
  #name = '';
  #highestCouponId = 0;
  #fault: StoresMixedUpError | undefined;
  #lost: { readonly databaseEnds: number; readonly redisSaw: number } | undefined;
  readonly #mixedUp = new Set<CouponId>();

  /** '' before the tables were read. */
  get name(): string {
    return this.#name;
  }

  /** Why nothing may be decided. */
  get fault(): StoresMixedUpError | undefined {
    return this.#fault;
  }

  /** As markers contain it: births of two installations are never the same. */
  birthOf(birth: string | undefined): string {
    return birth === undefined || this.#name === '' ? '' : `${this.#name}-${birth}`;
  }

  noteMixedUp(couponId: CouponId): void {
    if (this.#mixedUp.size < MIXED_UP_COUPONS_MAX) this.#mixedUp.add(couponId);
  }

  /** Before a coupon is put in: should the database lose it, its absence shows. */
  async see(calls: ScriptCalls, couponId: CouponId): Promise<void> {
    if (this.#name === '' || couponId <= this.#highestCouponId) return;
    const tables = { name: this.#name, highestCouponId: couponId };
    this.#highestCouponId = (await nameInstallation(calls, tables, false)) ?? this.#highestCouponId;
  }

  /** What an operator should repair although downloads are served. */
  warnings(): string[] {
    const code = StoresMixedUpError.code;
    return [
      ...(this.#lost === undefined ? [] : [`${lostCoupons(this.#lost)} [${code}]`]),
      ...(this.#mixedUp.size === 0
        ? []
        : [
            `Redis holds other coupons under the ids ${[...this.#mixedUp].join(', ')}; ` +
              `run \`seonchak reconcile --all --repair\`, or set REDIS_PREFIX where they are of another installation [${code}]`,
          ]),
    ];
  }

  /** @throws StoresMixedUpError when the database has lost coupons that Redis has seen. */
  requireWhole(): void {
    if (this.#lost !== undefined) throw new StoresMixedUpError(lostCoupons(this.#lost));
  }

  /**
   * Compares both stores, and writes the name into a Redis without one.
   *
   * @throws StoresMixedUpError when Redis is of another installation; StoreUnavailableError, StoreOutcomeUnknownError: repeat it.
   */
  async compare(calls: ScriptCalls, readTables: () => Promise<TablesOf>): Promise<void> {
    const tables = await readTables();
    // Tables that were exchanged under a running process: what it has in memory is of the others.
    const isOther = this.#name !== '' && this.#name !== tables.name;
    const highest = isOther ? undefined : await nameInstallation(calls, tables, false);
    if (highest === undefined) {
      this.#fault = new StoresMixedUpError(FOREIGN);
      throw this.#fault;
    }
    this.#name = tables.name;
    this.#highestCouponId = highest;
    this.#fault = undefined;
    // A registration between the two readings is in the database by now.
    const ends =
      highest > tables.highestCouponId ? (await readTables()).highestCouponId : tables.highestCouponId;
    this.#lost = highest > ends ? { databaseEnds: ends, redisSaw: highest } : undefined;
  }

  /**
   * Accepts that the database has lost coupons: what Redis holds of them is set aside.
   *
   * @returns the coupons that were set aside.
   */
  async acceptLoss(calls: ScriptCalls, readTables: () => Promise<TablesOf>): Promise<CouponId[]> {
    if (this.#lost === undefined) return [];
    const { databaseEnds, redisSaw } = this.#lost;
    const setAside: CouponId[] = [];
    for (let id = databaseEnds + 1; id <= redisSaw; id += 1) {
      const couponId = id as CouponId;
      if ((await this.setAside(calls, couponId, undefined)) > 0) setAside.push(couponId);
    }
    await nameInstallation(calls, await readTables(), true);
    this.#lost = undefined;
    return setAside;
  }

  /**
   * Moves the keys of a coupon of an earlier life out of the way.
   *
   * @param birth of the catalogue's coupon, whose keys stay.
   * @returns the epoch of the coupon that was set aside, at least 1; 0 where there is none.
   */
  async setAside(calls: ScriptCalls, couponId: CouponId, birth: string | undefined): Promise<number> {
    const unique = new Date().toISOString().replaceAll(/\D/g, '');
    let epoch = 0;
    // Meta last: a repeat finds what a process that died has left.
    for (const [place, key] of [...couponKeys(couponId).entries()].reverse()) {
      const args = [`${this.#name}-`, this.birthOf(birth), markerRoles[place] ?? ''];
      epoch = Math.max(
        epoch,
        integer(await calls.run('set-aside', [key, setAsideKey(key, unique)], args, true)),
      );
    }
    if (epoch > 0) this.#mixedUp.delete(couponId);
    return epoch;
  }
}

async function nameInstallation(
  calls: ScriptCalls,
  { name, highestCouponId }: TablesOf,
  lowers: boolean,
): Promise<number | undefined> {
  const args = [name, highestCouponId, lowers ? 1 : 0];
  const [status, highest] = list(await calls.run('installation', [INSTALLATION_KEY], args, true));
  if (status === 'foreign') return undefined;
  if (status !== 'ours') throw corrupt('a reply of installation', status);
  return integer(highest);
}

function lostCoupons({
  databaseEnds,
  redisSaw,
}: {
  readonly databaseEnds: number;
  readonly redisSaw: number;
}): string {
  return (
    `The database is older than Redis: its last coupon is ${databaseEnds}, but Redis has had coupon ${redisSaw}. ` +
    'If the database was restored, or lost its last rows in a failover, run `seonchak reconcile --all --repair`: the Redis keys ' +
    'of the lost coupons are renamed and kept. If the database is a copy of another one, set REDIS_PREFIX to a new value.'
  );
}
