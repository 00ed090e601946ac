/** Makes the one-time link that sets a new password of an account. */
import { accountIdOf } from '../../accounts/account-id.js';
import type { Account, AccountStore } from '../../accounts/accounts.js';
import { newPasswordLink, passwordLinkUrl, RESET_LIFETIME_MS } from '../../accounts/password-link.js';
import type { AuditActor } from '../../engine/ports/audit-log.js';

export interface ResetLink {
  readonly link: string;
  readonly expiresAtMs: number;
}

/** @returns `undefined` where the account was deleted meanwhile. */
export async function issueResetLink(
  accounts: Pick<AccountStore, 'insertReset'>,
  { id }: Account,
  publicUrl: string,
  { atMs, actor, mail }: { readonly atMs: number; readonly actor: AuditActor; readonly mail: boolean },
): Promise<ResetLink | undefined> {
  const { text, hash } = newPasswordLink();
  const expiresAtMs = atMs + RESET_LIFETIME_MS;
  const stored = await accounts.insertReset(
    { accountId: id, hash, expiresAtMs },
    { atMs, actor, action: 'password_reset_sent', target: `account ${accountIdOf(id)}`, detail: { mail } },
  );
  return stored ? { link: passwordLinkUrl(publicUrl, text), expiresAtMs } : undefined;
}
