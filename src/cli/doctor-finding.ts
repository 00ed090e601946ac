/** Defines what a check of `seonchak doctor` reports. */

export interface Finding {
  /** `warning`: an event is possible; `failed`: it is not, or issuances are at risk. */
  readonly state: 'ok' | 'warning' | 'failed';
  /** What was checked, in a word. */
  readonly check: string;
  /** What was found and, where it is not in order, what to do. */
  readonly text: string;
}
