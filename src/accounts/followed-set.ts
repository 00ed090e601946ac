/** Keeps a set in memory in step with a table that any process may change. */

const CHANGES_PAGE = 1_000;

export interface MembershipChange<Key> {
  readonly key: Key;
  readonly isMember: boolean;
  /** Grows with every change, in the order in which they were committed. */
  readonly revision: number;
}

/** Ascending by revision, those above `revision`, up to `limit`. */
export type ChangesAfter<Key> = (
  revision: number,
  limit: number,
) => Promise<readonly MembershipChange<Key>[]>;

export class FollowedSet<Key> {
  readonly #changesAfter: ChangesAfter<Key>;
  readonly #members = new Set<Key>();
  #revision = 0;

  constructor(changesAfter: ChangesAfter<Key>) {
    this.#changesAfter = changesAfter;
  }

  has(key: Key): boolean {
    return this.#members.has(key);
  }

  get size(): number {
    return this.#members.size;
  }

  /** Of the last change that is in here. */
  get revision(): number {
    return this.#revision;
  }

  /**
   * Reads the changes since the last call. Calls must not overlap.
   *
   * @param onEntered called with new members after every page, because the next page may fail and this one is not read
   *   again.
   * @throws StoreUnavailableError; what is known stays.
   */
  async catchUp(onEntered: (keys: ReadonlySet<Key>) => void = () => undefined): Promise<void> {
    for (;;) {
      const changes = await this.#changesAfter(this.#revision, CHANGES_PAGE);
      const news = new Set<Key>();
      for (const { key, isMember, revision } of changes) {
        this.#revision = revision;
        if (isMember) {
          this.#members.add(key);
          news.add(key);
        } else {
          this.#members.delete(key);
          news.delete(key);
        }
      }
      if (news.size > 0) onEntered(news);
      if (changes.length < CHANGES_PAGE) return;
    }
  }
}
