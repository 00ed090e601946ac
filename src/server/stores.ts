/**
 * Opens the configured back end and returns the same ports for both back ends.
 *
 * A back end is imported when it is opened: the clients of Redis and MySQL are a fifth of what a start computes.
 */
import type { Config, DistributedConfig, EmbeddedConfig } from '../config/config.js';
import type { DurabilityLevel } from '../engine/domain/durability.js';
import type { Admission } from '../engine/ports/admission.js';
import type { AdmittedIssuances } from '../engine/ports/admitted-issuances.js';
import type { Versions } from '../engine/ports/versions.js';
import { CouponRecovery } from '../engine/recovery/coupon-recovery.js';
import { CouponChanger } from '../engine/sellers/coupon-changer.js';
import { CouponRegistry } from '../engine/sellers/coupon-registry.js';
import { CouponWarmer, type CouponWarmerPorts } from '../engine/recovery/coupon-warmer.js';
import { FinalHolders } from '../engine/feed/final-holders.js';
import { Holds } from '../engine/holds/holds.js';
import { TakeBack } from '../engine/holds/take-back.js';
import { EventFeed } from '../engine/feed/event-feed.js';
import { SettledRows } from '../engine/feed/settled-rows.js';
import type {
  BacklogAge,
  IssuanceQueue,
  PendingMarks,
  RecorderBell,
} from '../engine/ports/issuance-queue.js';
import { type RunningProcesses, soleProcess } from '../engine/ports/running-processes.js';
import { RECOVERY_LOCK_MS } from '../engine/domain/limits.js';
import { LocalVersions } from '../engine/ports/local-versions.js';
import type { RebuildReport } from '../engine/recovery/rebuild-coupon.js';
import type { RecoveryStore } from '../engine/ports/recovery-store.js';
import { SeveralFaultsError } from '../engine/domain/errors.js';
import type { CouponId } from '../engine/domain/coupon.js';
import type { StoreCondition } from '../persist/store-condition.js';
import type { BelongingCheck } from '../persist/redis/redis-back-end.js';
import type { DatabaseStores } from '../persist/sql/database-stores.js';
import type { SeedTables } from '../seeding/seed-tables.js';
import { systemClock, systemScheduler } from './system-time.js';

/** Only where the decision and its row are two steps. */
export interface DistributedStores {
  readonly queue: IssuanceQueue & BacklogAge;
  readonly bell: RecorderBell & PendingMarks;
  readonly admitted: AdmittedIssuances;
  readonly recovery: RecoveryStore;
  readonly coupons: CouponRecovery;
  /** Whether Redis is the database's. */
  readonly belonging: Omit<BelongingCheck, 'establish'>;
  /** Resolves when the database answers. @throws StoreUnavailableError */
  pingDatabase(): Promise<void>;
}

export interface Stores extends DatabaseStores {
  readonly admission: Admission;
  readonly versions: Versions;
  readonly warmer: CouponWarmer;
  readonly changer: CouponChanger;
  readonly registry: CouponRegistry;
  readonly settledRows: SettledRows;
  readonly finalHolders: FinalHolders;
  readonly feed: EventFeed;
  readonly takeBack: TakeBack;
  readonly holds: Holds;
  /** For what a process follows: with MySQL over connections of its own. */
  readonly followed: DatabaseStores;
  /** `undefined` with the embedded back end. */
  readonly distributed: DistributedStores | undefined;
  readonly queue: IssuanceQueue | undefined;
  readonly processes: RunningProcesses;
  /** What an operator should know of the settings of the stores, for the log. */
  readonly startWarnings: readonly string[];
  /** The level in force. */
  readonly durability: () => DurabilityLevel;
  /** Settings of Redis that start-up would refuse: the masters concerned decide nothing. */
  readonly settingsFaults: () => readonly string[];
  /** Brings the tables up to date; names what was run. */
  migrate(): Promise<readonly string[]>;
  /** Names what has not been run. @throws StoreUnavailableError */
  pendingMigrations(): Promise<readonly string[]>;
  /**
   * Moves the keys of an earlier version in Redis, once the tables are up to date and with every process stopped.
   *
   * @param onMoved after each coupon, with how many have been moved.
   * @returns how many coupons were moved.
   * @throws LayoutMismatchError while a process runs.
   */
  moveKeys(onMoved: (coupons: number) => void): Promise<number>;
  /** Version, clock and memory of every server behind the stores. @throws StoreUnavailableError */
  inspect(): Promise<readonly StoreCondition[]>;
  /** For filling the tables; close it before the stores. */
  seedTables(): SeedTables;
  /**
   * Once the tables are up to date and before anything else: finds out whether both stores are of one installation.
   *
   * @param takesOver whether the database takes a Redis that another copy of it used, on which no process runs any more. Absent: no.
   * @returns whether it did.
   * @throws StoresMixedUpError, LayoutMismatchError.
   */
  establishBelonging(takesOver?: boolean): Promise<boolean>;
  /** The same without changing either store. @throws StoresMixedUpError, LayoutMismatchError. */
  inspectBelonging(): Promise<void>;
  /** What keeps downloads from being decided now; empty when nothing does. */
  notReadyReasons(): readonly string[];
  /** What an operator should repair although downloads are served. */
  warnings(): readonly string[];
  close(): Promise<void>;
}

