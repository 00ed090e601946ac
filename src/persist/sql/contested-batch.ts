/** Decides, without side effects, what happens to each issuance of a batch with duplicates. */
import type { Issuance } from '../../engine/domain/coupon.js';

/** Why an issuance cannot become a row; kept in `dead_letter.reason`. */
export const deadReasons = {
  numberTaken: 'the number belongs to another member or unit',
  holderHasAnother: 'the member holds another number of this coupon for this unit',
} as const;

export interface Existing {
  /** Rows of the numbers and of the members of the batch. */
  readonly rows: readonly Pick<Issuance, 'issueNo' | 'holder'>[];
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
export function judge(batch: readonly Issuance[], existing: Existing): Verdicts {
  const holderAt = new Map(existing.rows.map((row) => [row.issueNo, row.holder]));
  const numberOf = new Map(existing.rows.map((row) => [row.holder, row.issueNo]));
  const toInsert: Issuance[] = [];
  const dead: { issuance: Issuance; reason: string }[] = [];
  let replayed = 0;
  let revoked = 0;
  for (const issuance of batch) {
    const { issueNo, holder } = issuance;
    const recorded = holderAt.get(issueNo);
    if (existing.revokedNumbers.has(issueNo)) revoked++;
    else if (recorded === holder) replayed++;
    else if (recorded !== undefined) dead.push({ issuance, reason: deadReasons.numberTaken });
    else if (numberOf.has(holder)) dead.push({ issuance, reason: deadReasons.holderHasAnother });
    else {
      toInsert.push(issuance);
      holderAt.set(issueNo, holder);
      numberOf.set(holder, issueNo);
    }
  }
  return { toInsert, dead, replayed, revoked };
}
