/** Determines the durability level that the settings of Redis allow, and the one in force (docs/contract.md, I3). */
import type { Redis } from 'ioredis';
import { ConfigError } from '../../engine/domain/errors.js';
import { type DurabilityLevel } from '../../engine/domain/durability.js';
import { storeFault } from './fault-classes.js';
import type { RedisNodes } from './redis-nodes.js';

/** The settings that one master reports. `undefined`: it does not report them (a managed Redis without CONFIG). */
export interface RedisSettings {
  readonly version: string;
  readonly maxmemoryPolicy: string | undefined;
  readonly appendonly: string | undefined;
  readonly appendfsync: string | undefined;
  /** `no-appendfsync-on-rewrite`; with `yes` nothing is synced while Redis writes a snapshot or rewrites its file. */
  readonly noSyncOnRewrite?: string | undefined;
  readonly connectedReplicas: number;
  /** `master`, `slave` or `sentinel`. */
  readonly role?: string | undefined;
  /** Whether the append-only file is being rewritten, or will be. */
  readonly isRewriting?: boolean;
}

/** The settings that CONFIG reports. */
type SettingsReply = Pick<
  RedisSettings,
  'maxmemoryPolicy' | 'appendonly' | 'appendfsync' | 'noSyncOnRewrite'
>;

/** Asked after each round too: the fourth name costs Redis 0.13 µs a round. */
export const SETTINGS_QUERY = [
  'maxmemory-policy',
  'appendonly',
  'appendfsync',
  'no-appendfsync-on-rewrite',
] as const;

/** The scripts open with `#!lua`, which 7.0 introduced: it is what makes a refusal come before the first write. */
const MAJOR_VERSION_MIN = 7;

const SENTINEL =
  'REDIS_URL names a Sentinel, which holds no data; write redis+sentinel://host:26379/mastername, or name the master';
const REPLICA = 'REDIS_URL names a replica (role:slave), which does not accept writes; name the master';

/** @throws ConfigError | StoreUnavailableError | StoreOutcomeUnknownError */
export async function durabilityInForce(
  nodes: RedisNodes,
  asked: DurabilityLevel | undefined,
  replicaAcks: number,
): Promise<DurabilityLevel> {
  const settings = await Promise.all(nodes.masters().map(readSettings));
  return judgeDurability(settings, asked, replicaAcks);
}

/**
 * With no level asked for, the strongest that the settings allow, which is at most `fsync`: `replica` depends on how many replicas are
 * up and makes their loss an outage, so it is taken only when named.
 *
 * @throws ConfigError for an evicting policy, a Redis that is too old, or a level the settings do not allow.
 */
export function judgeDurability(
  settings: readonly RedisSettings[],
  asked: DurabilityLevel | undefined,
  replicaAcks: number,
): DurabilityLevel {
  const roles = new Set(settings.map(({ role }) => role));
  if (roles.has('sentinel')) throw new ConfigError([SENTINEL]);
  if (roles.has('slave')) throw new ConfigError([REPLICA]);
  const faults = settingsFaults(settings, asked, replicaAcks);
  if (faults.length > 0) throw new ConfigError(faults);
  return asked ?? strongestLevel(settings);
}

/** What is refused, one line each: an evicting policy, a Redis that is too old, settings below the level that was asked for. */
export function settingsFaults(
  settings: readonly RedisSettings[],
  asked: DurabilityLevel | undefined,
  replicaAcks: number,
): string[] {
  const faults = new Set<string>();
  for (const one of settings) {
    const { version, maxmemoryPolicy, appendonly, appendfsync, noSyncOnRewrite, connectedReplicas } = one;
    if (Number(version.split('.')[0]) < MAJOR_VERSION_MIN) {
      faults.add(`REDIS_URL is Redis ${version}; ${MAJOR_VERSION_MIN}.0 or later is required.`);
    }
    if (maxmemoryPolicy !== 'noeviction') {
      faults.add(
        `REDIS_URL has maxmemory-policy ${maxmemoryPolicy ?? 'unknown'}, which may evict winners; set noeviction.`,
      );
    }
    const mustSync = asked !== undefined && asked !== 'memory';
    if (mustSync && noSyncOnRewrite === 'yes') {
      faults.add(
        `DURABILITY ${asked} needs no-appendfsync-on-rewrite no, but REDIS_URL has no-appendfsync-on-rewrite yes, which leaves out syncs during a snapshot.`,
      );
    }
    if (mustSync && !isAppendedAlways(one)) {
      faults.add(
        `DURABILITY ${asked} needs appendonly yes and appendfsync always, ` +
          `but REDIS_URL has appendonly ${appendonly ?? 'unknown'} and appendfsync ${appendfsync ?? 'unknown'}.`,
      );
    }
    if (asked === 'replica' && connectedReplicas < replicaAcks) {
      faults.add(
        `DURABILITY replica needs ${replicaAcks} replicas of each master (REPLICA_ACKS); one master has ${connectedReplicas}.`,
      );
    }
  }
  return [...faults];
}

/** Without a level asked for. */
export function strongestLevel(settings: readonly RedisSettings[]): DurabilityLevel {
  return settings.every(syncsAlways) ? 'fsync' : 'memory';
}

const syncsAlways = (settings: RedisSettings): boolean =>
  isAppendedAlways(settings) && settings.noSyncOnRewrite !== 'yes';

const isAppendedAlways = ({ appendonly, appendfsync }: RedisSettings): boolean =>
  appendonly === 'yes' && appendfsync === 'always';

/** @throws StoreUnavailableError | StoreOutcomeUnknownError */
export async function readSettings(node: Redis): Promise<RedisSettings> {
  try {
    const config = await readConfig(node);
    // Behind it: an append-only file that was switched on in between would seem complete.
    const info = parseInfo(await node.info());
    const isOne = (name: string): boolean => info.get(name) === '1';
    return {
      ...config,
      version: info.get('redis_version') ?? '0',
      maxmemoryPolicy: config.maxmemoryPolicy ?? info.get('maxmemory_policy'),
      isRewriting: isOne('aof_rewrite_in_progress') || isOne('aof_rewrite_scheduled'),
      connectedReplicas: Number(info.get('connected_slaves') ?? 0),
      role: info.get('redis_mode') === 'sentinel' ? 'sentinel' : info.get('role'),
    };
  } catch (error) {
    throw storeFault(error);
  }
}

/** All undefined where CONFIG is renamed or forbidden. */
async function readConfig(node: Redis): Promise<SettingsReply> {
  try {
    return parseSettings(await node.config('GET', ...SETTINGS_QUERY));
  } catch (error) {
    if (error instanceof Error && error.name === 'ReplyError') return parseSettings([]);
    throw error;
  }
}

/** @param flat names and values in turn. */
export function parseSettings(flat: readonly string[]): SettingsReply {
  const valueOf = (name: string): string | undefined => {
    const place = flat.indexOf(name);
    return place < 0 ? undefined : flat[place + 1];
  };
  const [maxmemoryPolicy, appendonly, appendfsync, noSyncOnRewrite] = SETTINGS_QUERY.map(valueOf);
  return { maxmemoryPolicy, appendonly, appendfsync, noSyncOnRewrite };
}

export function parseInfo(text: string): Map<string, string> {
  return new Map(
    text.split('\r\n').flatMap((line) => {
      const colon = line.indexOf(':');
      return colon < 0 ? [] : [[line.slice(0, colon), line.slice(colon + 1)]];
    }),
  );
}
