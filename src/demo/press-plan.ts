/** Plans when each member of the demo presses: mostly at the opening, some early, some twice. */

export interface PlannedPress {
  readonly memberId: string;
  /** After the opening, milliseconds; below zero for those who cannot wait. */
  readonly atMs: number;
}

/** Shares of the members who try before the opening, and who press a second time to be sure. */
const EARLY_SHARE = 0.1;
const TWICE_SHARE = 0.3;
const EARLY_BY_MS_MAX = 3_000;
const SECOND_PRESS_AFTER_MS = 1_500;

/** Above 1, arrivals are the thicker the nearer the opening; at 2 half of the crowd would be there in a quarter of the time. */
const CROWDING = 1.5;

/** @returns every press in the order of time. */
export function planPresses(members: number, overMs: number): readonly PlannedPress[] {
  const presses: PlannedPress[] = [];
  for (let member = 1; member <= members; member++) {
    const memberId = String(member);
    const arrivesAtMs = Math.random() ** CROWDING * overMs;
    presses.push({ memberId, atMs: arrivesAtMs });
    if (Math.random() < EARLY_SHARE) presses.push({ memberId, atMs: -Math.random() * EARLY_BY_MS_MAX });
    if (Math.random() < TWICE_SHARE) presses.push({ memberId, atMs: arrivesAtMs + SECOND_PRESS_AFTER_MS });
  }
  return presses.sort((one, other) => one.atMs - other.atMs);
}
