/** Describes the routes for administrators. */
import { adminAccountsQuery, auditQuery } from '../wire/account-schemas.js';
import { couponListQuery } from '../wire/coupon-schemas.js';
import { forAdmins } from './operation.js';
import type { Operation } from './operation.js';

const CHECKED = {
  200: {
    description: 'The findings; with Accept NDJSON lines of progress, the last of which has the findings.',
    json: 'CouponCheck',
    text: ['application/x-ndjson'],
  },
} as const;

/** Describes the answer to a comparison that may take minutes. */
const PROGRESS =
  'As NDJSON the answer begins at once: lines `{"compared":…}` twice a second, and at the end `{"compared":…,"report":…}`. ' +
  'If the connection ends before the report, the result is unknown: send the request again. ';

export const adminOperations: Readonly<Record<string, Operation>> = {
  'GET /v1/admin/accounts': forAdmins({
    id: 'listAccounts',
    tag: 'Administrators',
    summary: 'List accounts',
    query: adminAccountsQuery,
    answers: { 200: { description: 'A page, ascending by id.', json: 'AccountPage' } },
  }),
  'POST /v1/admin/accounts/:accountId/disable': forAdmins({
    id: 'disableAccount',
    tag: 'Administrators',
    summary: 'Disable an account',
    description: 'Its sign-in, tokens and server keys are refused on every process within a second.',
    answers: { 200: { description: 'The account is disabled.', json: 'AccountState' } },
    problems: ['unknown_account', 'own_account', 'locks_too_many'],
  }),
  'POST /v1/admin/accounts/:accountId/enable': forAdmins({
    id: 'enableAccount',
    tag: 'Administrators',
    summary: 'Enable an account again',
    answers: { 200: { description: 'The account is enabled.', json: 'AccountState' } },
    problems: ['unknown_account'],
  }),
  'POST /v1/admin/accounts/:accountId/role': forAdmins({
    id: 'setAccountRole',
    tag: 'Administrators',
    summary: 'Change the role of an account',
    description:
      'Its sessions end on every process within a second, because tokens carry the role. ' +
      'The server keys of a former seller are revoked and its webhooks removed; its coupons stay.',
    body: 'RoleChange',
    answers: { 200: { description: 'The account has the role.', json: 'AccountRole' } },
    problems: ['unknown_account', 'own_account'],
  }),
  'POST /v1/admin/accounts/:accountId/reset': forAdmins({
    id: 'resetAccount',
    tag: 'Administrators',
    summary: 'Make a link that sets a new password',
    description:
      'Where the installation sends mail, the link goes to the owner and is not in the answer. The link replaces an earlier one.',
    answers: { 200: { description: 'The link, or that it was mailed.', json: 'ResetLink' } },
    problems: ['unknown_account', 'mail_failed'],
  }),
  'GET /v1/admin/coupons': forAdmins({
    id: 'listAllCoupons',
    tag: 'Administrators',
    summary: 'List the coupons of every seller, with their units by stage',
    description:
      'Filters and order are those of `GET /v1/coupons`. The figures are read one after another, so during downloads their sum may differ from the quantity.',
    query: couponListQuery,
    answers: { 200: { description: 'A page.', json: 'CouponStatusPage' } },
  }),
  'GET /v1/admin/coupons/:id/reconcile': forAdmins({
    id: 'checkCoupon',
    tag: 'Administrators',
    summary: 'Compare admitted issuances with rows',
    description: `Reads every issuance of the coupon. ${PROGRESS}One comparison runs at once, another one is \`busy\`.`,
    answers: CHECKED,
    problems: ['unknown_coupon', 'busy'],
  }),
  'POST /v1/admin/coupons/:id/reconcile': forAdmins({
    id: 'repairCoupon',
    tag: 'Administrators',
    summary: 'Repair what needs no manual decision',
    description:
      'Queues missing issuances again, finishes incomplete revokes, and rebuilds a coupon whose data Redis lost. ' +
      `Safe during downloads, and safe to repeat. The findings are those before the repair. ${PROGRESS}`.trim(),
    answers: CHECKED,
    problems: ['unknown_coupon', 'busy'],
  }),
  'GET /v1/admin/audit': forAdmins({
    id: 'listAudit',
    tag: 'Administrators',
    summary: 'Read the audit log',
    query: auditQuery,
    answers: { 200: { description: 'A page, the newest entry first.', json: 'AuditPage' } },
  }),
  'GET /v1/admin/health': forAdmins({
    id: 'showHealth',
    tag: 'Administrators',
    summary: 'Check the stores and the recorders',
    answers: {
      200: { description: 'The state of this process, its stores and the backlog.', json: 'Health' },
    },
  }),
};
