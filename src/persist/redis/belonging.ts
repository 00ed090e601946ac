/**
 * Checks that Redis and the database belong to one installation and were not restored apart (docs/adr/0062).
 *
 * The database names the installation. Redis carries the name, in a key of its own and in what each coupon was last verified by, so that no script
 * takes a coupon of another installation for ours. A database whose coupons end below the highest id that Redis has seen has lost some.
 */
import type { CouponId } from '../../engine/domain/coupon.js';
import { type StoreUnavailableError, StoresMixedUpError } from '../../engine/domain/errors.js';
import { InstallationStamp, type ScriptCalls, type StampedTables } from './installation-stamp.js';
import { couponKeys, INSTALLATION_KEY, markerRoles, metaKey, setAsideKey } from './keys.js';
import { earlierCoupons, earlierLayout, installationIn, layoutFault } from './redis-layout.js';
import type { KeyCommands } from './redis-layout.js';
import { corrupt, integer, list, text } from './replies.js';

/** What the tables have about their installation. */
export interface TablesOf {
  readonly name: string;
  readonly highestCouponId: number;
  /** What the running processes renew (installation-stamp.ts). */
  readonly stamp: string;
}

/** The tables, as far as Redis has to belong to them. */
export interface InstallationTables extends StampedTables {
  read(): Promise<TablesOf>;
  /** Raises the number of the coupon's last change; never lowers it. */
  raiseChanges(couponId: CouponId, atLeast: number): Promise<void>;
}

/** The part of `RedisCalls` that is needed here. */
interface Calls extends ScriptCalls, KeyCommands {
  countProcesses(): Promise<number>;
}

/** Coupons that were found to be others: enough for an operator to see what happened. */
const MIXED_UP_COUPONS_MAX = 10;

const FOREIGN =
  'Redis belongs to another installation than the database (MYSQL_URL). Correct REDIS_URL or MYSQL_URL so that both belong to one installation, ' +
  'or set REDIS_PREFIX to a new value to share this Redis: the coupons are then rebuilt from the database.';

const COPIED =
  'Redis was last used with another copy, or a later state, of this database. If this database is a copy for another installation, ' +
  'set REDIS_URL to a Redis of its own or REDIS_PREFIX to a new value. If it was moved or restored, stop every process of this Redis, ' +
  'then run `seonchak reconcile --all --repair`.';

const IN_USE =
  'Processes are running on this Redis, and it was last used with another copy, or a later state, of this database. ' +
  'If this database is a copy for another installation, set REDIS_URL to a Redis of its own or REDIS_PREFIX to a new value. ' +
  'If it was moved or restored, stop every process of this Redis, then repeat the command.';

const ANOTHER_REDIS =
  'Processes whose writes do not reach this Redis use its database: another Redis is in use beside it, and both give the units of the same coupons. ' +
  'Decide which Redis is the right one, stop the processes whose REDIS_URL names the other, correct it, then run `seonchak reconcile --all`.';

export class Belonging {
  #name = '';
  #highestCouponId = 0;
  #fault: StoreUnavailableError | undefined;
  #lost: { readonly databaseEnds: number; readonly redisSaw: number } | undefined;
  readonly #mixedUp = new Set<CouponId>();
  readonly #stamp = new InstallationStamp();
  /** Comparisons in a row that found Redis with another copy of the database. */
  #foundCopied = 0;

  /** '' before the tables were read. */
  get name(): string {
    return this.#name;
  }

