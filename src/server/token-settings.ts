/** Reads from the configuration which signers are trusted, for the server and for `seonchak tokens`. */
import type { Config } from '../config/config.js';
import { existingDataDir, prepareDataDir } from '../persist/sqlite/data-dir.js';
import { readOrCreateSecret } from '../persist/sqlite/secret.js';
import type { TokenSettings } from '../http/auth/token-settings.js';

/**
 * JWT_JWKS_URL, else JWT_SECRET, else (embedded only, the configuration sees to that) the secret kept in DATA_DIR.
 *
 * @param dataDir `create` makes the folder and the secret if need be; `existing` is for commands.
 * @throws SecretUnusableError, DataDirUnwritableError, DataDirMissingError
 */
export function tokenSettings(config: Config, dataDir: 'create' | 'existing'): Promise<TokenSettings> {
  const policy = {
    issuer: config.jwtIssuer,
    audiences: config.jwtAudiences,
    clockToleranceSeconds: config.jwtClockToleranceSeconds,
    claimNames: config.jwtClaimNames,
    memberClaims: config.memberClaims,
  };
  if (config.jwtJwksUrl !== undefined) {
    return Promise.resolve({ ...policy, jwksUrl: new URL(config.jwtJwksUrl) });
  }
  const secret =
    config.jwtSecret ??
    readOrCreateSecret((dataDir === 'create' ? prepareDataDir : existingDataDir)(config.dataDir));
  return Promise.resolve({ ...policy, secret: Buffer.from(secret) });
}

/** The settings of presence tickets: PRESENCE_JWKS_URL or PRESENCE_SECRET; `undefined` without either. */
export function presenceSettings(config: Config): TokenSettings | undefined {
  const policy = {
    issuer: config.presenceIssuer,
    audiences: [config.presenceAudience],
    memberClaims: config.memberClaims,
    clockToleranceSeconds: config.jwtClockToleranceSeconds,
  };
  if (config.presenceJwksUrl !== undefined) return { ...policy, jwksUrl: new URL(config.presenceJwksUrl) };
  if (config.presenceSecret !== undefined) return { ...policy, secret: Buffer.from(config.presenceSecret) };
  return undefined;
}
