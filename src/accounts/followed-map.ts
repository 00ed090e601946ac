/** Keeps a map in memory in step with a table that any process may change. */
import { type ChangeHead, type ChangePlace, continues, isPlaceAt, placeAt } from './change-history.js';

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
  #values = new Map<Key, Value>();
  /** A refused change raises the head and leaves no row, so the last row may be older. */
  #place: ChangePlace | undefined;

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

  /** Removes a key that no change will remove. */
  forget(key: Key): void {
    this.#values.delete(key);
  }

  /** `false`: the changes that this copy has may be lost, and the next call of {@link catchUp} reads everything. */
  isContinuedBy(head: ChangeHead): boolean {
    return this.#place !== undefined && (isPlaceAt(head, this.#place) || continues(head, this.#place));
  }

  /**
   * Reads the changes up to this head, and perhaps later ones, which the next call reads again. Calls must not overlap.
   *
   * @param head read from the database after the last call.
   * @param onSet called with the keys set after every page, because the next page may fail.
   * @throws StoreUnavailableError; what is known stays.
   */
  async catchUp(head: ChangeHead, onSet: (keys: ReadonlySet<Key>) => void = () => undefined): Promise<void> {
    const place = this.#place;
    if (place !== undefined && isPlaceAt(head, place)) return;
    if (place !== undefined && continues(head, place)) {
      await this.#read(place.revision, [this.#values], onSet);
    } else {
      // What is read is in force at once; what is not among it is forgotten when everything is read.
      const values = new Map<Key, Value>();
      await this.#read(0, [this.#values, values], onSet);
      this.#values = values;
    }
    // Not the revision of the last row, of which the token is not known.
    this.#place = placeAt(head);
  }

  async #read(
    after: number,
    copies: readonly Map<Key, Value>[],
    onSet: (keys: ReadonlySet<Key>) => void,
  ): Promise<void> {
    for (;;) {
      const changes = await this.#changesAfter(after, CHANGES_PAGE);
      const set = new Set<Key>();
      for (const { key, value, revision } of changes) {
        after = revision;
        // Removed first, so that a map has the order of the changes.
        for (const values of copies) values.delete(key);
        set.delete(key);
        if (value === undefined) continue;
        for (const values of copies) values.set(key, value);
        set.add(key);
      }
      if (set.size > 0) onSet(set);
      if (changes.length < CHANGES_PAGE) return;
    }
  }
}
