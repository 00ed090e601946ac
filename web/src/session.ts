/** Who is signed in here: the access token, kept in this browser until it expires. */

const STORAGE_KEY = 'seonchak.session';

export type Role = 'member' | 'seller';

export interface SignedIn {
  readonly token: string;
  readonly id: string;
  readonly role: Role;
  readonly expiresAtMs: number;
  /** What the person typed to sign in; empty when a token was pasted. */
  readonly email: string;
}

export class Session {
  readonly #onChange: () => void;
  #current: SignedIn | undefined;

  /** @param onChange also called when another tab signs in or out. */
  constructor(onChange: () => void) {
    this.#onChange = onChange;
    this.#current = stored();
    window.addEventListener('storage', (event) => {
      if (event.key !== STORAGE_KEY) return;
      this.#current = stored();
      this.#onChange();
    });
  }

  get current(): SignedIn | undefined {
    if (this.#current !== undefined && this.#current.expiresAtMs <= Date.now()) this.#current = undefined;
    return this.#current;
  }

  /** @returns false when this is no access token, or one that has expired. */
  begin(token: string, email: string): boolean {
    const signedIn = readToken(token.trim(), email);
    if (signedIn === undefined) return false;
    this.#current = signedIn;
    localStorage.setItem(STORAGE_KEY, JSON.stringify({ token: signedIn.token, email }));
    this.#onChange();
    return true;
  }

  end(): void {
    this.#current = undefined;
    localStorage.removeItem(STORAGE_KEY);
    this.#onChange();
  }
}

function stored(): SignedIn | undefined {
  try {
    const value = JSON.parse(localStorage.getItem(STORAGE_KEY) ?? 'null') as {
      token?: unknown;
      email?: unknown;
    } | null;
    return typeof value?.token === 'string' && typeof value.email === 'string'
      ? readToken(value.token, value.email)
      : undefined;
  } catch {
    return undefined;
  }
}

/** Only for showing the right pages: what a token is worth is the server's to judge. */
function readToken(token: string, email: string): SignedIn | undefined {
  try {
    const payload = token.split('.')[1] ?? '';
    const claims = JSON.parse(atob(payload.replace(/-/g, '+').replace(/_/g, '/'))) as Record<string, unknown>;
    const { sub, role, exp } = claims;
    if (typeof sub !== 'string' || (role !== 'member' && role !== 'seller') || typeof exp !== 'number')
      return undefined;
    return exp * 1_000 <= Date.now() ? undefined : { token, id: sub, role, expiresAtMs: exp * 1_000, email };
  } catch {
    return undefined;
  }
}
