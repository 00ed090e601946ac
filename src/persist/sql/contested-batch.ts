/** Decides, without side effects, what happens to each issuance of a batch with duplicates. */
import type { Issuance, MemberId } from '../../engine/domain/coupon.js';

/** Why an issuance cannot become a row; kept in `dead_letter.reason`. */
export const deadReasons = {
  numberTaken: 'the number belongs to another member',
  memberHoldsAnother: 'the member holds another number of this coupon',
} as const;

export interface Existing {
  /** Rows of the numbers and of the members of the batch. */
  readonly rows: readonly { readonly issueNo: number; readonly memberId: MemberId }[];
  readonly revokedNumbers: ReadonlySet<number>;
}

export interface Verdicts {
  readonly toInsert: readonly Issuance[];
  readonly dead: readonly { readonly issuance: Issuance; readonly reason: string }[];
  readonly replayed: number;
  readonly revoked: number;
}

/**
 * In the order of the batch, so of two that exclude each other the first is recorded. No existing row is ever
 * overwritten.
 */
export function judge(batch: readonly Issuance[], standing: Existing): Verdicts {
  const memberAt = new Map(standing.rows.map((row) => [row.issueNo, row.memberId]));
  const numberOf = new Map(standing.rows.map((row) => [row.memberId, row.issueNo]));
  const toInsert: Issuance[] = [];
  const dead: { issuance: Issuance; reason: string }[] = [];
  let replayed = 0;
  let revoked = 0;
  for (const issuance of batch) {
    const { issueNo, memberId } = issuance;
    const holder = memberAt.get(issueNo);
    if (standing.revokedNumbers.has(issueNo)) revoked++;
    else if (holder === memberId) replayed++;
    else if (holder !== undefined) dead.push({ issuance, reason: deadReasons.numberTaken });
    else if (numberOf.has(memberId)) dead.push({ issuance, reason: deadReasons.memberHoldsAnother });
    else {
      toInsert.push(issuance);
      memberAt.set(issueNo, memberId);
      numberOf.set(memberId, issueNo);
    }
  }
  return { toInsert, dead, replayed, revoked };
}
