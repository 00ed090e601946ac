/** The whole Redis back end from configuration: what a process that admits or records needs of Redis. */
import type { DurabilityLevel } from '../../engine/domain/durability.js';
import { connectRedis, type ConnectOptions, isServing } from './connect.js';
import { durabilityInForce } from './durability.js';
import { RedisAdmission } from './redis-admission.js';
import { RedisAdmittedIssuances } from './redis-admitted-issuances.js';
import { RedisCalls } from './redis-calls.js';
import { RedisIssuanceQueue } from './redis-issuance-queue.js';
import { RedisRecorderBell } from './redis-recorder-bell.js';
import { RedisRecoveryStore } from './redis-recovery-store.js';
import { RedisVersions } from './redis-versions.js';
import { SettingsWatch } from './settings-watch.js';

export interface RedisBackEndOptions extends ConnectOptions {
  /** `undefined`: the strongest the settings allow. */
  readonly durability: DurabilityLevel | undefined;
  readonly replicaAcks: number;
  /**
   * Whether coupons are verified anew after Redis was restarted or replaced; needs a process that verifies them.
   * Absent: no.
   */
  readonly checkServer?: boolean;
  /** Called when settings that matter have changed while running. */
  readonly onSettings?: (faults: readonly string[], level: DurabilityLevel) => void;
}

export interface RedisBackEnd {
  readonly admission: RedisAdmission;
  readonly queue: RedisIssuanceQueue;
  readonly bell: RedisRecorderBell;
  readonly versions: RedisVersions;
  readonly admitted: RedisAdmittedIssuances;
  readonly recovery: RedisRecoveryStore;
  /** The level in force now. */
  readonly durability: () => DurabilityLevel;
  /** Settings of masters in use that start-up would refuse: those masters decide nothing. */
  readonly settingsFaults: () => readonly string[];
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
    const calls = new RedisCalls(nodes, {
      settings,
      callDeadlineMs: options.callDeadlineMs,
      replicaAcks: durability === 'replica' ? options.replicaAcks : 0,
      ...(options.checkServer === undefined ? {} : { checkServer: options.checkServer }),
    });
    return {
      admission: new RedisAdmission(calls, nodes),
      queue: new RedisIssuanceQueue(calls),
      bell: new RedisRecorderBell(calls, nodes),
      versions: new RedisVersions(calls, nodes),
      admitted: new RedisAdmittedIssuances(calls),
      recovery: new RedisRecoveryStore(calls),
      durability: () => settings.level,
      settingsFaults: () => settings.faults,
      isServing: () => isServing(nodes),
      close: () => {
        settings.stop();
        nodes.close();
      },
    };
  } catch (error) {
    nodes.close();
    throw error;
  }
}
