/** Names the failures that an acknowledged issuance survives (promise I3), weakest level first. */
export const durabilityLevels = ['memory', 'fsync', 'replica'] as const;
export type DurabilityLevel = (typeof durabilityLevels)[number];