  /** Why nothing may be decided. */
  get fault(): StoreUnavailableError | undefined {
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
  async see(calls: Calls, couponId: CouponId): Promise<void> {
    if (this.#name === '' || couponId <= this.#highestCouponId) return;
    const seen = await nameInstallation(calls, installationIn(this.#name), couponId, { creates: true });
    this.#highestCouponId = seen.status === 'ours' ? seen.highest : couponId;
  }

  /** What an operator should repair although downloads are served. */
  warnings(): string[] {
    const code = StoresMixedUpError.code;
    const { renewalFault } = this.#stamp;
    return [
      ...(renewalFault === undefined ? [] : [notRenewed(renewalFault)]),
      ...(this.#stamp.isBehindOften ? [`${ANOTHER_REDIS} [${code}]`] : []),
      ...(this.#lost === undefined ? [] : [`${lostCoupons(this.#lost)} [${code}]`]),
      ...(this.#mixedUp.size === 0
        ? []
        : [
            `Redis holds other coupons under the ids ${[...this.#mixedUp].join(', ')}; ` +
              `run \`seonchak reconcile --all --repair\`, or set REDIS_PREFIX where they are of another installation. [${code}]`,
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
   * @param takesOver whether the database takes a Redis that another copy of it used, on which no process runs any more.
   * @returns whether it did.
   * @throws StoresMixedUpError when Redis is of another installation; LayoutMismatchError when its keys are of another version;
   *   StoreUnavailableError, StoreOutcomeUnknownError: repeat it.
   */
  async compare(calls: Calls, of: InstallationTables, takesOver = false): Promise<boolean> {
    const tables = await of.read();
    // Tables that were exchanged under a running process: what it has in memory is of the others.
    const isOther = this.#name !== '' && this.#name !== tables.name;
    const found = isOther ? new StoresMixedUpError(FOREIGN) : await establish(calls, tables);
    if (typeof found !== 'number') {
      this.#fault = found;
      throw found;
    }
    const tookOver = await this.#compareStamps(calls, of, takesOver);
    this.#name = tables.name;
    this.#highestCouponId = found;
    this.#fault = undefined;
    await this.#noteLost(of, tables, found);
    return tookOver;
  }

  /**
   * Compares both stores as {@link compare} does and changes neither: a Redis without a name stays without one.
   *
   * @throws StoresMixedUpError, LayoutMismatchError, StoreUnavailableError, StoreOutcomeUnknownError.
   */
  async inspect(calls: Calls, of: InstallationTables): Promise<void> {
    const tables = await of.read();
    const found = await establish(calls, tables, false);
    if (typeof found !== 'number') throw found;
    if (!(await this.#stamp.inspect(calls, of))) throw new StoresMixedUpError(COPIED);
    this.#name = tables.name;
    await this.#noteLost(of, tables, found);
  }

  /** @param redisSaw the highest coupon id that Redis has seen. */
  async #noteLost(of: InstallationTables, tables: TablesOf, redisSaw: number): Promise<void> {
    // A registration between the two readings is in the database by now.
    const databaseEnds =
      redisSaw > tables.highestCouponId ? (await of.read()).highestCouponId : tables.highestCouponId;
    this.#lost = redisSaw > databaseEnds ? { databaseEnds, redisSaw } : undefined;
  }

  async #compareStamps(calls: Calls, tables: InstallationTables, takesOver: boolean): Promise<boolean> {
    if (await this.#stamp.compare(calls, tables, false)) {
      this.#foundCopied = 0;
      return false;
    }
    if (takesOver) {
      if ((await calls.countProcesses()) > 0) throw new StoresMixedUpError(IN_USE);
      if (await this.#stamp.compare(calls, tables, true)) return true;
    }
    this.#foundCopied += 1;
    // After a failover that has lost the last stamp, the process that wrote it renews it at its next comparison.
    if (this.#name === '' || this.#foundCopied > 1) {
      this.#fault = new StoresMixedUpError(COPIED);
      throw this.#fault;
    }
    return false;
  }

  /**
   * Accepts that the database has lost coupons: what Redis holds of them is set aside.
   *
   * @returns the coupons that were set aside.
   */
  async acceptLoss(calls: Calls, tables: InstallationTables): Promise<CouponId[]> {
    if (this.#lost === undefined) return [];
    const { databaseEnds, redisSaw } = this.#lost;
    const setAside: CouponId[] = [];
    for (let id = databaseEnds + 1; id <= redisSaw; id += 1) {
      const couponId = id as CouponId;
      if ((await this.setAside(calls, couponId, undefined)) > 0) setAside.push(couponId);
    }
    const { name, highestCouponId } = await tables.read();
    await nameInstallation(calls, installationIn(name), highestCouponId, { lowers: true, creates: true });
    this.#lost = undefined;
    return setAside;
  }

  /** Tables that were restored number the next changes anew; Redis would take them for changes that it has decided. */
  async catchUpChanges(calls: Calls, tables: InstallationTables, couponId: CouponId): Promise<void> {
    const decided = await calls.command('hget', metaKey(couponId), ['changeNo']);
    if (decided !== null) await tables.raiseChanges(couponId, Number(text(decided)));
  }

  /**
   * Moves the keys of a coupon of an earlier life out of the way.
   *
   * @param birth of the catalogue's coupon, whose keys stay.
   * @returns the epoch of the coupon that was set aside, at least 1; 0 where there is none.
   */
  async setAside(calls: Calls, couponId: CouponId, birth: string | undefined): Promise<number> {
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

/**
 * @param writes whether a Redis without a name gets one, and the highest id rises.
 * @returns the highest coupon id that Redis has seen, or why it may not be used.
 */
async function establish(
  calls: Calls,
  { name, highestCouponId }: Omit<TablesOf, 'stamp'>,
  writes = true,
): Promise<number | StoreUnavailableError> {
  const member = installationIn(name);
  let found = await nameInstallation(calls, member, writes ? highestCouponId : 0);
  if (found.status === 'absent') {
    // A new Redis, or one whose key was lost, or one that an earlier version without this key has filled.
    if ((await earlierCoupons(calls, highestCouponId).next()).done !== true) return earlierLayout();
    if (!writes) return 0;
    found = await nameInstallation(calls, member, highestCouponId, { creates: true });
  }
  if (found.status === 'ours') return found.highest;
  const other = found.status === 'foreign' ? found.installation : '';
  return layoutFault(other, name) ?? new StoresMixedUpError(FOREIGN);
}

type NamedInstallation =
  | { readonly status: 'ours'; readonly highest: number }
  | { readonly status: 'absent' }
  /** '' where the key is not of this kind. */
  | { readonly status: 'foreign'; readonly installation: string };

/**
 * @param options.lowers whether the highest id may sink.
 * @param options.creates whether it is named where none is.
 * @param options.replaces an installation that this one may replace.
 */
export async function nameInstallation(
  calls: Pick<ScriptCalls, 'run'>,
  member: string,
  highest: number,
  options: { readonly lowers?: boolean; readonly creates?: boolean; readonly replaces?: string } = {},
): Promise<NamedInstallation> {
  const { lowers = false, creates = false, replaces = '' } = options;
  const args = [member, highest, lowers ? 1 : 0, creates ? 1 : 0, replaces];
  const [status, found] = list(await calls.run('installation', [INSTALLATION_KEY], args, true));
  switch (status) {
    case 'ours':
      return { status, highest: integer(found) };
    case 'absent':
      return { status };
    case 'foreign':
      return { status, installation: text(found) };
    default:
      throw corrupt('a reply of installation', status);
  }
}

function notRenewed(fault: unknown): string {
  const reason = fault instanceof Error ? fault.message : String(fault);
  return (
    `The table installation cannot be updated, so a copy of this database beside it is not noticed: ${reason} ` +
    'Grant UPDATE on the table if the right is missing; otherwise check the database.'
  );
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
