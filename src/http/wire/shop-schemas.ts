/** Defines the inputs of a shop's server: downloads on behalf of members, grants, server keys. */
import { z } from 'zod';
import { keyScopes } from '../../accounts/server-keys.js';
import { memberClaims } from './eligibility-schemas.js';
import { unit, name, instant } from './field-schemas.js';

export const shopDownloadInput = z.strictObject({
  claims: memberClaims.optional(),
  unit: unit.meta({ description: 'Which of the member’s units. Without it the first.' }),
});

export const GRANT_MEMBERS_MAX = 1_000;

export const grantInput = z.strictObject({
  memberIds: z
    .array(z.string().max(4 * 255))
    .min(1, 'must name at least one member')
    .max(GRANT_MEMBERS_MAX, `must name at most ${GRANT_MEMBERS_MAX} members`)
    .meta({ description: 'Each member once. The outcomes come in this order.' }),
  claims: memberClaims.optional().meta({ description: 'Claims that hold for every member in the list.' }),
});

const KEY_NAME_LENGTH_MAX = 100;

export const serverKeyInput = z.strictObject({
  name: name.max(KEY_NAME_LENGTH_MAX).meta({ description: 'For people: where the key is used.' }),
  scopes: z
    .array(z.enum(keyScopes, `must be of ${keyScopes.join(', ')}`))
    .min(1, 'must name at least one scope')
    .max(keyScopes.length)
    .refine((scopes) => new Set(scopes).size === scopes.length, 'must not name a scope twice'),
  expiresAt: instant.nullish(),
});
