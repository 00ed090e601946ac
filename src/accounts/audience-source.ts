/** Reads the lists of members for the copies in memory: whole once, then changes by revision. */
import type { CouponId, MemberId } from '../engine/domain/coupon.js';
import type { AudienceHead, AudienceStore } from './audiences.js';
import { type ChangePlace, continues, isPlaceAt, placeAt, tokenOf } from './change-history.js';
import type { MemberSetSource, SetChange, SetState } from './member-sets.js';

const PAGE_MEMBERS = 10_000;
/** A revision changes up to 2,000 members, so a question of this many has at most 20,000 rows. */
const REVISIONS_PER_QUESTION = 10;

type AudienceReads = Pick<AudienceStore, 'heads' | 'members' | 'changes'>;

/** A coupon that never had a list. */
const NO_LIST: AudienceHead = { members: 0, revision: 0, tokens: '' };

export class AudienceSource implements MemberSetSource {
  readonly #store: AudienceReads;

  constructor(store: AudienceReads) {
    this.#store = store;
  }

  async state(couponId: CouponId): Promise<SetState> {
    const head = (await this.#store.heads([couponId])).get(couponId) ?? NO_LIST;
    return { members: head.members, place: placeAt(head) };
  }

  /** Changes that are committed while pages are read have a revision above that of the state, and are read again as changes. */
  async *pages(couponId: CouponId): AsyncIterable<readonly MemberId[]> {
    let after = '';
    for (;;) {
      const page = await this.#store.members(couponId, after, PAGE_MEMBERS);
      yield page;
      if (page.length < PAGE_MEMBERS) return;
      after = page.at(-1) ?? after;
    }
  }

  /** A list whose last known change may be lost is stale: a failover gives its revision again. */
  async changes(known: ReadonlyMap<CouponId, ChangePlace>) {
    const changes: SetChange[] = [];
    const stale: CouponId[] = [];
    const heads = await this.#store.heads([...known.keys()]);
    for (const [couponId, place] of known) {
      const head = heads.get(couponId) ?? NO_LIST;
      if (isPlaceAt(head, place)) continue;
      if (continues(head, place)) changes.push(...(await this.#changesOf(couponId, place, head)));
      else stale.push(couponId);
    }
    return { changes, stale };
  }

  async #changesOf(couponId: CouponId, place: ChangePlace, head: AudienceHead): Promise<SetChange[]> {
    const changes: SetChange[] = [];
    let after = place.revision;
    while (after < head.revision) {
      const upTo = Math.min(head.revision, after + REVISIONS_PER_QUESTION);
      const members = await this.#store.changes(couponId, after, upTo);
      changes.push({
        couponId,
        place: { revision: upTo, token: tokenOf(head, upTo) },
        added: members.filter(({ isMember }) => isMember).map(({ memberId }) => memberId),
        removed: members.filter(({ isMember }) => !isMember).map(({ memberId }) => memberId),
      });
      after = upTo;
    }
    return changes;
  }
}
