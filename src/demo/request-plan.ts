/** Plans when each member of the demo requests: mostly at the opening, some early, some twice. */

export interface PlannedRequest {
  readonly memberId: string;
  /** After the opening, milliseconds; below zero for those who cannot wait. */
  readonly atMs: number;
}

/** Shares of the members who try before the opening, and who request a second time to be sure. */
const EARLY_SHARE = 0.1;
const TWICE_SHARE = 0.3;
const EARLY_BY_MS_MAX = 3_000;
const SECOND_REQUEST_AFTER_MS = 1_500;

/** Above 1, arrivals are the thicker the nearer the opening; at 2 half of the crowd would be there in a quarter of the time. */
const CROWDING = 1.5;

/** @returns every request in the order of time. */
export function planRequests(members: number, overMs: number): readonly PlannedRequest[] {
  const requests: PlannedRequest[] = [];
  for (let member = 1; member <= members; member++) {
    const memberId = String(member);
    const arrivesAtMs = Math.random() ** CROWDING * overMs;
    requests.push({ memberId, atMs: arrivesAtMs });
    if (Math.random() < EARLY_SHARE) requests.push({ memberId, atMs: -Math.random() * EARLY_BY_MS_MAX });
    if (Math.random() < TWICE_SHARE) requests.push({ memberId, atMs: arrivesAtMs + SECOND_REQUEST_AFTER_MS });
  }
  return requests.sort((one, other) => one.atMs - other.atMs);
}
