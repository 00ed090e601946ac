/** Keeps a map in memory in step with a table that any process may change. */

const CHANGES_PAGE = 1_000;

export interface ValueChange<Key, Value> {
  readonly key: Key;
  /** `undefined`: the key is removed. */
  readonly value: Value | undefined;
  /** Grows with every change, in the order in which they were committed. */
  readonly revision: number;
}

/** Ascending by revision, those above `revision`, up to `limit`. */
export type ChangesAfter<Key, Value> = (
  revision: number,
  limit: number,
) => Promise<readonly ValueChange<Key, Value>[]>;

export class FollowedMap<Key, Value> {
  readonly #changesAfter: ChangesAfter<Key, Value>;
  readonly #values = new Map<Key, Value>();
  #revision = 0;

  constructor(changesAfter: ChangesAfter<Key, Value>) {
    this.#changesAfter = changesAfter;
  }

  has(key: Key): boolean {
    return this.#values.has(key);
  }

  get(key: Key): Value | undefined {
    return this.#values.get(key);
  }

  entries(): IterableIterator<[Key, Value]> {
    return this.#values.entries();
  }

  get size(): number {
    return this.#values.size;
  }

  /** Revision of the last change that this copy has. */
  get revision(): number {
    return this.#revision;
  }

  /**
   * Reads the changes since the last call. Calls must not overlap.
   *
   * @param onSet called with the keys set after every page, because the next page may fail and this one is not read
   *   again.
   * @throws StoreUnavailableError; what is known stays.
   */
  async catchUp(onSet: (keys: ReadonlySet<Key>) => void = () => undefined): Promise<void> {
    for (;;) {
      const changes = await this.#changesAfter(this.#revision, CHANGES_PAGE);
      const set = new Set<Key>();
      for (const { key, value, revision } of changes) {
        this.#revision = revision;
        if (value === undefined) {
          this.#values.delete(key);
          set.delete(key);
        } else {
          this.#values.set(key, value);
          set.add(key);
        }
      }
      if (set.size > 0) onSet(set);
      if (changes.length < CHANGES_PAGE) return;
    }
  }
}
