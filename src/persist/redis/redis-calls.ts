/**
 * Sends one command to one node with one deadline, and repeats what may be repeated.
 *
 * ioredis is configured to repeat nothing (redis-nodes.ts). What Redis refused before executing it (a slot elsewhere, an empty script
 * cache) is repeated here within the deadline; everything else is answered with a fault that shows whether the
 * command may have been carried out. The Cluster object of ioredis repeats too, but also after a lost connection, and it
 * cannot keep a WAIT on the connection that ran the script; so nodes are addressed directly.
 */
import { setTimeout as delay } from 'node:timers/promises';
import { SeonchakError, StoreUnavailableError } from '../../engine/domain/errors.js';
import { Belonging } from './belonging.js';
import { faultClass, redirection, SlotDividedError, storeFault } from './fault-classes.js';
import { BELL_CHANNEL, VERSIONS_CHANNEL } from './keys.js';
import type { RedisNodes } from './redis-nodes.js';
import { acksOf, type Argument, type Attempt, sendCommand } from './send-command.js';
import { loadScripts, type ScriptName, type Scripts, scriptsTakingServerId } from './scripts.js';
import { ServerIdentities } from './server-identity.js';
import type { SettingsWatch } from './settings-watch.js';

/** Between two tries of a refused command: a slot moves key by key, a failover takes longer than many of these. */
const REPEAT_DELAY_MS = 10;

export interface RedisCallsOptions {
  /** From the call until its answer or its fault. */
  readonly callDeadlineMs: number;
  /** Level `replica`: how many replicas must have a durable call's write before it is answered. 0: none. */
  readonly replicaAcks: number;
  /** Whether a coupon last verified on another server, or another start of it, is out of service. Absent: no. */
  readonly checkServer?: boolean;
  /** Keeps decisions away from nodes whose settings start-up would refuse. Absent: none is kept away. */
  readonly settings?: SettingsWatch;
  /** Whether Redis is the database's. Absent: whatever there is counts as ours. */
  readonly belonging?: Belonging;
}

interface CallKind {
  readonly durable: boolean;
  readonly takesServerId: boolean;
  readonly decides: boolean;
  /** Has keys of several coupons, each of which may be asked about alone. */
  readonly ofSeveral: boolean;
}

const PLAIN: CallKind = { durable: false, takesServerId: false, decides: false, ofSeveral: false };

const SERVER_INFO: Attempt = { name: 'info', args: ['server'], asking: false, acks: 0 };

export class RedisCalls {
  readonly replicaAcks: number;
  readonly belonging: Belonging;
  #acksOnDisk = false;
  readonly #nodes: RedisNodes;
  readonly #callDeadlineMs: number;
  readonly #scripts: Scripts;
  readonly #identities: ServerIdentities | undefined;
  readonly #settings: SettingsWatch | undefined;

  constructor(nodes: RedisNodes, options: RedisCallsOptions) {
    this.#nodes = nodes;
    this.#callDeadlineMs = options.callDeadlineMs;
    this.replicaAcks = options.replicaAcks;
    this.belonging = options.belonging ?? new Belonging();
    this.#scripts = loadScripts();
    this.#settings = options.settings;
    this.#identities = options.checkServer === true ? new ServerIdentities() : undefined;
  }

  /**
   * Runs a script. `durable`: at level `replica` the answer is given only when enough replicas have the write.
   *
   * @param onRepeat called when the command was refused before it was executed and is repeated until the deadline: it may take long.
   * @throws StoreUnavailableError nothing was carried out. SlotDividedError the same, of several coupons whose slot is moving.
   *   StoreOutcomeUnknownError it may have been. StoreCorruptError.
   */
  run(
    name: ScriptName,
    keys: readonly string[],
    args: readonly Argument[],
    durable = false,
    onRepeat?: () => void,
  ): Promise<unknown> {
    const script = this.#scripts[name];
    // Before whose Redis it is was found out, and to find that out again.
    const { fault } = this.belonging;
    if (fault !== undefined && name !== 'installation' && name !== 'stamp') return Promise.reject(fault);
    const kind = {
      durable,
      takesServerId: scriptsTakingServerId.has(name),
      decides: name === 'admit',
      ofSeveral: keys.length > script.keyCount,
    };
    const { keyPrefix } = this.#nodes;
    const named = keyPrefix === '' ? keys : keys.map((key) => keyPrefix + key);
    const build = (reload: boolean, server: string) => ({
      name: reload ? 'eval' : 'evalsha',
      args: [
        reload ? script.source : script.sha1,
        keys.length,
        ...named,
        ...(kind.takesServerId ? [server] : []),
        ...args,
      ],
    });
    return this.#call(named[0] ?? '', kind, build, onRepeat);
  }

  /** Sends one plain command to the node that serves `key`. Throws like {@link run}. */
  command(name: string, key: string, args: readonly Argument[]): Promise<unknown> {
    const named = this.#nodes.keyPrefix + key;
    const plain = { name, args: [named, ...args] };
    return this.#call(named, PLAIN, () => plain);
  }

