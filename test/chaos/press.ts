/** Defines one call of one member as the client saw it, the input of the checker. */

export interface Press {
  readonly memberId: string;
  /** Monotonic, of the one process in which all clients run. */
  readonly invokedMs: number;
  /** When the answer was complete; `undefined`: it was lost. */
  readonly answeredMs: number | undefined;
  /** `issued`, `already_issued`, or the code of a problem; `lost` without an answer. */
  readonly outcome: string;
  readonly issueNo: number | undefined;
  /** By the store's clock: when the issuance was made, or when a coupon that is not open opens. */
  readonly storeMs: number | undefined;
}

const indefinite: ReadonlySet<string> = new Set([
  'lost',
  'busy',
  'not_ready',
  'outcome_unknown',
  'shutting_down',
  'rate_limited',
]);

/** Whether the member knows now; otherwise it asks again. */
export function isDefinite(press: Press): boolean {
  return !indefinite.has(press.outcome);
}
