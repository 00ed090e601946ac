/**
 * Keeps sets of members of coupons in memory, loaded when they are first needed and followed afterwards.
 *
 * Lists that coupons are limited to are such sets, and so are the holders of coupons that exclude members from others.
 * Until a set is loaded the answer is "not loaded", never a guess. All sets together are bounded (`MemberRoom`); one
 * that was asked about by no download for a minute makes room for another.
 */
import type { Clock, Scheduler } from '../engine/domain/clock.js';
import type { CouponId, MemberId } from '../engine/domain/coupon.js';
import { Tally } from '../engine/domain/counters.js';
import type { ChangePlace } from './change-history.js';
import { RepeatedPoll } from './repeated-poll.js';

/** A set that cannot be loaded is tried again after this. */
const RETRY_LOAD_MS = 500;
/** A set that was asked about more recently makes room for no other. */
const IN_USE_MS = 60_000;

/** A state of a set that can be read now. */
export interface SetState {
  readonly members: number;
  /** Where the set's content is in its history. The source defines what its revision counts. */
  readonly place: ChangePlace;
}

export interface SetChange {
  readonly couponId: CouponId;
  readonly place: ChangePlace;
  readonly added: readonly MemberId[];
  readonly removed: readonly MemberId[];
}

/** @throws StoreUnavailableError from every method. */
export interface MemberSetSource {
  /** `undefined`: it cannot be read yet. */
  state(couponId: CouponId): Promise<SetState | undefined>;
  /** Reads at least the content of the state; what came after may be in it. */
  pages(couponId: CouponId, state: SetState): AsyncIterable<readonly MemberId[]>;
  /** What has changed since these places; `stale` sets have to be read anew. */
  changes(
    known: ReadonlyMap<CouponId, ChangePlace>,
  ): Promise<{ readonly changes: readonly SetChange[]; readonly stale: readonly CouponId[] }>;
}

/** A set that may be removed from memory, with when it was last asked about. */
interface RemovableSet {
  readonly askedAtMs: number;
  remove(): void;
}

/** Members in memory, of all sets of a process together, whatever they are sets of. */
export class MemberRoom {
  readonly max: number;
  used = 0;
  readonly #idle: (() => RemovableSet[])[] = [];

  constructor(max: number) {
    this.max = max;
  }

  /** @param idle lists sets that may make room for others now. */
  join(idle: () => RemovableSet[]): void {
    this.#idle.push(idle);
  }

  /** Reserves room, for which idle sets are removed, the longest idle first. @returns whether there is enough. */
  reserve(members: number): boolean {
    const idle = this.#idle.flatMap((list) => list());
    for (const set of idle.sort((one, other) => one.askedAtMs - other.askedAtMs)) {
      if (this.used + members <= this.max) break;
      set.remove();
    }
    if (this.used + members > this.max) return false;
    this.used += members;
    return true;
  }
}

export interface MemberSetsPorts {
  readonly source: MemberSetSource;
  readonly room: MemberRoom;
  readonly clock: Pick<Clock, 'monotonicMs'>;
  readonly scheduler: Pick<Scheduler, 'every'>;
  /** Whether any rule still needs this set. */
  isWanted(couponId: CouponId): boolean;
  /** Called when a read fails: sets already known stay as they are. */
  onFault(fault: unknown): void;
  /** Called when a set does not fit into memory beside those in use. */
  onTooLarge(couponId: CouponId, members: number): void;
}

interface LoadedSet {
  members: Set<MemberId>;
  place: ChangePlace;
  askedAtMs: number;
}

/** Load times, milliseconds: 1 ms up to a minute. */
const LOAD_BOUNDS_MS = [10, 50, 100, 250, 500, 1_000, 2_500, 5_000, 10_000, 30_000, 60_000];

export class MemberSets {
  readonly loadMs = new Tally(LOAD_BOUNDS_MS);
  readonly #ports: MemberSetsPorts;
  readonly #loaded = new Map<CouponId, LoadedSet>();
  /** In the order in which they were asked about. */
  readonly #toLoad = new Set<CouponId>();
  readonly #retryAtMs = new Map<CouponId, number>();
  /** When each set that was asked about last did not fit. */
  readonly #tooLargeAtMs = new Map<CouponId, number>();
  readonly #poll: RepeatedPoll;
  #loading = false;

