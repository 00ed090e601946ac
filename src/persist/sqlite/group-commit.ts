/**
 * Decides one command after another in memory, commits them as one transaction, then answers.
 *
 * While a commit is in flight nothing is decided; commands that arrive meanwhile form the next group. So every decision
 * is based on durable state and on earlier decisions of its own group, and a failed commit is undone by undoing its
 * group backwards. Rejected: deciding on arrival (with commits in a pipeline), because a failure would have to unravel
 * decisions based on others, and the disk takes commits one after another anyway.
 */
import type { CouponId, HolderId } from '../../engine/domain/coupon.js';
import {
  SeonchakError,
  StoreOutcomeUnknownError,
  StoreUnavailableError,
} from '../../engine/domain/errors.js';
import { Rounds } from '../../engine/domain/rounds.js';
import { faultOf, storeFault } from '../sql/error-classes.js';
import type { IssuanceRows, SqliteStatement, SqliteStep } from './sqlite-statement.js';

/** Commands that may wait for the commit in flight; each is a whole batch of a coupon or a seller's command. */
const WAITING_MAX = 100_000;

/** The rows of a decision, and how the decision is taken back in memory when the commit fails. */
export interface Effects {
  write(statements: readonly SqliteStatement[], undo: () => void): void;
  /** The same for members who are issued numbers that follow each other. Their rows go along with those decided before. */
  issue(issued: IssuedRun, undo: () => void): void;
}

export interface IssuedRun {
  readonly couponId: CouponId;
  readonly firstIssueNo: number;
  readonly issuedAtMs: number;
  readonly holders: readonly HolderId[];
}

/** Decides at once, in memory. Throws only before it has called `write`. */
export type Decide<Answer> = (effects: Effects) => Answer;

interface Command {
  readonly decide: Decide<unknown>;
  readonly resolve: (answer: never) => void;
  readonly reject: (error: unknown) => void;
  /** Called instead of failing the others, when the database contradicts the decision in memory. */
  readonly contradicted: () => void;
}

interface Decided {
  readonly command: Command;
  readonly answer: unknown;
}

export interface GroupCommitOptions {
  /** Commits all statements or none. */
  readonly transact: (steps: readonly SqliteStep[]) => Promise<void>;
  /** After this long a caller gets the answer that the outcome is unknown, milliseconds. The commit itself continues. */
  readonly deadlineMs: number;
  /** Called before each group, when nothing is in flight and all of memory is durable. */
  readonly betweenGroups: () => void;
}

export class GroupCommit {
  readonly #options: GroupCommitOptions;
  #waiting: Command[] = [];
  readonly #rounds: Rounds;
  /** The commit in flight is past its deadline. */
  #stuck = false;

  constructor(options: GroupCommitOptions) {
    this.#options = options;
    this.#rounds = new Rounds({
      isWaiting: () => this.#waiting.length > 0,
      round: () => this.#commitWaiting(),
      // Whatever else is submitted in this turn of the event loop goes along.
      defer: setImmediate,
    });
  }

  /**
   * Runs `decide` when its turn comes and answers once what it wrote is durable. Reading commands come this way too: so they never
   * see what may yet be undone.
   *
   * @throws StoreUnavailableError: nothing is written. StoreOutcomeUnknownError: the disk did not reply.
   */
  submit<Answer>(decide: Decide<Answer>, contradicted: () => void = () => undefined): Promise<Answer> {
    if (this.#stuck || this.#waiting.length >= WAITING_MAX) {
      return Promise.reject(
        new StoreUnavailableError(
          'Too many commands are waiting for the disk, which is too slow or full. Nothing was attempted.',
        ),
      );
    }
    return new Promise<Answer>((resolve, reject) => {
      this.#waiting.push({ decide, resolve, reject, contradicted });
      this.#rounds.begin();
    });
  }

  async #commitWaiting(): Promise<void> {
    const group = this.#waiting;
    this.#waiting = [];
    this.#options.betweenGroups();
    await this.#commit(group);
  }

  async #commit(group: readonly Command[]): Promise<void> {
    const steps: SqliteStep[] = [];
    const undos: (() => void)[] = [];
    let rows: IssuanceRows | undefined;
    const effects: Effects = {
      write(statements, undo) {
        steps.push(...statements);
        undos.push(undo);
        // A row that is issued after a revoke must not be written before it.
        rows = undefined;
      },
      issue({ couponId, firstIssueNo, issuedAtMs, holders }, undo) {
        if (rows === undefined) {
          rows = { runs: [] };
          steps.push(rows);
        }
        rows.runs.push(couponId, firstIssueNo, issuedAtMs, holders.length, ...holders);
        undos.push(undo);
      },
    };
    const decided = decideAll(group, effects);
    if (steps.length > 0) {
      const timer = setTimeout(() => {
        this.#giveUpWaiting(decided);
      }, this.#options.deadlineMs);
      try {
        await this.#options.transact(steps);
      } catch (error) {
        while (undos.length > 0) undos.pop()?.();
        await this.#failed(decided, error);
        return;
      } finally {
        clearTimeout(timer);
        this.#stuck = false;
      }
    }
    for (const { command, answer } of decided) command.resolve(answer as never);
  }

  async #failed(decided: readonly Decided[], error: unknown): Promise<void> {
    const fault = faultOf(error);
    if (fault !== 'duplicate' && fault !== 'poison' && fault !== 'other') {
      const seen = storeFault(error, fault, 'committing');
      for (const { command } of decided) command.reject(seen);
      return;
    }
    // One command of the group does not fit into the database; the others must not fail with it.
    if (decided.length > 1) {
      for (const { command } of decided) await this.#commit([command]);
      return;
    }
    for (const { command } of decided) {
      command.contradicted();
      command.reject(
        new StoreUnavailableError(
          'The decision contradicted the database, and the coupon was reloaded. Try again.',
          { cause: error },
        ),
      );
    }
  }

  /**
   * The disk hangs. No caller waits for it longer than promised; callers without a turn so far get the answer that
   * nothing was attempted.
   */
  #giveUpWaiting(decided: readonly Decided[]): void {
    this.#stuck = true;
    const unknown = new StoreOutcomeUnknownError(
      'The disk did not respond in time. The write may or may not have been carried out.',
    );
    for (const { command } of decided) command.reject(unknown);
    const unattempted = new StoreUnavailableError('The disk is not responding.');
    for (const command of this.#waiting) command.reject(unattempted);
    this.#waiting = [];
  }
}

function decideAll(group: readonly Command[], effects: Effects): Decided[] {
  const decided: Decided[] = [];
  for (const command of group) {
    try {
      decided.push({ command, answer: command.decide(effects) });
    } catch (error) {
      command.reject(
        error instanceof SeonchakError
          ? error
          : new SeonchakError('Unexpected error while deciding.', { cause: error }),
      );
    }
  }
  return decided;
}
