/**
 * Reports whether every running process understands what this version has added.
 *
 * A process of the previous version cannot read a holder of a further unit: it would call the store corrupt. So a seller cannot set
 * `perMember` above 1 during a rolling upgrade (docs/adr/0087).
 */
export interface RunningProcesses {
  /** False also where it is not certain. @throws StoreUnavailableError, StoreOutcomeUnknownError: nothing was changed. */
  allKnowUnits(): Promise<boolean>;
}

/** With the embedded back end there is no other process. */
export const soleProcess: RunningProcesses = { allKnowUnits: () => Promise.resolve(true) };
