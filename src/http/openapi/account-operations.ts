/** Describes the routes for accounts. */
import { forAccounts, forAnyone, storeless } from './operation.js';
import type { Operation } from './operation.js';

export const accountOperations: Readonly<Record<string, Operation>> = {
  'POST /v1/accounts': forAnyone({
    id: 'signUp',
    tag: 'Accounts',
    summary: 'Sign up',
    body: 'NewAccount',
    answers: { 201: { description: 'The account.', json: 'Account' } },
    problems: [
      'seller_signup_closed',
      'member_signup_closed',
      'rate_limited',
      'sessions_disabled',
      'email_taken',
      'busy',
    ],
  }),
  'POST /v1/sessions': forAnyone({
    id: 'signIn',
    tag: 'Accounts',
    summary: 'Sign in',
    body: 'NewSession',
    answers: { 200: { description: 'An access token.', json: 'Session' } },
    problems: ['invalid_credentials', 'account_locked', 'sessions_disabled', 'busy'],
  }),
  'POST /v1/password-resets': forAnyone({
    id: 'requestPasswordReset',
    tag: 'Accounts',
    summary: 'Ask for a link that sets a new password',
    description:
      'The link is sent to the address if it has an account, and is valid for an hour, once. The answer is the same for every address. ' +
      'Where the installation sends no mail, the operator makes the link: `seonchak account reset`.',
    body: 'NewPasswordReset',
    answers: { 202: { description: 'The request is accepted.', json: 'Accepted' } },
    problems: ['reset_by_operator', 'sessions_disabled'],
  }),
  'POST /v1/passwords': forAnyone({
    id: 'setPassword',
    tag: 'Accounts',
    summary: 'Set a new password with a link',
    description: 'Uses the link up and ends every session of the account.',
    body: 'NewPassword',
    answers: { 200: { description: 'The password is set.', json: 'PasswordSet' } },
    problems: ['reset_invalid', 'sessions_disabled', 'busy'],
  }),
  'GET /v1/signup': storeless({
    id: 'showSignUp',
    tag: 'Accounts',
    summary: 'Show who can sign up here',
    description: '`accounts` is false where an outside identity provider signs everyone in.',
    answers: { 200: { description: 'Who can sign up.', json: 'SignUp' } },
  }),
  'GET /v1/me': forAccounts({
    id: 'showOwnAccount',
    tag: 'Accounts',
    summary: 'Show your account',
    answers: { 200: { description: 'The account.', json: 'OwnAccount' } },
    problems: ['no_account'],
  }),
  'POST /v1/me/password': forAccounts({
    id: 'changePassword',
    tag: 'Accounts',
    summary: 'Change your password',
    description:
      'Ends every session of the account, on every process within a second. The answer carries the access token of a new one.',
    body: 'PasswordChange',
    answers: { 200: { description: 'The access token of a new session.', json: 'Session' } },
    problems: ['wrong_password', 'no_account'],
  }),
  'POST /v1/me/delete': forAccounts({
    id: 'deleteAccount',
    tag: 'Accounts',
    summary: 'Delete your account',
    description:
      'Ends every session, revokes the server keys and removes the webhooks. Coupons and issuances stay under the id of the account, ' +
      'which is never given to another one. A seller closes its coupons first.',
    body: 'Deletion',
    answers: { 200: { description: 'The account is deleted.', json: 'AccountDeleted' } },
    problems: ['wrong_password', 'no_account', 'coupons_open'],
  }),
};
