/** Links to a store and gives the next commands the fates that a test has chosen. */
import { StoreOutcomeUnknownError, StoreUnavailableError } from '../../domain/errors.js';
import type { Link } from './link.js';

/**
 * - `deliver`: carried out and answered at once
 * - `hold`: neither, until the test releases it
 * - `lose_reply`: carried out, and the reply is lost
 * - `late`: as if lost, and carried out all the same when the test releases it
 * - `lose_request`: never carried out, which the caller cannot know
 * - `refuse`: not taken, and the caller gets a refusal
 * - `break`: an error that no store should give
 */
export type Fate = 'deliver' | 'hold' | 'lose_reply' | 'late' | 'lose_request' | 'refuse' | 'break';

export class StagedLink implements Link {
  /** Commands sent so far, whatever became of them. */
  sent = 0;
  /** The fate of commands for which no fate was chosen. */
  usualFate: Fate = 'deliver';
  readonly #fates: Fate[] = [];
  #held: (() => void)[] = [];

  /** The fates of the next commands, in the order in which they will be sent. */
  next(...fates: readonly Fate[]): void {
    this.#fates.push(...fates);
  }

  call<Reply>(command: () => Reply): Promise<Reply> {
    this.sent += 1;
    const fate = this.#fates.shift() ?? this.usualFate;
    switch (fate) {
      case 'deliver':
        return Promise.resolve().then(command);
      case 'hold':
        return new Promise<void>((resolve) => this.#held.push(resolve)).then(command);
      case 'lose_reply':
        command();
        return Promise.reject(new StoreOutcomeUnknownError('The reply was lost.'));
      case 'late':
        this.#held.push(() => void command());
        return Promise.reject(new StoreOutcomeUnknownError('It is still under way.'));
      case 'lose_request':
        return Promise.reject(new StoreOutcomeUnknownError('The request was lost.'));
      case 'refuse':
        return Promise.reject(new StoreUnavailableError('The store is unreachable.'));
      case 'break':
        return Promise.reject(new Error('A bug.'));
    }
  }

  get held(): number {
    return this.#held.length;
  }

  /** Carries out and answers the held commands; later commands are held again only if the test chooses so. */
  release(): void {
    for (const go of this.#held.splice(0)) go();
  }
}
