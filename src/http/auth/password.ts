/** Hashes and verifies passwords with scrypt; a hash contains its parameters. */
import { randomBytes, scrypt, timingSafeEqual } from 'node:crypto';
import type { ScryptOptions } from 'node:crypto';
import { BoundedWork } from './bounded-work.js';

/** OWASP's password storage advice for scrypt at p = 1 asks N = 2^17; at 2^15 it asks p = 3, which keeps to 32 MB a hash. */
export const PASSWORD_COST = 32_768;
const BLOCK_SIZE = 8;
const PARALLELISM = 3;
const SALT_BYTES = 16;
const KEY_BYTES = 32;
/** Twice what the parameters need: Node's own ceiling of 32 MB is just too low for them. */
const MEMORY_BYTES_MAX = 2 * 128 * PASSWORD_COST * BLOCK_SIZE;

/** Two of libuv's four threads: file work and token verification keep the others. */
const HASHING_MAX = 2;
/**
 * A quarter of a second each, two concurrently: a caller who would wait longer than some two seconds is asked to retry
 * later.
 */
const WAITING_MAX = 16;
const NEW_HASHING_MAX = 1;
const NEW_WAITING_MAX = 8;

type ScryptParameters = Readonly<Required<Pick<ScryptOptions, 'N' | 'r' | 'p'>>>;

const stored = /^scrypt\$n=(\d{1,9}),r=(\d{1,3}),p=(\d{1,3})\$([A-Za-z0-9_-]{16,})\$([A-Za-z0-9_-]{16,})$/;

export class PasswordHasher {
  readonly #work = new BoundedWork(HASHING_MAX, WAITING_MAX);
  /** Hashes for sign-ups, in a queue of their own: a flood of them must not keep anyone from signing in. */
  readonly #newHashes = new BoundedWork(NEW_HASHING_MAX, NEW_WAITING_MAX);
  /** Measured against when there is no account, so that an unknown address takes as long as a known one. */
  readonly #unknownAccount: string;
  readonly #parameters: ScryptParameters;

  /** @param cost N of scrypt for new hashes, a power of two; left out, what OWASP advises. Tests take less: an advised hash takes 0.25 s. */
  constructor(cost = PASSWORD_COST) {
    this.#parameters = { N: cost, r: BLOCK_SIZE, p: PARALLELISM };
    this.#unknownAccount = format(this.#parameters, randomBytes(SALT_BYTES), randomBytes(KEY_BYTES));
  }

  /** `scrypt$n=…,r=…,p=…$salt$key`. `undefined`: too many at once, nothing was done. */
  hash(password: string): Promise<string | undefined> {
    return this.#newHashes.run(async () => {
      const salt = randomBytes(SALT_BYTES);
      const parameters = this.#parameters;
      return format(parameters, salt, await derive(password, salt, parameters, KEY_BYTES));
    });
  }

  /** Whether the password made this hash; `passwordHash` absent (no such account): false, after the same work. */
  verify(password: string, passwordHash: string | undefined): Promise<boolean | undefined> {
    return this.#work.run(async () => {
      const [, cost, blockSize, parallelism, salt, key] =
        stored.exec(passwordHash ?? this.#unknownAccount) ?? [];
      if (salt === undefined || key === undefined) return false;
      const expected = Buffer.from(key, 'base64url');
      const parameters = { N: Number(cost), r: Number(blockSize), p: Number(parallelism) };
      const given = await derive(password, Buffer.from(salt, 'base64url'), parameters, expected.length);
      return timingSafeEqual(given, expected) && passwordHash !== undefined;
    });
  }
}

function format({ N, r, p }: ScryptParameters, salt: Buffer, key: Buffer): string {
  return `scrypt$n=${N},r=${r},p=${p}$${salt.toString('base64url')}$${key.toString('base64url')}`;
}

/** NFKC: the same password typed on another keyboard may come in other code points. */
function derive(
  password: string,
  salt: Buffer,
  parameters: ScryptOptions,
  keyBytes: number,
): Promise<Buffer> {
  return new Promise((resolve, reject) => {
    scrypt(
      password.normalize('NFKC'),
      salt,
      keyBytes,
      { ...parameters, maxmem: MEMORY_BYTES_MAX },
      (fault, key) => {
        if (fault === null) resolve(key);
        else reject(fault);
      },
    );
  });
}
