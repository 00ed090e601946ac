/** Keeps the server key of a till in this browser; without one the seller who is signed in is the till. */
import type { SignedIn } from '../session.js';
import type { Session } from '../session.js';

const STORAGE_KEY = 'seonchak.till-key';

export class TillSession {
  readonly #session: Session;
  #key = localStorage.getItem(STORAGE_KEY) ?? '';

  constructor(session: Session) {
    this.#session = session;
  }

  get hasKey(): boolean {
    return this.#key !== '';
  }

  /** Who redeems; `undefined` where this browser has neither a key nor a seller. */
  get current(): SignedIn | undefined {
    if (this.hasKey) return { token: this.#key, id: '', role: 'seller', email: '' };
    const { current } = this.#session;
    return current?.role === 'seller' ? current : undefined;
  }

  keep(key: string): void {
    this.#key = key;
    localStorage.setItem(STORAGE_KEY, key);
  }

  forgetKey(): void {
    this.#key = '';
    localStorage.removeItem(STORAGE_KEY);
  }
}
