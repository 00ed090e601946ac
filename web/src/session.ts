/**
 * Keeps the access token in this browser until the person signs out or the server refuses the token.
 */

const STORAGE_KEY = 'seonchak.session';

const roles = ['member', 'seller', 'admin'] as const;
export type Role = (typeof roles)[number];

export interface SignedIn {
  readonly token: string;
  readonly id: string;
  readonly role: Role;
  /** What the person typed to sign in; empty when a token was pasted. */
  readonly email: string;
}

export class Session {
  #current: SignedIn | undefined = stored();
  #onChange: (() => void) | undefined;

  constructor() {
    window.addEventListener('storage', (event) => {
      if (event.key !== STORAGE_KEY) return;
      this.#current = stored();
      this.#onChange?.();
    });
  }

  /** @param listener also called when another tab signs in or out. */
  onChange(listener: () => void): void {
    this.#onChange = listener;
  }

  get current(): SignedIn | undefined {
    return this.#current;
  }

  /** @returns false when this is not an access token. */
  begin(token: string, email: string): boolean {
    const signedIn = readToken(token.trim(), email);
    if (signedIn === undefined) return false;
    this.#current = signedIn;
    localStorage.setItem(STORAGE_KEY, JSON.stringify({ token: signedIn.token, email }));
    this.#onChange?.();
    return true;
  }

  end(): void {
    this.#current = undefined;
    localStorage.removeItem(STORAGE_KEY);
    this.#onChange?.();
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

/**
 * Only for showing the right pages: what a token is worth is the server's to judge, its end as well. By a device whose clock is a day
 * fast every new token has expired already, and its owner could never sign in.
 */
function readToken(token: string, email: string): SignedIn | undefined {
  try {
    const payload = token.split('.')[1] ?? '';
    const claims = JSON.parse(atob(payload.replace(/-/g, '+').replace(/_/g, '/'))) as Record<string, unknown>;
    const { sub } = claims;
    const role = roles.find((known) => known === claims['role']);
    if (typeof sub !== 'string' || role === undefined) return undefined;
    return { token, id: sub, role, email };
  } catch {
    return undefined;
  }
}
