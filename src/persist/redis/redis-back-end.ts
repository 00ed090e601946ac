/** Opens the whole Redis back end from its configuration, for a process that admits or records. */
import type { CouponId } from '../../engine/domain/coupon.js';
import type { DurabilityLevel } from '../../engine/domain/durability.js';
import { Belonging, type InstallationTables, type TablesOf } from './belonging.js';
import { connectRedis, type ConnectOptions, isServing } from './connect.js';
import { requireDiskAcks } from './disk-acks.js';
import { durabilityInForce } from './durability.js';
import { inspectRedis } from './inspect-redis.js';
import type { StoreCondition } from '../store-condition.js';
import { newToken } from './keys.js';
import { moveKeys } from './move-keys.js';
import { RedisAdmission } from './redis-admission.js';
import { RedisAdmittedIssuances } from './redis-admitted-issuances.js';
import { RedisCalls } from './redis-calls.js';
import { RedisIssuanceQueue } from './redis-issuance-queue.js';
import { RedisRecorderBell } from './redis-recorder-bell.js';
import { RedisRecoveryStore } from './redis-recovery-store.js';
import { RedisRunningProcesses } from './redis-running-processes.js';
import { RedisVersions } from './redis-versions.js';
import { requireCommands } from './required-commands.js';
import { SettingsWatch } from './settings-watch.js';

/** Each comparison costs one statement and one script. */
const BELONGING_CHECK_MS = 5_000;

export interface RedisBackEndOptions extends ConnectOptions {
  /** `undefined`: the strongest the settings allow. */
  readonly durability: DurabilityLevel | undefined;
  readonly replicaAcks: number;
  /**
   * Whether coupons are verified anew after Redis was restarted or replaced; needs a process that verifies them.
   * Absent: no.
   */
  readonly checkServer?: boolean;
  /** At level `replica`: false leaves it at replicas that have received a write, without asking how they store it. */
  readonly asksReplicas?: boolean;
  /** Called when settings that matter have changed while running. */
  readonly onSettings?: (faults: readonly string[], level: DurabilityLevel) => void;
  /** Called when news of other processes no longer arrive, and when they arrive again. */
  readonly onNews?: (received: boolean) => void;
}

export interface BelongingCheck {
  /**
   * Compares Redis with the tables, now and from then on regularly.
   *
   * @param takesOver whether the tables take a Redis that another copy of them used, on which no process runs any more.
   * @returns whether they did.
   * @throws StoresMixedUpError when Redis is of another installation; LayoutMismatchError when its keys are of another version.
   */
  establish(tables: InstallationTables, takesOver: boolean): Promise<boolean>;
  /** Compares Redis with the tables once and changes neither. Throws as {@link establish}. */
  inspect(tables: InstallationTables): Promise<void>;
  /** @throws StoresMixedUpError when the database has lost coupons that Redis has seen. */
  requireWhole(): void;
  /** Sets aside what Redis holds of coupons that the database has lost; names them. */
  acceptLoss(): Promise<CouponId[]>;
  /** The same for one coupon, whose id has been given again. @returns the epoch of what was set aside, 0: nothing was. */
  setAside(couponId: CouponId, birth: string | undefined): Promise<number>;
  /** After the database was restored: continues the numbers of the coupon's changes where Redis has them. */
  catchUpChanges(couponId: CouponId): Promise<void>;
  noteMixedUp(couponId: CouponId): void;
  /** Why nothing is decided. */
  faults(): readonly string[];
  /** What an operator should repair although downloads are served. */
  warnings(): readonly string[];
}