export interface OpenStoresOptions {
  /** The server takes the data folder for itself; a command works beside it. */
  readonly exclusive: boolean;
  /** A command makes the data folder only where that is its purpose; a server always does. */
  readonly createMissing?: boolean;
  /** For a command that changes nothing: the embedded tables are not migrated. */
  readonly asItIs?: boolean;
  /** Called on broken connections. */
  onConnectionError(error: Error): void;
  /**
   * Called when settings of Redis that start-up checks have changed: with those that start-up would refuse, and the
   * level in force now.
   */
  onSettings?(faults: readonly string[], level: DurabilityLevel): void;
  /** Called when news of other processes no longer arrive, and when they arrive again. */
  onNews?(received: boolean): void;
  /** Called for coupons that are rebuilt because the admission store has lost data. */
  readonly recoveryListener?: RecoveryListener;
}

export interface RecoveryListener {
  onRecovering(couponId: CouponId): void;
  onRecovered(couponId: CouponId, report: RebuildReport): void;
  onFault(fault: unknown, couponId: CouponId): void;
}

const noopListener: RecoveryListener = {
  onRecovering: () => undefined,
  onRecovered: () => undefined,
  onFault: () => undefined,
};

/** @throws ConfigError for settings that cannot be used, StoreUnavailableError when a server cannot be reached. */
export function openStores(config: Config, options: OpenStoresOptions): Promise<Stores> {
  return config.backEnd === 'embedded'
    ? openEmbeddedStores(config, options)
    : openDistributedStores(config, options);
}

async function openEmbeddedStores(config: EmbeddedConfig, options: OpenStoresOptions): Promise<Stores> {
  const { openEmbedded } = await import('../persist/sqlite/open-embedded.js');
  const embedded = await openEmbedded({
    dataDir: config.dataDir,
    as: options.exclusive ? 'server' : 'visitor',
    createMissing: options.exclusive || options.createMissing === true,
    asItIs: options.asItIs === true,
  });
  return {
    ...withRegistry(embedded, { versions: new LocalVersions() }),
    followed: embedded,
    distributed: undefined,
    queue: undefined,
    processes: soleProcess,
    startWarnings: [],
    durability: () => 'fsync',
    settingsFaults: () => [],
    // The folder is useless before its tables are up to date, so opening it has done that.
    migrate: () => Promise.resolve(embedded.migrated),
    pendingMigrations: () => embedded.pendingMigrations(),
    moveKeys: () => Promise.resolve(0),
    inspect: async () => [await embedded.inspectDatabase()],
    seedTables: () => embedded.seedTables(),
    establishBelonging: () => Promise.resolve(false),
    inspectBelonging: () => Promise.resolve(),
    notReadyReasons: () => [],
    warnings: () => [],
    close: () => embedded.close(),
  };
}

