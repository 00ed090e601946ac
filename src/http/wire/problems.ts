/** Lists all problems: stable code, HTTP status and title, and formats a problem (RFC 9457). */

interface ProblemKind {
  readonly status: number;
  readonly title: string;
  /** Whole seconds for `Retry-After`; every 503 has one. */
  readonly retryAfterSeconds?: number;
}

/** docs/errors.md lists the same codes, and a test compares the two. */
export const problemKinds = {
  unknown_coupon: { status: 404, title: 'No such coupon' },
  limit_reached: { status: 409, title: 'The unit is above the limit for each member' },
  not_eligible: { status: 403, title: 'The coupon is not for this member' },
  not_open: { status: 409, title: 'The coupon is not open yet' },
  paused: { status: 409, title: 'The coupon is paused' },
  closed: { status: 409, title: 'The coupon is closed' },
  sold_out: { status: 409, title: 'The coupon is sold out' },
  busy: { status: 503, title: 'Too many concurrent requests, nothing was attempted', retryAfterSeconds: 1 },
  not_ready: { status: 503, title: 'Not ready, nothing was attempted', retryAfterSeconds: 1 },
  outcome_unknown: {
    status: 503,
    title: 'The outcome is unknown, a retry returns it',
    retryAfterSeconds: 1,
  },

  /** The limiter that refuses adds the `Retry-After`: waits differ. */
  rate_limited: { status: 429, title: 'Too many requests from this caller' },

  not_issued: { status: 404, title: 'Not issued' },
  not_recorded: { status: 503, title: 'Issued but not recorded yet', retryAfterSeconds: 1 },
  redemption_cancelled: { status: 409, title: 'The order was cancelled, and its id cannot redeem again' },
  redeem_at_shop: { status: 403, title: 'Only the shop redeems this coupon' },
  coupon_expired: { status: 409, title: 'The coupon has expired' },
  pass_invalid: { status: 400, title: 'Not a pass of this installation' },
  pass_expired: { status: 410, title: 'The pass has run out' },
  not_redeemed: { status: 404, title: 'No such redemption' },
  no_hold: { status: 409, title: 'Issuances of this coupon are not held' },
  not_confirmed: { status: 409, title: 'The coupon is held and not confirmed' },
  confirmed_by_other_order: { status: 409, title: 'Another order has confirmed the hold' },
  already_confirmed: { status: 409, title: 'The hold is confirmed' },
  hold_expired: { status: 410, title: 'The hold has ended' },
  recall_while_open: { status: 409, title: 'Only a paused or closed coupon is recalled' },
  hold_fixed: { status: 409, title: 'The hold cannot be changed once the coupon is open' },
  discount_fixed: { status: 409, title: 'The discount cannot be changed once the coupon is issued' },
  validity_shortened: {
    status: 409,
    title: 'The validity would be shortened for members who hold the coupon',
  },
  invalid_member: { status: 400, title: 'Not a member id' },
  already_used: { status: 409, title: 'The coupon has already been used' },
  quantity_below_issued: { status: 409, title: 'The quantity is below the number of issued units' },
  window_invalid: { status: 400, title: 'The window ends before it starts' },
  changed_meanwhile: { status: 412, title: 'The coupon was changed meanwhile' },
  url_refused: { status: 400, title: 'The address of the webhook is not allowed' },
  unknown_webhook: { status: 404, title: 'No such webhook' },
  webhooks_too_many: { status: 409, title: 'Too many webhooks' },
  events_removed: { status: 410, title: 'Events after the cursor were removed' },
  key_reused: { status: 422, title: 'The idempotency key was used for another request' },

  unauthenticated: { status: 401, title: 'A valid access token is required' },
  wrong_role: { status: 403, title: 'The role of the token does not permit this' },
  account_locked: { status: 403, title: 'The account is locked' },
  scope_missing: { status: 403, title: 'The key lacks a scope' },
  keys_too_many: { status: 409, title: 'Too many server keys' },
  unknown_key: { status: 404, title: 'No such server key' },
  forbidden: { status: 403, title: 'The coupon belongs to another seller' },
  presence_required: { status: 403, title: 'A presence ticket is required' },
  presence_invalid: { status: 403, title: 'The presence ticket is not valid' },
  presence_expired: { status: 403, title: 'The presence ticket has expired' },
  presence_mismatch: { status: 403, title: 'The presence ticket is for another member or coupon' },
  presence_unavailable: {
    status: 503,
    title: 'Presence tickets cannot be verified, nothing was attempted',
    retryAfterSeconds: 2,
  },
  presence_disabled: { status: 409, title: 'Presence cannot be required: no presence service is configured' },
  rules_too_many: { status: 409, title: 'Too many coupons have rules' },
  claim_unknown: { status: 409, title: 'This installation does not read this claim' },
  not_exclusive: { status: 409, title: 'The coupons could be open at the same time' },
  audience_full: { status: 409, title: 'The list of members is full' },
  upgrade_running: { status: 409, title: 'Not every server knows this setting yet' },
  pause_first: { status: 409, title: 'The coupon has to be paused first' },
  presence_too_many: { status: 409, title: 'Too many coupons require presence' },

  invalid_credentials: { status: 401, title: 'Wrong e-mail address or password' },
  unknown_account: { status: 404, title: 'No such account' },
  own_account: { status: 409, title: 'The account is your own' },
  locks_too_many: { status: 409, title: 'Too many accounts are locked' },
  mail_failed: { status: 502, title: 'The mail server did not accept the mail' },
  wrong_password: { status: 403, title: 'Wrong current password' },
  no_account: { status: 403, title: 'The token belongs to no account here' },
  coupons_open: { status: 409, title: 'The account has coupons that are not closed' },
  reset_invalid: { status: 410, title: 'The link is no longer valid' },
  reset_by_operator: { status: 403, title: 'Links for a new password come from the operator' },
  email_taken: { status: 409, title: 'The e-mail address is taken' },
  member_signup_closed: { status: 403, title: 'Sign-up of members is closed' },
  seller_signup_closed: { status: 403, title: 'Sign-up of sellers is closed' },
  sessions_disabled: { status: 403, title: 'Access tokens come from an outside identity provider' },
  keys_unavailable: {
    status: 503,
    title: 'The keys of the identity provider cannot be fetched',
    retryAfterSeconds: 2,
  },

  invalid_input: { status: 400, title: 'The request is not valid' },
  invalid_json: { status: 400, title: 'The body is not acceptable JSON' },
  malformed_request: { status: 400, title: 'The request is malformed' },
  not_found: { status: 404, title: 'The path does not exist' },
  method_not_allowed: { status: 405, title: 'The path does not support this method' },
  body_too_large: { status: 413, title: 'The body is too large' },
  body_incomplete: { status: 408, title: 'The body did not arrive' },
  uri_too_long: { status: 414, title: 'The URL is too long' },
  head_too_large: { status: 431, title: 'The request head is too large' },
  unsupported_media_type: { status: 415, title: 'The body must be JSON' },
  internal_error: { status: 500, title: 'Internal error' },
} as const satisfies Record<string, ProblemKind>;