export interface RedisBackEnd {
  readonly admission: RedisAdmission;
  readonly queue: RedisIssuanceQueue;
  readonly processes: RedisRunningProcesses;
  readonly bell: RedisRecorderBell;
  readonly versions: RedisVersions;
  readonly admitted: RedisAdmittedIssuances;
  readonly recovery: RedisRecoveryStore;
  /** What an operator should know of the settings that were found. */
  readonly startWarnings: readonly string[];
  /** The level in force now. */
  readonly durability: () => DurabilityLevel;
  /** Settings of masters in use that start-up would refuse: those masters decide nothing. */
  readonly settingsFaults: () => readonly string[];
  /** Whether Redis is the database's. */
  readonly belonging: BelongingCheck;
  /** For {@link RedisRecoveryStore}: short, because it becomes part of markers. */
  readonly newToken: () => string;
  /** Moves keys of the previous layout (move-keys.ts); every process has to be stopped. @returns how many coupons were moved. */
  moveKeys(tables: Omit<TablesOf, 'stamp'>, onMoved: (coupons: number) => void): Promise<number>;
  /** Version, clock and memory of every master. @throws StoreUnavailableError */
  inspect(): Promise<StoreCondition[]>;
  /** True while every known master is connected. */
  isServing(): boolean;
  /** Ends all connections; calls still in flight end in StoreOutcomeUnknownError. */
  close(): void;
}

/** @throws StoreUnavailableError when Redis cannot be reached, ConfigError when its settings are refused. */
export async function openRedisBackEnd(options: RedisBackEndOptions): Promise<RedisBackEnd> {
  const nodes = await connectRedis(options);
  try {
    const durability = await durabilityInForce(nodes, options.durability, options.replicaAcks);
    const settings = new SettingsWatch(nodes, options.durability, durability, (faults, level) =>
      options.onSettings?.(faults, level),
    );
    await settings.check();
    settings.start();
    const belonging = new Belonging();
    const calls = new RedisCalls(nodes, {
      settings,
      belonging,
      callDeadlineMs: options.callDeadlineMs,
      replicaAcks: durability === 'replica' ? options.replicaAcks : 0,
      ...(options.checkServer === undefined ? {} : { checkServer: options.checkServer }),
    });
    await requireCommands(calls);
    const replicaWarning =
      durability === 'replica' && options.asksReplicas !== false ? await requireDiskAcks(calls) : undefined;
    const watch = watchOver(belonging, calls);
    const processes = new RedisRunningProcesses(calls);
    const versions = new RedisVersions(calls, nodes, processes, options.onNews);
    return {
      belonging: watch,
      newToken,
      processes,
      admission: new RedisAdmission(calls, nodes),
      queue: new RedisIssuanceQueue(calls, nodes),
      bell: new RedisRecorderBell(calls, nodes, processes),
      versions,
      admitted: new RedisAdmittedIssuances(calls),
      recovery: new RedisRecoveryStore(calls),
      startWarnings: replicaWarning === undefined ? [] : [replicaWarning],
      durability: () => settings.level,
      settingsFaults: () => settings.faults,
      moveKeys: (tables, onMoved) => moveKeys(calls, tables, nodes.isCluster, onMoved),
      inspect: () => inspectRedis(nodes),
      isServing: () => isServing(nodes),
      close: () => {
        settings.stop();
        watch.stop();
        processes.stop();
        versions.stop();
        nodes.close();
      },
    };
  } catch (error) {
    nodes.close();
    throw error;
  }
}

/** Compares again every few seconds: stores may be exchanged, or fail over, under a running process. */
function watchOver(belonging: Belonging, calls: RedisCalls): BelongingCheck & { stop(): void } {
  let timer: NodeJS.Timeout | undefined;
  let tables: InstallationTables | undefined;
  return {
    async establish(of, takesOver) {
      tables = of;
      const tookOver = await belonging.compare(calls, of, takesOver);
      // A fault is kept by `belonging`; an unreachable store is compared when it is back.
      timer ??= setInterval(
        () => void belonging.compare(calls, of).catch(() => undefined),
        BELONGING_CHECK_MS,
      ).unref();
      return tookOver;
    },
    inspect: (of) => belonging.inspect(calls, of),
    requireWhole: () => belonging.requireWhole(),
    acceptLoss: async () => (tables === undefined ? [] : belonging.acceptLoss(calls, tables)),
    setAside: (couponId, birth) => belonging.setAside(calls, couponId, birth),
    catchUpChanges: async (couponId) => {
      if (tables !== undefined) await belonging.catchUpChanges(calls, tables, couponId);
    },
    noteMixedUp: (couponId) => belonging.noteMixedUp(couponId),
    faults: () =>
      belonging.fault === undefined ? [] : [`${belonging.fault.message} [${belonging.fault.code}]`],
    warnings: () => belonging.warnings(),
    stop: () => clearInterval(timer),
  };
}
