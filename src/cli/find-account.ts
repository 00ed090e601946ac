/** Finds the account that an operator names by its e-mail address or id. */
import { accountIdOf, accountRowOf } from '../accounts/account-id.js';
import type { Account } from '../accounts/accounts.js';
import { emailAddress } from '../http/wire/account-schemas.js';
import type { Config } from '../config/config.js';
import type { Stores } from '../server/stores.js';
import { CommandFailedError, UsageError } from './exit-codes.js';

/** @throws CommandFailedError when there is none. */
export async function findAccount(stores: Pick<Stores, 'accounts'>, name: string): Promise<Account> {
  const account = await accountNamed(stores, name);
  if (account === undefined)
    throw new CommandFailedError(
      `No account has the e-mail address or id ${name}. \`seonchak account list\` lists them.`,
    );
  return account;
}

/** @returns `undefined` where there is none. */
export async function accountNamed(
  { accounts }: Pick<Stores, 'accounts'>,
  name: string,
): Promise<Account | undefined> {
  const row = accountRowOf(name);
  if (row !== undefined) return accounts.find(row);
  const email = emailAddress.safeParse(name);
  return email.success ? accounts.findByEmail(email.data) : undefined;
}

export function accountLabel({ id, email, role }: Pick<Account, 'id' | 'email' | 'role'>): string {
  return `${accountIdOf(id)} (${email}, ${role})`;
}

/** @throws UsageError where accounts belong to an outside identity provider. */
export function requireOwnAccounts(config: Config): void {
  if (config.jwtJwksUrl !== undefined)
    throw new UsageError('Accounts are managed by the identity provider of JWT_JWKS_URL. Use its tools.');
}
