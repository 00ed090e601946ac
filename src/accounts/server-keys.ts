/** Defines the keys of a shop's backend, and the copy that every API process keeps in memory to authenticate them. */
import { createHash, randomInt, timingSafeEqual } from 'node:crypto';
import type { Clock, Scheduler } from '../engine/domain/clock.js';
import type { AuditEntry } from '../engine/ports/audit-log.js';
import type { MemberId } from '../engine/domain/coupon.js';
import type { ChangeHead } from './change-history.js';
import { FollowedMap } from './followed-map.js';
import { RepeatedPoll } from './repeated-poll.js';

export const keyScopes = ['issue', 'redeem', 'read', 'manage'] as const;
export type KeyScope = (typeof keyScopes)[number];

/** Keys that are neither revoked nor expired: of one seller, and altogether, since every API process holds them all. */
export const KEYS_PER_SELLER_MAX = 50;
export const KEYS_MAX = 10_000;

const SECRET_LENGTH = 43;
const DIGITS = '0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz';

export const KEY_PREFIX = 'sck_';
const keyPattern = /^sck_([1-9][0-9]{0,14})_[0-9A-Za-z]{43}$/;

export interface NewServerKey {
  readonly sellerId: MemberId;
  readonly name: string;
  readonly scopes: readonly KeyScope[];
  readonly expiresAtMs: number | undefined;
}

export interface ServerKey extends NewServerKey {
  readonly id: number;
  readonly createdAtMs: number;
  readonly revokedAtMs: number | undefined;
}

export interface KeyChange extends ServerKey {
  /** SHA-256 of the key in hexadecimal. */
  readonly hash: string;
  /** Grows with every change, in the order in which they were committed. */
  readonly revision: number;
}

export interface CreatedKey {
  readonly key: ServerKey;
  /** Shown once: the store has only its hash. */
  readonly text: string;
}

/** Why a key was not created. */
export type KeyRefusal = 'too_many' | 'no_seller';

/** What is done to a key, and the entry of the audit log that is written with it. */
export interface ServerKeyStore {
  /**
   * Stores a key whose text depends on its id.
   *
   * @returns `too_many` at {@link KEYS_PER_SELLER_MAX} or {@link KEYS_MAX}, `no_seller` for an account that was removed or
   *   does not belong to a seller; then nothing is written.
   */
  create(
    key: NewServerKey,
    createdAtMs: number,
    textOf: (id: number) => string,
    entry: (id: number) => AuditEntry,
  ): Promise<CreatedKey | KeyRefusal>;
  /** Ascending by id, revoked and expired ones included. */
  list(sellerId: MemberId | undefined): Promise<ServerKey[]>;
  /** Safe to repeat. @param sellerId whose key it has to be; `undefined`: any seller's. */
  revoke(id: number, sellerId: MemberId | undefined, entry: AuditEntry): Promise<'revoked' | 'unknown'>;
  /** The last change of all. */
  head(): Promise<ChangeHead>;
  /** Ascending by revision, those above `revision`, up to `limit`. */
  changesAfter(revision: number, limit: number): Promise<KeyChange[]>;
}

/** The text of a new key. 43 digits of 62 are 256 bits. */
export function newKeyText(id: number): string {
  const secret = Array.from({ length: SECRET_LENGTH }, () => DIGITS[randomInt(DIGITS.length)]).join('');
  return `${KEY_PREFIX}${id}_${secret}`;
}

export function hashOfKey(text: string): string {
  return createHash('sha256').update(text).digest('hex');
}

/** What every process knows of the keys. */
export class ServerKeys {
  readonly #keys: FollowedMap<number, KeyChange>;
  readonly #poll: RepeatedPoll;
  readonly #clock: Clock;

  constructor(ports: {
    readonly serverKeys: Pick<ServerKeyStore, 'head' | 'changesAfter'>;
    readonly scheduler: Pick<Scheduler, 'every'>;
    readonly clock: Clock;
    onFault(fault: unknown): void;
  }) {
    this.#clock = ports.clock;
    const { serverKeys } = ports;
    this.#keys = new FollowedMap(async (revision, limit) => {
      const changes = await serverKeys.changesAfter(revision, limit);
      return changes.map((change) => ({
        key: change.id,
        value: change.revokedAtMs === undefined ? change : undefined,
        revision: change.revision,
      }));
    });
    this.#poll = new RepeatedPoll(async () => this.#keys.catchUp(await serverKeys.head()), ports);
  }

  /** @throws StoreUnavailableError when the first read fails: a revoked key might be taken for a valid one. */
  start(): Promise<void> {
    return this.#poll.start();
  }

  stop(): void {
    this.#poll.stop();
  }

  /** Resolves when what was committed before this call is known here. */
  refresh(): Promise<void> {
    return this.#poll.fresh();
  }

  /** The key behind this text; `undefined` for one that is wrong, revoked or expired. */
  verify(text: string): ServerKey | undefined {
    const [, id] = keyPattern.exec(text) ?? [];
    const key = id === undefined ? undefined : this.#keys.get(Number(id));
    if (key === undefined) return undefined;
    if (!timingSafeEqual(Buffer.from(key.hash), Buffer.from(hashOfKey(text)))) return undefined;
    return key.expiresAtMs !== undefined && key.expiresAtMs <= this.#clock.nowMs() ? undefined : key;
  }
}