  constructor(ports: MemberSetsPorts) {
    this.#ports = ports;
    this.#poll = new RepeatedPoll(() => this.#catchUp(), ports);
    ports.room.join(() => this.#idleSets());
  }

  /** Follows the sets that will be loaded. */
  start(): Promise<void> {
    return this.#poll.start();
  }

  stop(): void {
    this.#poll.stop();
  }

  /** What was committed before this call is known here afterwards, in the sets that are loaded. @throws StoreUnavailableError */
  refresh(): Promise<void> {
    return this.#poll.fresh();
  }

  /** Members of all sets that are loaded. */
  get size(): number {
    let members = 0;
    for (const set of this.#loaded.values()) members += set.members.size;
    return members;
  }

  /** Sets that were asked about within the last minute and do not fit into memory beside those in use. */
  get tooLarge(): number {
    const sinceMs = this.#ports.clock.monotonicMs() - IN_USE_MS;
    for (const [couponId, atMs] of this.#tooLargeAtMs)
      if (atMs < sinceMs) this.#tooLargeAtMs.delete(couponId);
    return this.#tooLargeAtMs.size;
  }

  /** `not_loaded`: it is being loaded from now on. */
  has(couponId: CouponId, memberId: MemberId): boolean | 'not_loaded' {
    const set = this.#loaded.get(couponId);
    if (set === undefined) {
      this.want(couponId);
      return 'not_loaded';
    }
    set.askedAtMs = this.#ports.clock.monotonicMs();
    return set.members.has(memberId);
  }

  /** Loads the set unless it is loaded, or was tried a moment ago. */
  want(couponId: CouponId): void {
    if (this.#loaded.has(couponId) || this.#toLoad.has(couponId)) return;
    if (this.#ports.clock.monotonicMs() < (this.#retryAtMs.get(couponId) ?? 0)) return;
    this.#toLoad.add(couponId);
    if (!this.#loading) void this.#loadAll();
  }

  /** One at a time: a process that has just started must not read all of its lists at once. */
  async #loadAll(): Promise<void> {
    this.#loading = true;
    for (const couponId of this.#toLoad) {
      try {
        await this.#load(couponId);
      } catch (fault) {
        this.#ports.onFault(fault);
      }
      this.#toLoad.delete(couponId);
      if (this.#loaded.has(couponId)) this.#retryAtMs.delete(couponId);
      else this.#retryAtMs.set(couponId, this.#ports.clock.monotonicMs() + RETRY_LOAD_MS);
    }
    this.#loading = false;
  }

  async #load(couponId: CouponId): Promise<void> {
    const { source, room, clock } = this.#ports;
    const sinceMs = clock.monotonicMs();
    const state = await source.state(couponId);
    if (state === undefined) {
      this.#drop(couponId);
      return;
    }
    const before = this.#loaded.get(couponId);
    // Sets of two kinds may be loaded at once, so the room is taken before the members are there.
    const reserved = state.members - (before?.members.size ?? 0);
    if (!room.reserve(reserved)) {
      this.#tooLargeAtMs.set(couponId, clock.monotonicMs());
      this.#ports.onTooLarge(couponId, state.members);
      return;
    }
    this.#tooLargeAtMs.delete(couponId);
    const members = new Set<MemberId>();
    try {
      for await (const page of source.pages(couponId, state))
        for (const memberId of page) members.add(memberId);
    } finally {
      room.used -= reserved;
    }
    // The set before may have been removed, or have changed, meanwhile.
    this.#drop(couponId);
    room.used += members.size;
    const askedAtMs = before?.askedAtMs ?? clock.monotonicMs();
    this.#loaded.set(couponId, { members, place: state.place, askedAtMs });
    this.loadMs.add(clock.monotonicMs() - sinceMs);
  }

  /** One that is being read anew counts as in use. */
  #idleSets(): RemovableSet[] {
    const sinceMs = this.#ports.clock.monotonicMs() - IN_USE_MS;
    return [...this.#loaded]
      .filter(([couponId, { askedAtMs }]) => askedAtMs < sinceMs && !this.#toLoad.has(couponId))
      .map(([couponId, { askedAtMs }]) => ({ askedAtMs, remove: () => this.#drop(couponId) }));
  }

  #drop(couponId: CouponId): void {
    this.#ports.room.used -= this.#loaded.get(couponId)?.members.size ?? 0;
    this.#loaded.delete(couponId);
  }

  async #catchUp(): Promise<void> {
    const { source, room } = this.#ports;
    for (const couponId of this.#loaded.keys()) if (!this.#ports.isWanted(couponId)) this.#drop(couponId);
    if (this.#loaded.size === 0) return;
    const known = new Map([...this.#loaded].map(([couponId, { place }]) => [couponId, place]));
    const { changes, stale } = await source.changes(known);
    for (const { couponId, place, added, removed } of changes) {
      const set = this.#loaded.get(couponId);
      // Loaded anew since the question was sent.
      if (set === undefined || set.place.revision >= place.revision) continue;
      const before = set.members.size;
      for (const memberId of added) set.members.add(memberId);
      for (const memberId of removed) set.members.delete(memberId);
      room.used += set.members.size - before;
      set.place = place;
    }
    for (const couponId of stale) {
      // The old content answers until the new one is there.
      this.#toLoad.add(couponId);
      if (!this.#loading) void this.#loadAll();
    }
  }
}
