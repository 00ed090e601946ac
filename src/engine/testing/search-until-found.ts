/** Repeats the search for a planted bug: one search over random interleavings may meet none that shows it. */

const SEARCHES_MAX = 30;

/** @returns the findings of the first search that has any; empty when none has. */
export async function searchUntilFound<Finding>(
  search: () => Promise<readonly Finding[]>,
): Promise<readonly Finding[]> {
  for (let searches = 0; searches < SEARCHES_MAX; searches++) {
    const findings = await search();
    if (findings.length > 0) return findings;
  }
  return [];
}