export type ProblemCode = keyof typeof problemKinds;

export interface Problem {
  readonly code: ProblemCode;
  /** What happened in this case, in a sentence for a person. Never internal text. */
  readonly detail: string;
  /** Fields of the case, such as `opensAt`. */
  readonly fields?: Readonly<Record<string, unknown>>;
  readonly headers?: Readonly<Record<string, string>>;
}

/** A URI reference that stays the same for ever; it leads to the page that explains it. */
export function problemType(code: ProblemCode): string {
  return `/docs/errors#${code}`;
}

/** The body: `type`, `title`, `status`, `code`, `detail`, then the fields of the case. */
export function problemBody({ code, detail, fields }: Problem): string {
  const { status, title } = problemKinds[code];
  return JSON.stringify({ type: problemType(code), title, status, code, detail, ...fields });
}

export function retryAfterHeader(code: ProblemCode): Readonly<Record<string, string>> {
  const { retryAfterSeconds }: ProblemKind = problemKinds[code];
  return retryAfterSeconds === undefined ? {} : { 'Retry-After': String(retryAfterSeconds) };
}

/**
 * The request cannot be carried out in this form: thrown where input is parsed, turned into its problem by the wrapper.
 */
export class RequestRefused extends Error {
  readonly problem: Problem;

  constructor(problem: Problem) {
    super(problem.detail);
    this.problem = problem;
  }
}

export function refuse(code: ProblemCode, detail: string, fields?: Problem['fields']): never {
  throw new RequestRefused(fields === undefined ? { code, detail } : { code, detail, fields });
}
