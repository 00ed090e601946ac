/** Holds the keys that sign what this installation alone checks, the same for all of its processes. */
export interface SigningKeys {
  /**
   * Signs what members show at a till. 32 random bytes, made once with the tables (docs/adr/0099).
   *
   * @throws StoreUnavailableError; StoreCorruptError where the key is missing.
   */
  passKey(): Promise<Buffer>;
}