  /** Removes keys of one slot together. Throws like {@link run}. */
  unlink(keys: readonly string[]): Promise<unknown> {
    const [first = '', ...others] = keys;
    return this.command(
      'unlink',
      first,
      others.map((key) => this.#nodes.keyPrefix + key),
    );
  }

  /** From now on a replica counts when it has a write on its disk. */
  countAcksOnDisk(): void {
    this.#acksOnDisk = true;
  }

  /** Whether as many replicas as level `replica` demands have a write of `lua/probe.lua` on their disks in time. */
  async confirmsOnDisk(keys: readonly string[], withinMs: number): Promise<boolean | 'unsupported'> {
    await this.run('probe', keys, []);
    const node = this.#nodes.nodeOf(this.#nodes.keyPrefix + (keys[0] ?? ''));
    try {
      return acksOf(await node?.call('WAITAOF', 0, this.replicaAcks, withinMs)) >= this.replicaAcks;
    } catch (error) {
      if (error instanceof Error && error.name === 'ReplyError') return 'unsupported';
      throw storeFault(error);
    }
  }

  /** An empty message, which no listener acts on. @throws like {@link run}. */
  async tryPublish(channel: string): Promise<void> {
    const node = this.#nodes.masters()[0];
    await node?.publish(this.#nodes.channelPrefix + channel, '').catch((error: unknown) => {
      throw storeFault(error);
    });
  }

  /** Clients that listen to a channel, on all nodes. They get an empty message, which no listener acts on. @throws like {@link run}. */
  async countListeners(channel: string): Promise<number> {
    const counts = await Promise.all(
      this.#nodes.all().map((node) => node.publish(this.#nodes.channelPrefix + channel, '')),
    ).catch((error: unknown) => {
      throw storeFault(error);
    });
    return counts.reduce((sum, count) => sum + count, 0);
  }

  /** Servers and recorders of every version that are connected, each at least once. @throws like {@link run}. */
  async countProcesses(): Promise<number> {
    const counts = await Promise.all(
      [VERSIONS_CHANNEL, BELL_CHANNEL].map((channel) => this.countListeners(channel)),
    );
    return counts.reduce((sum, count) => sum + count, 0);
  }

  /** To any connected master; best effort, never throws. */
  publish(channel: string, message: string): void {
    const node = this.#nodes.masters().find((master) => master.status === 'ready');
    void node?.publish(this.#nodes.channelPrefix + channel, message).catch(() => undefined);
  }

  async #call(
    key: string,
    { durable, takesServerId, decides, ofSeveral }: CallKind,
    build: (reload: boolean, server: string) => { name: string; args: readonly Argument[] },
    onRepeat?: () => void,
  ): Promise<unknown> {
    const deadline = performance.now() + this.#callDeadlineMs;
    const acks = durable ? this.replicaAcks : 0;
    let reload = false;
    let redirected: { readonly address: string; readonly asking: boolean } | undefined;
    for (;;) {
      const node =
        redirected === undefined ? this.#nodes.nodeOf(key) : this.#nodes.nodeAt(redirected.address);
      let refusal: unknown;
      if (node?.status === 'ready') {
        try {
          if (decides && this.#settings?.allows(node) === false) await this.#settings.require(node);
          const identities = takesServerId ? this.#identities : undefined;
          const runId =
            identities === undefined
              ? ''
              : (identities.known(node) ??
                identities.learn(
                  node,
                  String(await sendCommand(node, SERVER_INFO, deadline - performance.now())),
                ));
          const server = runId === '' ? '' : runId + this.belonging.name;
          const attempt = {
            ...build(reload, server),
            asking: redirected?.asking ?? false,
            acks,
            acksOnDisk: this.#acksOnDisk,
            ...(decides && this.#settings?.reports(node) === true ? { settings: this.#settings } : {}),
          };
          return await sendCommand(node, attempt, deadline - performance.now());
        } catch (error) {
          if (error instanceof SeonchakError) throw error;
          const kind = faultClass(error);
          if (kind === 'divided' && ofSeveral)
            throw new SlotDividedError('A slot is moving.', { cause: error });
          if (kind !== 'repeat' && kind !== 'divided' && kind !== 'reload') throw storeFault(error);
          if (kind === 'reload' && !reload) {
            reload = true;
            continue;
          }
          refusal = error;
        }
      } else if (!this.#nodes.isCluster) {
        throw new StoreUnavailableError('Redis is not connected.');
      }
      onRepeat?.();
      const next = redirection(refusal);
      // A node that was just named is tried at once, the second time in a row only after a pause.
      const pause = next === undefined || redirected !== undefined;
      redirected = next;
      if (next?.asking !== true) void this.#nodes.refresh();
      if (performance.now() + REPEAT_DELAY_MS >= deadline) {
        throw new StoreUnavailableError('Redis did not accept the command in time.', {
          cause: refusal,
        });
      }
      if (pause) await delay(REPEAT_DELAY_MS);
    }
  }
}
