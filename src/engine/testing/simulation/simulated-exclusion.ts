/**
 * Simulates members who are excluded from a coupon because they hold another one, which is closed.
 *
 * Every process reads the holders with the engine's own code once the other coupon is closed, and follows them, as the sets of an API process
 * do: what it knows stays while it cannot read. Until it knows them no member gets an answer.
 */
import type { CouponId, MemberId } from '../../domain/coupon.js';
import type { DoorRefusal } from '../../domain/download.js';
import { StoreOutcomeUnknownError, StoreUnavailableError } from '../../domain/errors.js';
import type { FinalHolders, FinalHoldersPorts, HoldersState } from '../../feed/final-holders.js';
import type { SimulatedProcess } from './simulated-process.js';

const FOLLOW_MS = 25;

const NOT_ISSUED: DoorRefusal = Object.freeze({ outcome: 'not_eligible', rule: 'not_issued' });

/** What a process reads holders with. */
export type HolderReader = Pick<FinalHolders, 'state' | 'pages' | 'changes'>;

/** The part of an API process that is needed here. */
export interface FollowingProcess {
  readonly process: Pick<SimulatedProcess, 'every'>;
  readonly holders: HolderReader;
}

interface KnownHolders {
  readonly place: HoldersState['place'];
  readonly members: ReadonlySet<MemberId>;
}

export class SimulatedExclusion {
  readonly other: CouponId;
  readonly #known = new Map<FollowingProcess, KnownHolders>();
  readonly #followed = new Set<FollowingProcess>();

  constructor(other: CouponId) {
    this.other = other;
  }

  judge(api: FollowingProcess, memberId: MemberId): DoorRefusal | 'not_loaded' | undefined {
    this.follow(api);
    const known = this.#known.get(api);
    if (known === undefined) return 'not_loaded';
    return known.members.has(memberId) ? NOT_ISSUED : undefined;
  }

  isKnownTo(api: FollowingProcess): boolean {
    return this.#known.has(api);
  }

  /** From now on, for as long as the process lives. */
  follow(api: FollowingProcess): void {
    if (this.#followed.has(api)) return;
    this.#followed.add(api);
    let reading = false;
    const readNow = (): void => {
      if (reading) return;
      reading = true;
      this.#catchUp(api).then(
        () => (reading = false),
        (fault: unknown) => {
          reading = false;
          if (!(fault instanceof StoreUnavailableError || fault instanceof StoreOutcomeUnknownError))
            throw fault;
        },
      );
    };
    readNow();
    api.process.every(FOLLOW_MS, readNow);
  }

  async #catchUp(api: FollowingProcess): Promise<void> {
    const known = this.#known.get(api);
    if (known !== undefined) {
      const { stale } = await api.holders.changes(new Map([[this.other, known.place]]));
      if (stale.length === 0) return;
    }
    const state = await api.holders.state(this.other);
    if (state === undefined) {
      this.#known.delete(api);
      return;
    }
    const members = new Set<MemberId>();
    for await (const page of api.holders.pages(this.other))
      for (const memberId of page) members.add(memberId);
    this.#known.set(api, { place: state.place, members });
  }
}

/** Sellers of these histories move windows as they like, so only a coupon that is closed is over. */
export function whereOnlyClosedIsOver(
  admission: FinalHoldersPorts['admission'],
): FinalHoldersPorts['admission'] {
  return {
    snapshots: async (couponIds) =>
      (await admission.snapshots(couponIds)).map(
        (snapshot) => snapshot && { ...snapshot, closesAtMs: undefined },
      ),
  };
}
