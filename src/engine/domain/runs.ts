/** Puts adjacent numbers together, so that a statement or a script names a thousand of them by a few. */

/** First and last number of a run: every number between them belongs to it. */
export type Run = readonly [first: number, last: number];

/** In the order of the numbers; ascending ones without a gap are one run. */
export function runsOf(numbered: readonly { readonly issueNo: number }[]): Run[] {
  const runs: [number, number][] = [];
  let run: [number, number] | undefined;
  for (const { issueNo } of numbered) {
    if (run?.[1] === issueNo - 1) run[1] = issueNo;
    else runs.push((run = [issueNo, issueNo]));
  }
  return runs;
}
