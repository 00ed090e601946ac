/** Defines the link between a process and a store. */
export interface Link {
  /**
   * Carries one command to the other side, where it is one atomic step, and its reply back.
   *
   * @param times `once`: this command is never sent a second time, so the network does not deliver it twice either.
   * @throws StoreUnavailableError, StoreOutcomeUnknownError as the ports document them.
   */
  call<Reply>(command: () => Reply, times?: 'once'): Promise<Reply>;
}

/** Nothing in between. */
export const directLink: Link = {
  call: (command) => Promise.resolve().then(command),
};

/** Many listeners, each of which receives a message some time after it was published, or never. */
export interface NewsChannel<News> {
  publish(news: News): void;
  listen(onNews: (news: News) => void): () => void;
}

/** Every listener receives messages at once. */
export class DirectChannel<News> implements NewsChannel<News> {
  readonly #listeners = new Set<(news: News) => void>();

  publish(news: News): void {
    for (const listener of this.#listeners) listener(news);
  }

  listen(onNews: (news: News) => void): () => void {
    this.#listeners.add(onNews);
    return () => {
      this.#listeners.delete(onNews);
    };
  }
}
