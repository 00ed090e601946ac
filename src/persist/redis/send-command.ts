/**
 * Writes one command to one node, with what must be known of the node before its reply counts, within a time.
 *
 * At level `replica` a WAIT follows the command. A decision is followed by a question for the settings: Redis answers the commands of a connection in
 * their order, so a setting that was changed before the decision is seen after it.
 */
import { Command, type Redis } from 'ioredis';
import { StoreOutcomeUnknownError } from '../../engine/domain/errors.js';
import { SETTINGS_QUERY } from './durability.js';

/**
 * WAIT takes at most this share of the remaining time, so that it answers before silence cuts the connection
 * (redis-nodes.ts).
 */
const WAIT_SHARE = 0.75;

export type Argument = string | number;

export interface Attempt {
  readonly name: string;
  readonly args: readonly Argument[];
  readonly asking: boolean;
  /** How many replicas must have the write. */
  readonly acks: number;
  /** Replicas count when they have the write on their disks. */
  readonly acksOnDisk?: boolean;
  /** Judges the settings after the command. Absent: they are not asked for. */
  readonly settings?: { confirm(node: Redis, reply: readonly string[]): void };
}

/** @throws what ioredis rejects with, or StoreOutcomeUnknownError. */
export function sendCommand(node: Redis, attempt: Attempt, withinMs: number): Promise<unknown> {
  return new Promise((resolve, reject) => {
    const timer = setTimeout(() => {
      reject(
        new StoreOutcomeUnknownError(
          'Redis did not respond in time. The command may or may not have been carried out.',
        ),
      );
    }, withinMs);
    const fail = (error: unknown): void => {
      clearTimeout(timer);
      reject(error instanceof Error ? error : new Error(String(error)));
    };
    const command = new Command(attempt.name, attempt.args as Argument[], { replyEncoding: 'utf8' });
    const turn = turnOf(node);
    if (attempt.asking) node.asking().catch(() => undefined);
    void node.sendCommand(command);
    const succeed = (reply: unknown): void => {
      clearTimeout(timer);
      resolve(reply);
    };
    const { settings } = attempt;
    const acked = attempt.acks > 0 ? waitForAcks(node, attempt, withinMs) : undefined;
    const reported = settings === undefined ? undefined : turn.settings();
    if (acked === undefined && reported === undefined) {
      command.promise.then(succeed, fail);
      return;
    }
    // The reply of the command itself counts first: of one that was refused nothing else matters.
    acked?.catch(() => undefined);
    command.promise
      .then(async (reply: unknown) => {
        await acked;
        // An error in place of the settings is judged as settings that are not known.
        if (reported !== undefined) settings?.confirm(node, await reported.catch(() => []));
        succeed(reply);
      })
      .catch(fail);
  });
}

/** @throws StoreOutcomeUnknownError */
async function waitForAcks(node: Redis, { acks, acksOnDisk }: Attempt, withinMs: number): Promise<void> {
  const waitMs = Math.max(1, Math.floor(withinMs * WAIT_SHARE));
  const waiting = acksOnDisk === true ? node.call('WAITAOF', 0, acks, waitMs) : node.wait(acks, waitMs);
  const received = await waiting.then(acksOf, () => 0);
  if (received >= acks) return;
  throw new StoreOutcomeUnknownError(
    `The master wrote, but only ${received} of ${acks} replicas (REPLICA_ACKS) acknowledged in time. Check the replicas.`,
  );
}

/** Acknowledgements in a reply of WAIT, or of WAITAOF (this server's and its replicas'). */
export function acksOf(reply: unknown): number {
  return Number(Array.isArray(reply) ? reply[1] : reply);
}

/** What one turn of the event loop sends to one node. */
interface Turn {
  /** The reply of CONFIG after the last command of the turn; asked for once, however many decisions there are. */
  settings(): Promise<readonly string[]>;
}

const turns = new WeakMap<Redis, Turn>();

/**
 * Everything that is sent in this turn of the event loop leaves in one write: a thousand coupons that are decided at once are one call into the
 * kernel, and one fsync of Redis, instead of a thousand.
 */
function turnOf(node: Redis): Turn {
  const current = turns.get(node);
  if (current !== undefined) return current;
  const { stream } = node;
  let config: Command | undefined;
  const turn: Turn = {
    settings() {
      if (config === undefined) {
        config = new Command('config', ['GET', ...SETTINGS_QUERY], { replyEncoding: 'utf8' });
        // A command that was refused does not wait for it.
        config.promise.catch(() => undefined);
      }
      return config.promise as Promise<string[]>;
    },
  };
  turns.set(node, turn);
  stream.cork();
  process.nextTick(() => {
    turns.delete(node);
    if (config !== undefined) void node.sendCommand(config);
    stream.uncork();
  });
  return turn;
}
