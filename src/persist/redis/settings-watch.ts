/**
 * Watches while running what start-up checks: durability and eviction of every master in use, replicas that were
 * promoted and nodes that joined included.
 *
 * Redis takes these settings at any time (CONFIG SET), and a failover brings those of another server. A master whose
 * settings start-up would refuse decides nothing; one that no longer holds a level that was not requested lowers the
 * level that is claimed.
 *
 * A check every two seconds notices a change while nothing is decided. Between two checks each decision notices it: Redis
 * is asked for the settings right after the script, and what was decided under a refused setting is not answered.
 */
import type { Redis } from 'ioredis';
import type { DurabilityLevel } from '../../engine/domain/durability.js';
import { StoreOutcomeUnknownError, StoreUnavailableError } from '../../engine/domain/errors.js';
import {
  parseSettings,
  readSettings,
  type RedisSettings,
  settingsFaults,
  strongestLevel,
} from './durability.js';
import type { RedisNodes } from './redis-nodes.js';

/** How long a setting may be changed before it is noticed where nothing is decided. Each check costs two commands per master. */
export const SETTINGS_CHECK_MS = 2_000;

/** Instead of `yes`. */
const INCOMPLETE = 'yes (its file is not complete yet)';

interface Judged {
  readonly settings: RedisSettings;
  /** That of CONFIG after the latest decision: comparing replies is what each round of decisions pays. */
  reply?: readonly string[];
  /** What start-up would refuse. */
  readonly faults: readonly string[];
}

export class SettingsWatch {
  readonly #nodes: Pick<RedisNodes, 'masters'>;
  readonly #asked: DurabilityLevel | undefined;
  readonly #atStart: DurabilityLevel;
  readonly #onChange: (faults: readonly string[], level: DurabilityLevel) => void;
  /** Verdicts on connections that have not been closed since: after a close another server may answer. */
  readonly #judged = new Map<Redis, Judged>();
  readonly #watched = new WeakSet<Redis>();
  #reported: string;
  #timer: NodeJS.Timeout | undefined;

  /** @param onChange called when faults or level are no longer what was reported last. */
  constructor(
    nodes: Pick<RedisNodes, 'masters'>,
    asked: DurabilityLevel | undefined,
    atStart: DurabilityLevel,
    onChange: (faults: readonly string[], level: DurabilityLevel) => void,
  ) {
    this.#nodes = nodes;
    this.#asked = asked;
    this.#atStart = atStart;
    this.#onChange = onChange;
    this.#reported = JSON.stringify([[], atStart]);
  }

  start(): void {
    this.#timer = setInterval(() => void this.check(), SETTINGS_CHECK_MS).unref();
  }

  stop(): void {
    clearInterval(this.#timer);
  }

  /** Judges every connected master anew. Never rejects. */
  async check(): Promise<void> {
    const masters = this.#nodes.masters().filter((node) => node.status === 'ready');
    await Promise.all(masters.map((node) => this.#judge(node).catch(() => undefined)));
    for (const node of this.#judged.keys()) if (!masters.includes(node)) this.#judged.delete(node);
    this.#report();
  }

  /** Whether this node is known to be set as start-up demands. */
  allows(node: Redis): boolean {
    return this.#judged.get(node)?.faults.length === 0;
  }

  /** @throws StoreUnavailableError where the node must not decide: nothing was attempted. */
  async require(node: Redis): Promise<void> {
    const { faults } = this.#judged.get(node) ?? (await this.#judge(node));
    if (faults.length === 0) return;
    throw new StoreUnavailableError(
      'The settings of Redis do not allow decisions: see `faults` in the log and restore the settings.',
      {
        cause: new Error(faults.join('; ')),
      },
    );
  }

  /** Whether CONFIG is granted on this node: it can be asked after each decision. */
  reports(node: Redis): boolean {
    return this.#judged.get(node)?.settings.appendonly !== undefined;
  }

  /**
   * Judges the settings that were in force after a decision.
   *
   * @throws StoreOutcomeUnknownError when start-up would refuse them: what was decided is in Redis, and may be lost with it.
   */
  confirm(node: Redis, reply: readonly string[]): void {
    const known = this.#judged.get(node);
    if (known?.faults.length === 0 && known.reply?.every((word, at) => word === reply[at]) === true) return;
    const faults = known === undefined ? ['the connection was closed'] : this.#confirmed(node, known, reply);
    if (faults.length === 0) return;
    void this.check();
    throw new StoreOutcomeUnknownError(
      'The settings of Redis changed, and what was decided under them may be lost: restore the settings.',
      { cause: new Error(faults.join('; ')) },
    );
  }

  /**
   * What changed is noted at once, so that the next decision is not asked for, and a later check knows what was before. Whether an append-only
   * file is being written the reply does not contain: one that is switched on counts as incomplete until a check.
   */
  #confirmed(node: Redis, { settings }: Judged, reply: readonly string[]): readonly string[] {
    const judged = this.#note(node, { ...settings, ...parseSettings(reply), isRewriting: true });
    judged.reply = reply;
    this.#report();
    return judged.faults;
  }

  /** What start-up would refuse, of all masters in use. */
  get faults(): readonly string[] {
    return [...new Set([...this.#judged.values()].flatMap(({ faults }) => faults))];
  }

  /** The level that may be claimed now: never more than at start. */
  get level(): DurabilityLevel {
    if (this.#asked !== undefined || this.#atStart === 'memory') return this.#atStart;
    return strongestLevel([...this.#judged.values()].map(({ settings }) => settings));
  }

  async #judge(node: Redis): Promise<Judged> {
    if (!this.#watched.has(node)) {
      this.#watched.add(node);
      node.on('close', () => this.#judged.delete(node));
    }
    return this.#note(node, await readSettings(node));
  }

  #note(node: Redis, found: RedisSettings): Judged {
    const before = this.#judged.get(node)?.settings.appendonly;
    // Until an append-only file that was just switched on is written whole, a restart reads none of it.
    const isIncomplete =
      found.appendonly === 'yes' && found.isRewriting === true && before !== undefined && before !== 'yes';
    const settings = isIncomplete ? { ...found, appendonly: INCOMPLETE } : found;
    // Level `replica` is kept by WAIT, for each decision.
    const judged = { settings, faults: settingsFaults([settings], this.#asked, 0) };
    this.#judged.set(node, judged);
    return judged;
  }

  #report(): void {
    const { faults, level } = this;
    const now = JSON.stringify([faults, level]);
    if (now === this.#reported) return;
    this.#reported = now;
    this.#onChange(faults, level);
  }
}
