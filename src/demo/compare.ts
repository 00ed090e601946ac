/** Compares the answers that members got with the rows of the database, once everything is idle. */
import type { CrowdRequest } from './crowd.js';

export interface RecordedIssuance {
  readonly memberId: string;
  readonly issueNo: number;
}

/** @returns what is wrong, one sentence each; empty when the promises were kept. */
export function compare(
  answers: readonly CrowdRequest[],
  rows: readonly RecordedIssuance[],
  quantity: number,
): readonly string[] {
  const faults: string[] = [];
  const recorded = new Map(rows.map(({ memberId, issueNo }) => [memberId, issueNo]));
  if (rows.length > quantity) faults.push(`${rows.length} rows for a quantity of ${quantity}`);
  if (recorded.size < rows.length) faults.push('a member has more than one row');
  rows.forEach(({ issueNo }, place) => {
    if (issueNo !== place + 1) faults.push(`number ${issueNo} is at place ${place + 1}`);
  });
  for (const { memberId, issueNo } of answers) {
    if (issueNo !== undefined && recorded.get(memberId) !== issueNo)
      faults.push(
        `member ${memberId} was issued ${issueNo}, but the row has ${recorded.get(memberId) ?? 'none'}`,
      );
  }
  if (answers.some(({ outcome }) => outcome === 'sold_out') && rows.length < quantity)
    faults.push(`"sold_out" was answered with ${quantity - rows.length} units left`);
  return faults;
}
