/** Reads the lists of members for the copies in memory: whole once, then changes by revision. */
import type { CouponId, MemberId } from '../engine/domain/coupon.js';
import type { AudienceStore } from './audiences.js';
import type { MemberSetSource, SetChange, SetState } from './member-sets.js';

const PAGE_MEMBERS = 10_000;
/** A revision changes up to 2,000 members, so a question of this many has at most 20,000 rows. */
const REVISIONS_PER_QUESTION = 10;

type AudienceReads = Pick<AudienceStore, 'audiences' | 'members' | 'changes'>;

export class AudienceSource implements MemberSetSource {
  readonly #store: AudienceReads;

  constructor(store: AudienceReads) {
    this.#store = store;
  }

  async state(couponId: CouponId): Promise<SetState> {
    const [audience] = await this.#store.audiences([couponId]);
    return { members: audience?.members ?? 0, revision: audience?.revision ?? 0 };
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

  async changes(known: ReadonlyMap<CouponId, number>) {
    const changes: SetChange[] = [];
    for (const { couponId, revision } of await this.#store.audiences([...known.keys()])) {
      let after = known.get(couponId) ?? 0;
      while (after < revision) {
        const upTo = Math.min(revision, after + REVISIONS_PER_QUESTION);
        const members = await this.#store.changes(couponId, after, upTo);
        changes.push({
          couponId,
          revision: upTo,
          added: members.filter(({ isMember }) => isMember).map(({ memberId }) => memberId),
          removed: members.filter(({ isMember }) => !isMember).map(({ memberId }) => memberId),
        });
        after = upTo;
      }
    }
    return { changes, stale: [] };
  }
}
