/**
 * Caches verified tokens until they expire, keyed by the exact Authorization header.
 *
 * A token that differs in one byte is another token and is verified again.
 *
 * The cache has two generations. A lookup tries the young one, then the old one, and moves a hit to the young one. When
 * the young generation is full it becomes the old one, and the previous old one is dropped. So a hit needs no
 * bookkeeping (docs/adr/0005 has the figures against lru-cache), no sweep is needed, and memory is bounded by entries
 * and by characters.
 */
import type { MemberId } from '../../engine/domain/coupon.js';
import { TokenTable } from './token-table.js';

/** Most entries of each generation. With 300 characters a token the second is reached at about the same time as the first. */
export const GENERATION_ENTRIES_MAX = 250_000;
export const GENERATION_CHARACTERS_MAX = 80_000_000;

/** What of a verified token is kept. */
export interface Verified {
  readonly memberId: MemberId;
  readonly expiresAtMs: number;
}

export class VerifiedTokenCache<Entry extends Verified> {
  readonly #entriesMax: number;
  readonly #charactersMax: number;
  #young = new TokenTable<Entry>();
  #old = new TokenTable<Entry>();
  #youngCharacters = 0;

  constructor(entriesMax = GENERATION_ENTRIES_MAX, charactersMax = GENERATION_CHARACTERS_MAX) {
    this.#entriesMax = entriesMax;
    this.#charactersMax = charactersMax;
  }

  /** The identity of this token; `undefined` when it was not seen, was dropped, or has expired by `nowMs`. */
  get(authorization: string, nowMs: number): Entry | undefined {
    const identity = this.#young.get(authorization) ?? this.#fromOld(authorization);
    if (identity === undefined || nowMs < identity.expiresAtMs) return identity;
    this.#forget(authorization);
    return undefined;
  }

  set(authorization: string, identity: Entry): void {
    if (this.#young.get(authorization) !== undefined) return;
    if (
      this.#young.entered >= this.#entriesMax ||
      this.#youngCharacters + authorization.length > this.#charactersMax
    ) {
      this.#old = this.#young;
      this.#young = new TokenTable();
      this.#youngCharacters = 0;
    }
    this.#young.add(authorization, identity);
    this.#youngCharacters += authorization.length;
  }

  /** Walks everything, some 20 ms for a full cache: for the rare lock, not for requests. */
  forgetAllOf(subjects: ReadonlySet<string>): void {
    for (const generation of [this.#young, this.#old]) {
      for (const authorization of generation.headersOf(subjects)) this.#forget(authorization);
    }
  }

  get size(): number {
    return this.#young.size + this.#old.size;
  }

  #fromOld(authorization: string): Entry | undefined {
    const identity = this.#old.get(authorization);
    if (identity !== undefined) {
      this.#old.forget(authorization);
      this.set(authorization, identity);
    }
    return identity;
  }

  #forget(authorization: string): void {
    if (this.#young.forget(authorization)) this.#youngCharacters -= authorization.length;
    this.#old.forget(authorization);
  }
}
