/** One call of one member as the client saw it: what the checker believes. */

export interface Press {
  readonly memberId: string;
  /** Monotonic, of the one process in which all clients run. */
  readonly invokedMs: number;
  /** When the answer was complete; `undefined`: it was lost. */
  readonly answeredMs: number | undefined;
  /** `issued`, `already_issued`, or the code of a problem; `lost` without an answer. */
  readonly outcome: string;
  readonly issueNo: number | undefined;
}

const indefinite: ReadonlySet<string> = new Set([
  'lost',
  'busy',
  'not_ready',
  'outcome_unknown',
  'shutting_down',
]);

/** Whether the member knows now; otherwise it asks again. */
export function isDefinite(press: Press): boolean {
  return !indefinite.has(press.outcome);
}

/** Whether a press may have won without its member being told. */
export function mayHaveWon(press: Press): boolean {
  return press.outcome === 'lost' || press.outcome === 'outcome_unknown';
}