async function openDistributedStores(config: DistributedConfig, options: OpenStoresOptions): Promise<Stores> {
  const [{ openMysql }, { openRedisBackEnd }] = await Promise.all([
    import('../persist/sql/open-mysql.js'),
    import('../persist/redis/redis-back-end.js'),
  ]);
  const mysql = openMysql(config.mysqlUrl, { tls: config.mysqlTls });
  try {
    const redis = await openBoth(
      mysql.ping(),
      openRedisBackEnd({
        redisUrls: config.redisUrls,
        redisTls: config.redisTls,
        redisSentinel: config.redisSentinel,
        redisNatMap: config.redisNatMap,
        redisPrefix: config.redisPrefix,
        callDeadlineMs: config.admitDeadlineMs,
        durability: config.durability,
        replicaAcks: config.replicaAcks,
        checkServer: true,
        // A command does not wait for replicas that never confirm.
        asksReplicas: options.exclusive,
        onConnectionError: (error) => options.onConnectionError(error),
        onSettings: (faults, level) => options.onSettings?.(faults, level),
        onNews: (received) => options.onNews?.(received),
      }),
    );
    const listener = options.recoveryListener ?? noopListener;
    const coupons = new CouponRecovery(
      {
        ...mysql,
        store: redis.recovery,
        admitted: redis.admitted,
        bell: redis.bell,
        versions: redis.versions,
        scheduler: systemScheduler,
        newToken: redis.newToken,
        onRecovering: (couponId) => listener.onRecovering(couponId),
        onRecovered: (couponId, report) => listener.onRecovered(couponId, report),
        onFault: (fault, couponId) => listener.onFault(fault, couponId),
        onMixedUp: (couponId) => redis.belonging.noteMixedUp(couponId),
      },
      { leaseMs: config.leaseMs, lockMs: RECOVERY_LOCK_MS },
    );
    return {
      ...withRegistry(
        { ...mysql, admission: redis.admission },
        {
          versions: redis.versions,
          bell: redis.bell,
          queue: redis.queue,
          recovery: { coupons, scheduler: systemScheduler },
          admitted: redis.admitted,
        },
      ),
      followed: mysql.followed,
      distributed: { ...redis, coupons, pingDatabase: () => mysql.ping() },
      queue: redis.queue,
      processes: redis.processes,
      startWarnings: redis.startWarnings,
      durability: redis.durability,
      settingsFaults: redis.settingsFaults,
      migrate: () => mysql.migrate(),
      pendingMigrations: () => mysql.pendingMigrations(),
      moveKeys: async (onMoved) => redis.moveKeys(await mysql.installation.read(), onMoved),
      inspect: async () => [await mysql.inspectDatabase(), ...(await redis.inspect())],
      seedTables: () => mysql.seedTables(),
      // Without MySQL members still win and their rows wait in the queue, so members need not be refused.
      notReadyReasons: () => [
        ...(redis.isServing() ? [] : ['Redis is not connected, or does not accept writes.']),
        ...redis.settingsFaults(),
        ...redis.belonging.faults(),
      ],
      establishBelonging: (takesOver = false) => redis.belonging.establish(mysql.installation, takesOver),
      inspectBelonging: () => redis.belonging.inspect(mysql.installation),
      warnings: () => redis.belonging.warnings(),
      close: async () => {
        await redis.processes.end();
        redis.close();
        await mysql.close();
      },
    };
  } catch (fault) {
    await mysql.close();
    throw fault;
  }
}

/** Asks both, so that an operator who starts without either store learns of both at once. */
async function openBoth<Opened extends { close(): void }>(
  database: Promise<void>,
  redis: Promise<Opened>,
): Promise<Opened> {
  const [first, second] = await Promise.allSettled([database, redis]);
  if (first.status === 'fulfilled') {
    if (second.status === 'rejected') throw second.reason;
    return second.value;
  }
  if (second.status === 'rejected') throw new SeveralFaultsError([first.reason, second.reason]);
  second.value.close();
  throw first.reason;
}

function withRegistry(
  stores: DatabaseStores & Pick<Stores, 'admission'>,
  news: {
    readonly versions: Versions;
    readonly bell?: RecorderBell;
    readonly queue?: IssuanceQueue;
    readonly recovery?: CouponWarmerPorts['recovery'];
    readonly admitted?: AdmittedIssuances;
  },
) {
  const { versions, bell, queue, recovery, admitted } = news;
  const { admission, ledger, audit, catalogue, changes } = stores;
  const warmer = new CouponWarmer({
    admission,
    ledger,
    catalogue,
    ...(recovery === undefined ? {} : { recovery, changes }),
  });
  const changer = new CouponChanger({
    ...{ admission, changes, versions, warmer },
    clock: systemClock,
    scheduler: systemScheduler,
  });
  const registry = new CouponRegistry({
    admission,
    bell,
    ledger,
    catalogue,
    versions,
    warmer,
    changer,
    clock: systemClock,
  });
  const settledRows = new SettledRows({
    ...{ ledger, audit, admission, catalogue, warmer, admitted },
    clock: systemClock,
  });
  const takeBack = new TakeBack({ admission, bell, holds: stores.holdLedger, versions, warmer });
  const holds = new Holds({
    ...{ takeBack, admission, catalogue, warmer, holds: stores.holdLedger, clock: systemClock },
    queue,
  });
  const finalHolders = new FinalHolders({ admission, warmer, settledRows });
  const feed = new EventFeed({ events: stores.events, admission, settledRows, clock: systemClock });
  return {
    ...stores,
    ...{ versions, warmer, changer, registry, settledRows, finalHolders, feed, takeBack, holds },
  };
}
