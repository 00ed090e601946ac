/** Generated from the description of the API by `npm run client-types`: not to be edited. */

export interface paths {
  '/v1/coupons/{id}/download': {
    parameters: {
      query?: never;
      header?: never;
      path?: never;
      cookie?: never;
    };
    get?: never;
    put?: never;
    /**
     * Download a coupon
     * @description Exactly the first members get one each. Repeating a download is always safe: a winner gets the same number again. If several outcomes apply, the first of this order is returned: unknown_coupon, already_issued, not_open, paused, closed, sold_out, issued. The body is not read. If the coupon has `presenceRequired`, no download is attempted without a valid presence ticket (presence_…). The ticket is checked before every outcome but unknown_coupon.
     */
    post: operations['downloadCoupon'];
    delete?: never;
    options?: never;
    head?: never;
    patch?: never;
    trace?: never;
  };
  '/v1/coupons/{id}/issuance': {
    parameters: {
      query?: never;
      header?: never;
      path?: never;
      cookie?: never;
    };
    /** Check whether you hold the coupon */
    get: operations['showOwnIssuance'];
    put?: never;
    post?: never;
    delete?: never;
    options?: never;
    head?: never;
    patch?: never;
    trace?: never;
  };
  '/v1/me/coupons': {
    parameters: {
      query?: never;
      header?: never;
      path?: never;
      cookie?: never;
    };
    /**
     * List your coupons
     * @description The recorded issuances of the member, ascending by coupon id.
     */
    get: operations['listOwnCoupons'];
    put?: never;
    post?: never;
    delete?: never;
    options?: never;
    head?: never;
    patch?: never;
    trace?: never;
  };
  '/v1/me/coupons/{couponId}/use': {
    parameters: {
      query?: never;
      header?: never;
      path?: never;
      cookie?: never;
    };
    get?: never;
    put?: never;
    /** Use a coupon, once */
    post: operations['useCoupon'];
    delete?: never;
    options?: never;
    head?: never;
    patch?: never;
    trace?: never;
  };
  '/v1/coupons': {
    parameters: {
      query?: never;
      header?: never;
      path?: never;
      cookie?: never;
    };
    /**
     * List coupons
     * @description Ascending by id. With `state` a page may be short, even empty, and still have a `next`.
     */
    get: operations['listCoupons'];
    put?: never;
    /**
     * Register a coupon
     * @description Once the answer has arrived, the coupon can be downloaded, or counts down to its opening.
     */
    post: operations['registerCoupon'];
    delete?: never;
    options?: never;
    head?: never;
    patch?: never;
    trace?: never;
  };
  '/v1/coupons/{id}': {
    parameters: {
      query?: never;
      header?: never;
      path?: never;
      cookie?: never;
    };
    /** Show a coupon */
    get: operations['showCoupon'];
    put?: never;
    post?: never;
    delete?: never;
    options?: never;
    head?: never;
    /**
     * Change name, quantity, window or whether presence is required
     * @description Absent fields stay unchanged; null removes a bound of the window.
     */
    patch: operations['changeCoupon'];
    trace?: never;
  };
  '/v1/coupons/{id}/live': {
    parameters: {
      query?: never;
      header?: never;
      path?: never;
      cookie?: never;
    };
    /**
     * Watch a coupon live
     * @description Server-sent events, at most five a second. The data of each is a LiveUpdate as JSON; its id is the store’s clock in milliseconds. Reconnect with this id in Last-Event-ID (or `lastEventId` in the query) to get the missed updates that are still kept.
     */
    get: operations['watchCoupon'];
    put?: never;
    post?: never;
    delete?: never;
    options?: never;
    head?: never;
    patch?: never;
    trace?: never;
  };
  '/v1/coupons/{id}/pause': {
    parameters: {
      query?: never;
      header?: never;
      path?: never;
      cookie?: never;
    };
    get?: never;
    put?: never;
    /** Pause the downloads */
    post: operations['pauseCoupon'];
    delete?: never;
    options?: never;
    head?: never;
    patch?: never;
    trace?: never;
  };
  '/v1/coupons/{id}/resume': {
    parameters: {
      query?: never;
      header?: never;
      path?: never;
      cookie?: never;
    };
    get?: never;
    put?: never;
    /** Resume the downloads */
    post: operations['resumeCoupon'];
    delete?: never;
    options?: never;
    head?: never;
    patch?: never;
    trace?: never;
  };
  '/v1/coupons/{id}/close': {
    parameters: {
      query?: never;
      header?: never;
      path?: never;
      cookie?: never;
    };
    get?: never;
    put?: never;
    /** Close a coupon permanently */
    post: operations['closeCoupon'];
    delete?: never;
    options?: never;
    head?: never;
    patch?: never;
    trace?: never;
  };
  '/v1/coupons/{id}/stats': {
    parameters: {
      query?: never;
      header?: never;
      path?: never;
      cookie?: never;
    };
    /**
     * Count the units by stage
     * @description While no download is in progress, quantity = remaining + queued + claimed + recorded + deadLettered.
     */
    get: operations['showStats'];
    put?: never;
    post?: never;
    delete?: never;
    options?: never;
    head?: never;
    patch?: never;
    trace?: never;
  };
  '/v1/coupons/{id}/issuances': {
    parameters: {
      query?: never;
      header?: never;
      path?: never;
      cookie?: never;
    };
    /**
     * List the issuances of a coupon
     * @description Ascending by number. As CSV or NDJSON all issuances are streamed, regardless of the limit. Rows are written in any order: a reader that follows new ones with `after` and without `settled=true` loses some for good. With it the list ends at the frontier, the highest number up to which every number is settled, and `next` is null there.
     */
    get: operations['listIssuances'];
    put?: never;
    post?: never;
    delete?: never;
    options?: never;
    head?: never;
    patch?: never;
    trace?: never;
  };
  '/v1/coupons/{id}/issuances/{issueNo}': {
    parameters: {
      query?: never;
      header?: never;
      path?: never;
      cookie?: never;
    };
    get?: never;
    put?: never;
    post?: never;
    /**
     * Revoke an issuance
     * @description The unit returns to stock; the number is never issued again. Safe to repeat.
     */
    delete: operations['revokeIssuance'];
    options?: never;
    head?: never;
    patch?: never;
    trace?: never;
  };
  '/v1/accounts': {
    parameters: {
      query?: never;
      header?: never;
      path?: never;
      cookie?: never;
    };
    get?: never;
    put?: never;
    /** Sign up */
    post: operations['signUp'];
    delete?: never;
    options?: never;
    head?: never;
    patch?: never;
    trace?: never;
  };
  '/v1/sessions': {
    parameters: {
      query?: never;
      header?: never;
      path?: never;
      cookie?: never;
    };
    get?: never;
    put?: never;
    /** Sign in */
    post: operations['signIn'];
    delete?: never;
    options?: never;
    head?: never;
    patch?: never;
    trace?: never;
  };
  '/healthz': {
    parameters: {
      query?: never;
      header?: never;
      path?: never;
      cookie?: never;
    };
    /** Check that the process is alive */
    get: operations['showLiveness'];
    put?: never;
    post?: never;
    delete?: never;
    options?: never;
    head?: never;
    patch?: never;
    trace?: never;
  };
  '/readyz': {
    parameters: {
      query?: never;
      header?: never;
      path?: never;
      cookie?: never;
    };
    /** Check that this process can decide downloads */
    get: operations['showReadiness'];
    put?: never;
    post?: never;
    delete?: never;
    options?: never;
    head?: never;
    patch?: never;
    trace?: never;
  };
  '/metrics': {
    parameters: {
      query?: never;
      header?: never;
      path?: never;
      cookie?: never;
    };
    /** Metrics for Prometheus */
    get: operations['showMetrics'];
    put?: never;
    post?: never;
    delete?: never;
    options?: never;
    head?: never;
    patch?: never;
    trace?: never;
  };
  '/openapi.json': {
    parameters: {
      query?: never;
      header?: never;
      path?: never;
      cookie?: never;
    };
    /** Show this document */
    get: operations['showDescription'];
    put?: never;
    post?: never;
    delete?: never;
    options?: never;
    head?: never;
    patch?: never;
    trace?: never;
  };
  '/': {
    parameters: {
      query?: never;
      header?: never;
      path?: never;
      cookie?: never;
    };
    /** Show the console, or where to find the documentation */
    get: operations['showHome'];
    put?: never;
    post?: never;
    delete?: never;
    options?: never;
    head?: never;
    patch?: never;
    trace?: never;
  };
}
export type webhooks = Record<string, never>;
export interface components {
  schemas: {
    NewAccount: {
      /** Format: email */
      email: string;
      /**
       * Format: password
       * @description 8 to 128 characters.
       */
      password: string;
      /** @enum {string} */
      role: 'member' | 'seller';
    };
    NewSession: {
      /** Format: email */
      email: string;
      password: string;
    };
    NewCoupon: {
      name: string;
      quantity: number;
      opensAt?: string | null;
      closesAt?: string | null;
      discount?:
        | (
            | {
                /** @constant */
                type: 'percent';
                value: number;
              }
            | {
                /** @constant */
                type: 'amount';
                value: number;
              }
          )
        | null;
      /** @description Whether a download needs a presence ticket (header X-Presence-Ticket). */
      presenceRequired?: boolean;
    };
    CouponChange: {
      name?: string;
      quantity?: number;
      opensAt?: string | null;
      closesAt?: string | null;
      /** @description Whether a download needs a presence ticket (header X-Presence-Ticket). */
      presenceRequired?: boolean;
    };
    Account: {
      id: number;
      email: string;
      /** @enum {string} */
      role: 'member' | 'seller';
    };
    Session: {
      /** @description Send it as `Authorization: Bearer <token>`. */
      accessToken: string;
      /** @constant */
      tokenType: 'Bearer';
      /** @description Seconds. */
      expiresIn: number;
    };
    Discount:
      | {
          /** @constant */
          type: 'percent';
          value: number;
        }
      | {
          /** @constant */
          type: 'amount';
          /** @description In the smallest unit of the shop’s currency. */
          value: number;
        };
    Coupon: {
      /** @example 42 */
      id: number;
      /** @description A number for accounts of this service, text for sellers of an outside provider. */
      sellerId: number | string;
      name: string;
      quantity: number;
      remaining: number;
      /** @description Live issuances: issued and not revoked. */
      issued: number;
      /** @enum {string} */
      state: 'scheduled' | 'open' | 'paused' | 'sold_out' | 'closed';
      discount: components['schemas']['Discount'] | null;
      opensAt: string | null;
      closesAt: string | null;
      /**
       * Format: date-time
       * @example 2026-11-22T12:00:00.123Z
       */
      createdAt: string;
      /**
       * @description Present only if a download needs a presence ticket.
       * @constant
       */
      presenceRequired?: true;
    };
    CouponPage: {
      items: components['schemas']['Coupon'][];
      /** @description Send it as `after` for the next page; null at the end. */
      next: number | null;
    };
    Issued: {
      /** @constant */
      outcome: 'issued';
      /** @example 42 */
      couponId: number;
      /**
       * @description The `sub` of the member’s token.
       * @example 7
       */
      memberId: string;
      /**
       * @description The number of the issuance; the first is 1.
       * @example 17
       */
      issueNo: number;
      /**
       * Format: date-time
       * @example 2026-11-22T12:00:00.123Z
       */
      issuedAt: string;
    };
    AlreadyIssued: {
      /** @constant */
      outcome: 'already_issued';
      /** @example 42 */
      couponId: number;
      /**
       * @description The `sub` of the member’s token.
       * @example 7
       */
      memberId: string;
      /**
       * @description The number of the issuance; the first is 1.
       * @example 17
       */
      issueNo: number;
      /**
       * Format: date-time
       * @example 2026-11-22T12:00:00.123Z
       */
      issuedAt: string;
    };
    HeldIssuance: {
      /** @constant */
      outcome: 'issued';
      /** @example 42 */
      couponId: number;
      /**
       * @description The `sub` of the member’s token.
       * @example 7
       */
      memberId: string;
      /**
       * @description The number of the issuance; the first is 1.
       * @example 17
       */
      issueNo: number;
      /**
       * Format: date-time
       * @example 2026-11-22T12:00:00.123Z
       */
      issuedAt: string;
      /** @description Whether the row of the issuance is in the database. */
      recorded: boolean;
    };
    Issuance: {
      /** @example 42 */
      couponId: number;
      /**
       * @description The `sub` of the member’s token.
       * @example 7
       */
      memberId: string;
      /**
       * @description The number of the issuance; the first is 1.
       * @example 17
       */
      issueNo: number;
      /**
       * Format: date-time
       * @example 2026-11-22T12:00:00.123Z
       */
      issuedAt: string;
      usedAt: string | null;
    };
    IssuancePage: {
      items: components['schemas']['Issuance'][];
      /** @description Send it as `after` for the next page; null at the end. */
      next: number | null;
    };
    IssuanceListPage: {
      items: components['schemas']['Issuance'][];
      /** @description Send it as `after` for the next page; null at the end. */
      next: number | null;
      /** @description With `settled=true` only. Every number above `after` up to this one is settled: send it as `after` when you ask again later. */
      frontier?: number;
    };
    Revoked: {
      /** @example 42 */
      couponId: number;
      /**
       * @description The number of the issuance; the first is 1.
       * @example 17
       */
      issueNo: number;
      /**
       * @description The `sub` of the member’s token.
       * @example 7
       */
      memberId: string;
      /** @constant */
      revoked: true;
      remaining: number;
    };
    Stats: {
      quantity: number;
      issued: number;
      remaining: number;
      /** @description Decided and waiting to be recorded. */
      queued: number;
      /** @description Claimed by a recorder and not yet acknowledged. */
      claimed: number;
      /** @description Rows. */
      recorded: number;
      /** @description Moved to dead_letter: they contradict a row, or the schema refused them. */
      deadLettered: number;
    };
    LiveUpdate: {
      /** @example 42 */
      couponId: number;
      /** @enum {string} */
      state: 'scheduled' | 'open' | 'paused' | 'sold_out' | 'closed';
      quantity: number;
      issued: number;
      remaining: number;
      issuedPerSecond: number;
      opensAt: string | null;
      closesAt: string | null;
      /**
       * Format: date-time
       * @description The clock of the store, by which openings are judged.
       * @example 2026-11-22T12:00:00.123Z
       */
      storeNow: string;
    };
    Alive: {
      /** @constant */
      status: 'ok';
    };
    Ready: {
      /** @constant */
      status: 'ready';
    };
    Description: {
      openapi: string;
    } & {
      [key: string]: unknown;
    };
    Home: {
      name: string;
      api: string;
      documentation: string;
    };
    /** @description No such coupon. */
    UnknownCouponProblem: {
      /** @constant */
      type: '/docs/errors#unknown_coupon';
      /** @example No such coupon */
      title: string;
      /** @constant */
      status: 404;
      /**
       * @description discriminator enum property added by openapi-typescript
       * @enum {string}
       */
      code: 'unknown_coupon';
      /** @description What happened in this case, for people. The wording may change. */
      detail: string;
    };
    /** @description The coupon is not open yet. */
    NotOpenProblem: {
      /** @constant */
      type: '/docs/errors#not_open';
      /** @example The coupon is not open yet */
      title: string;
      /** @constant */
      status: 409;
      /**
       * @description discriminator enum property added by openapi-typescript
       * @enum {string}
       */
      code: 'not_open';
      /** @description What happened in this case, for people. The wording may change. */
      detail: string;
      /** Format: date-time */
      opensAt: string;
    };
    /** @description The coupon is paused. */
    PausedProblem: {
      /** @constant */
      type: '/docs/errors#paused';
      /** @example The coupon is paused */
      title: string;
      /** @constant */
      status: 409;
      /**
       * @description discriminator enum property added by openapi-typescript
       * @enum {string}
       */
      code: 'paused';
      /** @description What happened in this case, for people. The wording may change. */
      detail: string;
    };
    /** @description The coupon is closed. */
    ClosedProblem: {
      /** @constant */
      type: '/docs/errors#closed';
      /** @example The coupon is closed */
      title: string;
      /** @constant */
      status: 409;
      /**
       * @description discriminator enum property added by openapi-typescript
       * @enum {string}
       */
      code: 'closed';
      /** @description What happened in this case, for people. The wording may change. */
      detail: string;
    };
    /** @description The coupon is sold out. */
    SoldOutProblem: {
      /** @constant */
      type: '/docs/errors#sold_out';
      /** @example The coupon is sold out */
      title: string;
      /** @constant */
      status: 409;
      /**
       * @description discriminator enum property added by openapi-typescript
       * @enum {string}
       */
      code: 'sold_out';
      /** @description What happened in this case, for people. The wording may change. */
      detail: string;
    };
    /** @description Too many concurrent requests, nothing was attempted. */
    BusyProblem: {
      /** @constant */
      type: '/docs/errors#busy';
      /** @example Too many concurrent requests, nothing was attempted */
      title: string;
      /** @constant */
      status: 503;
      /**
       * @description discriminator enum property added by openapi-typescript
       * @enum {string}
       */
      code: 'busy';
      /** @description What happened in this case, for people. The wording may change. */
      detail: string;
    };
    /** @description Not ready, nothing was attempted. */
    NotReadyProblem: {
      /** @constant */
      type: '/docs/errors#not_ready';
      /** @example Not ready, nothing was attempted */
      title: string;
      /** @constant */
      status: 503;
      /**
       * @description discriminator enum property added by openapi-typescript
       * @enum {string}
       */
      code: 'not_ready';
      /** @description What happened in this case, for people. The wording may change. */
      detail: string;
      /** @description Returned by /readyz. */
      reasons?: string[];
    };
    /** @description The outcome is unknown, a retry returns it. */
    OutcomeUnknownProblem: {
      /** @constant */
      type: '/docs/errors#outcome_unknown';
      /** @example The outcome is unknown, a retry returns it */
      title: string;
      /** @constant */
      status: 503;
      /**
       * @description discriminator enum property added by openapi-typescript
       * @enum {string}
       */
      code: 'outcome_unknown';
      /** @description What happened in this case, for people. The wording may change. */
      detail: string;
    };
    /** @description Too many requests from this caller. */
    RateLimitedProblem: {
      /** @constant */
      type: '/docs/errors#rate_limited';
      /** @example Too many requests from this caller */
      title: string;
      /** @constant */
      status: 429;
      /** @constant */
      code: 'rate_limited';
      /** @description What happened in this case, for people. The wording may change. */
      detail: string;
    };
    /** @description Not issued. */
    NotIssuedProblem: {
      /** @constant */
      type: '/docs/errors#not_issued';
      /** @example Not issued */
      title: string;
      /** @constant */
      status: 404;
      /**
       * @description discriminator enum property added by openapi-typescript
       * @enum {string}
       */
      code: 'not_issued';
      /** @description What happened in this case, for people. The wording may change. */
      detail: string;
    };
    /** @description Issued but not recorded yet. */
    NotRecordedProblem: {
      /** @constant */
      type: '/docs/errors#not_recorded';
      /** @example Issued but not recorded yet */
      title: string;
      /** @constant */
      status: 503;
      /**
       * @description discriminator enum property added by openapi-typescript
       * @enum {string}
       */
      code: 'not_recorded';
      /** @description What happened in this case, for people. The wording may change. */
      detail: string;
    };
    /** @description The coupon has already been used. */
    AlreadyUsedProblem: {
      /** @constant */
      type: '/docs/errors#already_used';
      /** @example The coupon has already been used */
      title: string;
      /** @constant */
      status: 409;
      /** @constant */
      code: 'already_used';
      /** @description What happened in this case, for people. The wording may change. */
      detail: string;
    };
    /** @description The quantity is below the number of issued units. */
    QuantityBelowIssuedProblem: {
      /** @constant */
      type: '/docs/errors#quantity_below_issued';
      /** @example The quantity is below the number of issued units */
      title: string;
      /** @constant */
      status: 409;
      /**
       * @description discriminator enum property added by openapi-typescript
       * @enum {string}
       */
      code: 'quantity_below_issued';
      /** @description What happened in this case, for people. The wording may change. */
      detail: string;
      issued: number;
    };
    /** @description The window ends before it starts. */
    WindowInvalidProblem: {
      /** @constant */
      type: '/docs/errors#window_invalid';
      /** @example The window ends before it starts */
      title: string;
      /** @constant */
      status: 400;
      /**
       * @description discriminator enum property added by openapi-typescript
       * @enum {string}
       */
      code: 'window_invalid';
      /** @description What happened in this case, for people. The wording may change. */
      detail: string;
    };
    /** @description The coupon was changed meanwhile. */
    ChangedMeanwhileProblem: {
      /** @constant */
      type: '/docs/errors#changed_meanwhile';
      /** @example The coupon was changed meanwhile */
      title: string;
      /** @constant */
      status: 412;
      /** @constant */
      code: 'changed_meanwhile';
      /** @description What happened in this case, for people. The wording may change. */
      detail: string;
    };
    /** @description The idempotency key was used for another request. */
    KeyReusedProblem: {
      /** @constant */
      type: '/docs/errors#key_reused';
      /** @example The idempotency key was used for another request */
      title: string;
      /** @constant */
      status: 422;
      /** @constant */
      code: 'key_reused';
      /** @description What happened in this case, for people. The wording may change. */
      detail: string;
    };
    /** @description A valid access token is required. */
    UnauthenticatedProblem: {
      /** @constant */
      type: '/docs/errors#unauthenticated';
      /** @example A valid access token is required */
      title: string;
      /** @constant */
      status: 401;
      /** @constant */
      code: 'unauthenticated';
      /** @description What happened in this case, for people. The wording may change. */
      detail: string;
      /** @enum {unknown} */
      reason: 'token_missing' | 'token_invalid' | 'token_expired';
    };
    /** @description The role of the token does not permit this. */
    WrongRoleProblem: {
      /** @constant */
      type: '/docs/errors#wrong_role';
      /** @example The role of the token does not permit this */
      title: string;
      /** @constant */
      status: 403;
      /**
       * @description discriminator enum property added by openapi-typescript
       * @enum {string}
       */
      code: 'wrong_role';
      /** @description What happened in this case, for people. The wording may change. */
      detail: string;
    };
    /** @description The account is locked. */
    AccountLockedProblem: {
      /** @constant */
      type: '/docs/errors#account_locked';
      /** @example The account is locked */
      title: string;
      /** @constant */
      status: 403;
      /**
       * @description discriminator enum property added by openapi-typescript
       * @enum {string}
       */
      code: 'account_locked';
      /** @description What happened in this case, for people. The wording may change. */
      detail: string;
    };
    /** @description The coupon belongs to another seller. */
    ForbiddenProblem: {
      /** @constant */
      type: '/docs/errors#forbidden';
      /** @example The coupon belongs to another seller */
      title: string;
      /** @constant */
      status: 403;
      /**
       * @description discriminator enum property added by openapi-typescript
       * @enum {string}
       */
      code: 'forbidden';
      /** @description What happened in this case, for people. The wording may change. */
      detail: string;
    };
    /** @description A presence ticket is required. */
    PresenceRequiredProblem: {
      /** @constant */
      type: '/docs/errors#presence_required';
      /** @example A presence ticket is required */
      title: string;
      /** @constant */
      status: 403;
      /**
       * @description discriminator enum property added by openapi-typescript
       * @enum {string}
       */
      code: 'presence_required';
      /** @description What happened in this case, for people. The wording may change. */
      detail: string;
    };
    /** @description The presence ticket is not valid. */
    PresenceInvalidProblem: {
      /** @constant */
      type: '/docs/errors#presence_invalid';
      /** @example The presence ticket is not valid */
      title: string;
      /** @constant */
      status: 403;
      /**
       * @description discriminator enum property added by openapi-typescript
       * @enum {string}
       */
      code: 'presence_invalid';
      /** @description What happened in this case, for people. The wording may change. */
      detail: string;
    };
    /** @description The presence ticket has expired. */
    PresenceExpiredProblem: {
      /** @constant */
      type: '/docs/errors#presence_expired';
      /** @example The presence ticket has expired */
      title: string;
      /** @constant */
      status: 403;
      /**
       * @description discriminator enum property added by openapi-typescript
       * @enum {string}
       */
      code: 'presence_expired';
      /** @description What happened in this case, for people. The wording may change. */
      detail: string;
    };
    /** @description The presence ticket is for another member or coupon. */
    PresenceMismatchProblem: {
      /** @constant */
      type: '/docs/errors#presence_mismatch';
      /** @example The presence ticket is for another member or coupon */
      title: string;
      /** @constant */
      status: 403;
      /**
       * @description discriminator enum property added by openapi-typescript
       * @enum {string}
       */
      code: 'presence_mismatch';
      /** @description What happened in this case, for people. The wording may change. */
      detail: string;
    };
    /** @description Presence tickets cannot be verified, nothing was attempted. */
    PresenceUnavailableProblem: {
      /** @constant */
      type: '/docs/errors#presence_unavailable';
      /** @example Presence tickets cannot be verified, nothing was attempted */
      title: string;
      /** @constant */
      status: 503;
      /**
       * @description discriminator enum property added by openapi-typescript
       * @enum {string}
       */
      code: 'presence_unavailable';
      /** @description What happened in this case, for people. The wording may change. */
      detail: string;
    };
    /** @description Presence cannot be required: no presence service is configured. */
    PresenceDisabledProblem: {
      /** @constant */
      type: '/docs/errors#presence_disabled';
      /** @example Presence cannot be required: no presence service is configured */
      title: string;
      /** @constant */
      status: 409;
      /**
       * @description discriminator enum property added by openapi-typescript
       * @enum {string}
       */
      code: 'presence_disabled';
      /** @description What happened in this case, for people. The wording may change. */
      detail: string;
    };
    /** @description Too many coupons require presence. */
    PresenceTooManyProblem: {
      /** @constant */
      type: '/docs/errors#presence_too_many';
      /** @example Too many coupons require presence */
      title: string;
      /** @constant */
      status: 409;
      /**
       * @description discriminator enum property added by openapi-typescript
       * @enum {string}
       */
      code: 'presence_too_many';
      /** @description What happened in this case, for people. The wording may change. */
      detail: string;
    };
    /** @description Wrong e-mail address or password. */
    InvalidCredentialsProblem: {
      /** @constant */
      type: '/docs/errors#invalid_credentials';
      /** @example Wrong e-mail address or password */
      title: string;
      /** @constant */
      status: 401;
      /** @constant */
      code: 'invalid_credentials';
      /** @description What happened in this case, for people. The wording may change. */
      detail: string;
    };
    /** @description The e-mail address is taken. */
    EmailTakenProblem: {
      /** @constant */
      type: '/docs/errors#email_taken';
      /** @example The e-mail address is taken */
      title: string;
      /** @constant */
      status: 409;
      /** @constant */
      code: 'email_taken';
      /** @description What happened in this case, for people. The wording may change. */
      detail: string;
    };
    /** @description Sign-up of sellers is closed. */
    SellerSignupClosedProblem: {
      /** @constant */
      type: '/docs/errors#seller_signup_closed';
      /** @example Sign-up of sellers is closed */
      title: string;
      /** @constant */
      status: 403;
      /**
       * @description discriminator enum property added by openapi-typescript
       * @enum {string}
       */
      code: 'seller_signup_closed';
      /** @description What happened in this case, for people. The wording may change. */
      detail: string;
    };
    /** @description Access tokens come from an outside identity provider. */
    SessionsDisabledProblem: {
      /** @constant */
      type: '/docs/errors#sessions_disabled';
      /** @example Access tokens come from an outside identity provider */
      title: string;
      /** @constant */
      status: 403;
      /**
       * @description discriminator enum property added by openapi-typescript
       * @enum {string}
       */
      code: 'sessions_disabled';
      /** @description What happened in this case, for people. The wording may change. */
      detail: string;
    };
    /** @description The keys of the identity provider cannot be fetched. */
    KeysUnavailableProblem: {
      /** @constant */
      type: '/docs/errors#keys_unavailable';
      /** @example The keys of the identity provider cannot be fetched */
      title: string;
      /** @constant */
      status: 503;
      /**
       * @description discriminator enum property added by openapi-typescript
       * @enum {string}
       */
      code: 'keys_unavailable';
      /** @description What happened in this case, for people. The wording may change. */
      detail: string;
    };
    /** @description The request is not valid. */
    InvalidInputProblem: {
      /** @constant */
      type: '/docs/errors#invalid_input';
      /** @example The request is not valid */
      title: string;
      /** @constant */
      status: 400;
      /**
       * @description discriminator enum property added by openapi-typescript
       * @enum {string}
       */
      code: 'invalid_input';
      /** @description What happened in this case, for people. The wording may change. */
      detail: string;
      /** @description Up to ten. */
      errors?: {
        /** @description Path with dots; empty for the input as a whole. */
        field: string;
        message: string;
      }[];
    };
    /** @description The body is not acceptable JSON. */
    InvalidJsonProblem: {
      /** @constant */
      type: '/docs/errors#invalid_json';
      /** @example The body is not acceptable JSON */
      title: string;
      /** @constant */
      status: 400;
      /**
       * @description discriminator enum property added by openapi-typescript
       * @enum {string}
       */
      code: 'invalid_json';
      /** @description What happened in this case, for people. The wording may change. */
      detail: string;
    };
    /** @description The request is malformed. */
    MalformedRequestProblem: {
      /** @constant */
      type: '/docs/errors#malformed_request';
      /** @example The request is malformed */
      title: string;
      /** @constant */
      status: 400;
      /**
       * @description discriminator enum property added by openapi-typescript
       * @enum {string}
       */
      code: 'malformed_request';
      /** @description What happened in this case, for people. The wording may change. */
      detail: string;
    };
    /** @description The path does not exist. */
    NotFoundProblem: {
      /** @constant */
      type: '/docs/errors#not_found';
      /** @example The path does not exist */
      title: string;
      /** @constant */
      status: 404;
      /** @constant */
      code: 'not_found';
      /** @description What happened in this case, for people. The wording may change. */
      detail: string;
    };
    /** @description The path does not support this method. */
    MethodNotAllowedProblem: {
      /** @constant */
      type: '/docs/errors#method_not_allowed';
      /** @example The path does not support this method */
      title: string;
      /** @constant */
      status: 405;
      /** @constant */
      code: 'method_not_allowed';
      /** @description What happened in this case, for people. The wording may change. */
      detail: string;
    };
    /** @description The body is too large. */
    BodyTooLargeProblem: {
      /** @constant */
      type: '/docs/errors#body_too_large';
      /** @example The body is too large */
      title: string;
      /** @constant */
      status: 413;
      /** @constant */
      code: 'body_too_large';
      /** @description What happened in this case, for people. The wording may change. */
      detail: string;
    };
    /** @description The URL is too long. */
    UriTooLongProblem: {
      /** @constant */
      type: '/docs/errors#uri_too_long';
      /** @example The URL is too long */
      title: string;
      /** @constant */
      status: 414;
      /** @constant */
      code: 'uri_too_long';
      /** @description What happened in this case, for people. The wording may change. */
      detail: string;
    };
    /** @description The body must be JSON. */
    UnsupportedMediaTypeProblem: {
      /** @constant */
      type: '/docs/errors#unsupported_media_type';
      /** @example The body must be JSON */
      title: string;
      /** @constant */
      status: 415;
      /** @constant */
      code: 'unsupported_media_type';
      /** @description What happened in this case, for people. The wording may change. */
      detail: string;
    };
    /** @description Shutting down, nothing was attempted. */
    ShuttingDownProblem: {
      /** @constant */
      type: '/docs/errors#shutting_down';
      /** @example Shutting down, nothing was attempted */
      title: string;
      /** @constant */
      status: 503;
      /**
       * @description discriminator enum property added by openapi-typescript
       * @enum {string}
       */
      code: 'shutting_down';
      /** @description What happened in this case, for people. The wording may change. */
      detail: string;
    };
    /** @description Internal error. */
    InternalErrorProblem: {
      /** @constant */
      type: '/docs/errors#internal_error';
      /** @example Internal error */
      title: string;
      /** @constant */
      status: 500;
      /** @constant */
      code: 'internal_error';
      /** @description What happened in this case, for people. The wording may change. */
      detail: string;
    };
  };
  responses: never;
  parameters: never;
  requestBodies: never;
  headers: never;
  pathItems: never;
}
export type $defs = Record<string, never>;
export interface operations {
  downloadCoupon: {
    parameters: {
      query?: never;
      header?: {
        /** @description A presence ticket of the waiting room or captcha service. Read only if the coupon has `presenceRequired`. */
        'X-Presence-Ticket'?: string;
      };
      path: {
        id: number;
      };
      cookie?: never;
    };
    requestBody?: never;
    responses: {
      /** @description The member already holds the coupon; the number is that of the first answer. */
      200: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/json': components['schemas']['AlreadyIssued'];
        };
      };
      /** @description The coupon is issued to the member. */
      201: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/json': components['schemas']['Issued'];
        };
      };
      /** @description `unauthenticated` */
      401: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['UnauthenticatedProblem'];
        };
      };
      /** @description `account_locked`, `wrong_role`, `presence_required`, `presence_invalid`, `presence_expired`, `presence_mismatch` */
      403: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json':
            | components['schemas']['AccountLockedProblem']
            | components['schemas']['WrongRoleProblem']
            | components['schemas']['PresenceRequiredProblem']
            | components['schemas']['PresenceInvalidProblem']
            | components['schemas']['PresenceExpiredProblem']
            | components['schemas']['PresenceMismatchProblem'];
        };
      };
      /** @description `unknown_coupon` */
      404: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['UnknownCouponProblem'];
        };
      };
      /** @description `not_open`, `paused`, `closed`, `sold_out` */
      409: {
        headers: {
          /** @description Seconds to wait, a whole number. */
          'Retry-After'?: number;
          [name: string]: unknown;
        };
        content: {
          'application/problem+json':
            | components['schemas']['NotOpenProblem']
            | components['schemas']['PausedProblem']
            | components['schemas']['ClosedProblem']
            | components['schemas']['SoldOutProblem'];
        };
      };
      /** @description `rate_limited` */
      429: {
        headers: {
          /** @description Seconds to wait, a whole number. */
          'Retry-After'?: number;
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['RateLimitedProblem'];
        };
      };
      /** @description `internal_error` */
      500: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['InternalErrorProblem'];
        };
      };
      /** @description `presence_unavailable`, `busy`, `not_ready`, `outcome_unknown`, `keys_unavailable`, `shutting_down` */
      503: {
        headers: {
          /** @description Seconds to wait, a whole number. */
          'Retry-After'?: number;
          [name: string]: unknown;
        };
        content: {
          'application/problem+json':
            | components['schemas']['PresenceUnavailableProblem']
            | components['schemas']['BusyProblem']
            | components['schemas']['NotReadyProblem']
            | components['schemas']['OutcomeUnknownProblem']
            | components['schemas']['KeysUnavailableProblem']
            | components['schemas']['ShuttingDownProblem'];
        };
      };
    };
  };
  showOwnIssuance: {
    parameters: {
      query?: never;
      header?: never;
      path: {
        id: number;
      };
      cookie?: never;
    };
    requestBody?: never;
    responses: {
      /** @description The member holds the coupon. */
      200: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/json': components['schemas']['HeldIssuance'];
        };
      };
      /** @description `malformed_request` */
      400: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['MalformedRequestProblem'];
        };
      };
      /** @description `unauthenticated` */
      401: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['UnauthenticatedProblem'];
        };
      };
      /** @description `account_locked`, `wrong_role` */
      403: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json':
            components['schemas']['AccountLockedProblem'] | components['schemas']['WrongRoleProblem'];
        };
      };
      /** @description `unknown_coupon`, `not_issued` */
      404: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json':
            components['schemas']['UnknownCouponProblem'] | components['schemas']['NotIssuedProblem'];
        };
      };
      /** @description `uri_too_long` */
      414: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['UriTooLongProblem'];
        };
      };
      /** @description `rate_limited` */
      429: {
        headers: {
          /** @description Seconds to wait, a whole number. */
          'Retry-After'?: number;
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['RateLimitedProblem'];
        };
      };
      /** @description `internal_error` */
      500: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['InternalErrorProblem'];
        };
      };
      /** @description `keys_unavailable`, `busy`, `not_ready`, `outcome_unknown`, `shutting_down` */
      503: {
        headers: {
          /** @description Seconds to wait, a whole number. */
          'Retry-After'?: number;
          [name: string]: unknown;
        };
        content: {
          'application/problem+json':
            | components['schemas']['KeysUnavailableProblem']
            | components['schemas']['BusyProblem']
            | components['schemas']['NotReadyProblem']
            | components['schemas']['OutcomeUnknownProblem']
            | components['schemas']['ShuttingDownProblem'];
        };
      };
    };
  };
  listOwnCoupons: {
    parameters: {
      query?: {
        after?: number;
        limit?: number;
      };
      header?: never;
      path?: never;
      cookie?: never;
    };
    requestBody?: never;
    responses: {
      /** @description A page. */
      200: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/json': components['schemas']['IssuancePage'];
        };
      };
      /** @description `invalid_input`, `malformed_request` */
      400: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json':
            components['schemas']['InvalidInputProblem'] | components['schemas']['MalformedRequestProblem'];
        };
      };
      /** @description `unauthenticated` */
      401: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['UnauthenticatedProblem'];
        };
      };
      /** @description `account_locked`, `wrong_role` */
      403: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json':
            components['schemas']['AccountLockedProblem'] | components['schemas']['WrongRoleProblem'];
        };
      };
      /** @description `uri_too_long` */
      414: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['UriTooLongProblem'];
        };
      };
      /** @description `rate_limited` */
      429: {
        headers: {
          /** @description Seconds to wait, a whole number. */
          'Retry-After'?: number;
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['RateLimitedProblem'];
        };
      };
      /** @description `internal_error` */
      500: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['InternalErrorProblem'];
        };
      };
      /** @description `keys_unavailable`, `busy`, `not_ready`, `outcome_unknown`, `shutting_down` */
      503: {
        headers: {
          /** @description Seconds to wait, a whole number. */
          'Retry-After'?: number;
          [name: string]: unknown;
        };
        content: {
          'application/problem+json':
            | components['schemas']['KeysUnavailableProblem']
            | components['schemas']['BusyProblem']
            | components['schemas']['NotReadyProblem']
            | components['schemas']['OutcomeUnknownProblem']
            | components['schemas']['ShuttingDownProblem'];
        };
      };
    };
  };
  useCoupon: {
    parameters: {
      query?: never;
      header?: never;
      path: {
        couponId: number;
      };
      cookie?: never;
    };
    requestBody?: never;
    responses: {
      /** @description The coupon is now used. */
      200: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/json': components['schemas']['Issuance'];
        };
      };
      /** @description `malformed_request` */
      400: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['MalformedRequestProblem'];
        };
      };
      /** @description `unauthenticated` */
      401: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['UnauthenticatedProblem'];
        };
      };
      /** @description `account_locked`, `wrong_role` */
      403: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json':
            components['schemas']['AccountLockedProblem'] | components['schemas']['WrongRoleProblem'];
        };
      };
      /** @description `unknown_coupon`, `not_issued` */
      404: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json':
            components['schemas']['UnknownCouponProblem'] | components['schemas']['NotIssuedProblem'];
        };
      };
      /** @description `already_used` */
      409: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['AlreadyUsedProblem'];
        };
      };
      /** @description `uri_too_long` */
      414: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['UriTooLongProblem'];
        };
      };
      /** @description `rate_limited` */
      429: {
        headers: {
          /** @description Seconds to wait, a whole number. */
          'Retry-After'?: number;
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['RateLimitedProblem'];
        };
      };
      /** @description `internal_error` */
      500: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['InternalErrorProblem'];
        };
      };
      /** @description `not_recorded`, `keys_unavailable`, `busy`, `not_ready`, `outcome_unknown`, `shutting_down` */
      503: {
        headers: {
          /** @description Seconds to wait, a whole number. */
          'Retry-After'?: number;
          [name: string]: unknown;
        };
        content: {
          'application/problem+json':
            | components['schemas']['NotRecordedProblem']
            | components['schemas']['KeysUnavailableProblem']
            | components['schemas']['BusyProblem']
            | components['schemas']['NotReadyProblem']
            | components['schemas']['OutcomeUnknownProblem']
            | components['schemas']['ShuttingDownProblem'];
        };
      };
    };
  };
  listCoupons: {
    parameters: {
      query?: {
        after?: number;
        limit?: number;
        state?: 'scheduled' | 'open' | 'paused' | 'sold_out' | 'closed';
        sellerId?: string;
      };
      header?: never;
      path?: never;
      cookie?: never;
    };
    requestBody?: never;
    responses: {
      /** @description A page. */
      200: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/json': components['schemas']['CouponPage'];
        };
      };
      /** @description `invalid_input`, `malformed_request` */
      400: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json':
            components['schemas']['InvalidInputProblem'] | components['schemas']['MalformedRequestProblem'];
        };
      };
      /** @description `uri_too_long` */
      414: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['UriTooLongProblem'];
        };
      };
      /** @description `rate_limited` */
      429: {
        headers: {
          /** @description Seconds to wait, a whole number. */
          'Retry-After'?: number;
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['RateLimitedProblem'];
        };
      };
      /** @description `internal_error` */
      500: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['InternalErrorProblem'];
        };
      };
      /** @description `not_ready`, `outcome_unknown`, `shutting_down` */
      503: {
        headers: {
          /** @description Seconds to wait, a whole number. */
          'Retry-After'?: number;
          [name: string]: unknown;
        };
        content: {
          'application/problem+json':
            | components['schemas']['NotReadyProblem']
            | components['schemas']['OutcomeUnknownProblem']
            | components['schemas']['ShuttingDownProblem'];
        };
      };
    };
  };
  registerCoupon: {
    parameters: {
      query?: never;
      header?: never;
      path?: never;
      cookie?: never;
    };
    requestBody: {
      content: {
        'application/json': components['schemas']['NewCoupon'];
      };
    };
    responses: {
      /** @description Registered. */
      201: {
        headers: {
          /** @description The path of the coupon. */
          Location?: string;
          [name: string]: unknown;
        };
        content: {
          'application/json': components['schemas']['Coupon'];
        };
      };
      /** @description `window_invalid`, `invalid_json`, `invalid_input`, `malformed_request` */
      400: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json':
            | components['schemas']['WindowInvalidProblem']
            | components['schemas']['InvalidJsonProblem']
            | components['schemas']['InvalidInputProblem']
            | components['schemas']['MalformedRequestProblem'];
        };
      };
      /** @description `unauthenticated` */
      401: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['UnauthenticatedProblem'];
        };
      };
      /** @description `account_locked`, `wrong_role` */
      403: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json':
            components['schemas']['AccountLockedProblem'] | components['schemas']['WrongRoleProblem'];
        };
      };
      /** @description `presence_disabled`, `presence_too_many` */
      409: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json':
            | components['schemas']['PresenceDisabledProblem']
            | components['schemas']['PresenceTooManyProblem'];
        };
      };
      /** @description `body_too_large` */
      413: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['BodyTooLargeProblem'];
        };
      };
      /** @description `uri_too_long` */
      414: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['UriTooLongProblem'];
        };
      };
      /** @description `unsupported_media_type` */
      415: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['UnsupportedMediaTypeProblem'];
        };
      };
      /** @description `rate_limited` */
      429: {
        headers: {
          /** @description Seconds to wait, a whole number. */
          'Retry-After'?: number;
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['RateLimitedProblem'];
        };
      };
      /** @description `internal_error` */
      500: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['InternalErrorProblem'];
        };
      };
      /** @description `keys_unavailable`, `busy`, `not_ready`, `outcome_unknown`, `shutting_down` */
      503: {
        headers: {
          /** @description Seconds to wait, a whole number. */
          'Retry-After'?: number;
          [name: string]: unknown;
        };
        content: {
          'application/problem+json':
            | components['schemas']['KeysUnavailableProblem']
            | components['schemas']['BusyProblem']
            | components['schemas']['NotReadyProblem']
            | components['schemas']['OutcomeUnknownProblem']
            | components['schemas']['ShuttingDownProblem'];
        };
      };
    };
  };
  showCoupon: {
    parameters: {
      query?: never;
      header?: never;
      path: {
        id: number;
      };
      cookie?: never;
    };
    requestBody?: never;
    responses: {
      /** @description The coupon as it is now. */
      200: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/json': components['schemas']['Coupon'];
        };
      };
      /** @description `malformed_request` */
      400: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['MalformedRequestProblem'];
        };
      };
      /** @description `unknown_coupon` */
      404: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['UnknownCouponProblem'];
        };
      };
      /** @description `uri_too_long` */
      414: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['UriTooLongProblem'];
        };
      };
      /** @description `rate_limited` */
      429: {
        headers: {
          /** @description Seconds to wait, a whole number. */
          'Retry-After'?: number;
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['RateLimitedProblem'];
        };
      };
      /** @description `internal_error` */
      500: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['InternalErrorProblem'];
        };
      };
      /** @description `not_ready`, `outcome_unknown`, `shutting_down` */
      503: {
        headers: {
          /** @description Seconds to wait, a whole number. */
          'Retry-After'?: number;
          [name: string]: unknown;
        };
        content: {
          'application/problem+json':
            | components['schemas']['NotReadyProblem']
            | components['schemas']['OutcomeUnknownProblem']
            | components['schemas']['ShuttingDownProblem'];
        };
      };
    };
  };
  changeCoupon: {
    parameters: {
      query?: never;
      header?: never;
      path: {
        id: number;
      };
      cookie?: never;
    };
    requestBody: {
      content: {
        'application/json': components['schemas']['CouponChange'];
      };
    };
    responses: {
      /** @description The coupon as it is now. */
      200: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/json': components['schemas']['Coupon'];
        };
      };
      /** @description `window_invalid`, `invalid_json`, `invalid_input`, `malformed_request` */
      400: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json':
            | components['schemas']['WindowInvalidProblem']
            | components['schemas']['InvalidJsonProblem']
            | components['schemas']['InvalidInputProblem']
            | components['schemas']['MalformedRequestProblem'];
        };
      };
      /** @description `unauthenticated` */
      401: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['UnauthenticatedProblem'];
        };
      };
      /** @description `forbidden`, `account_locked`, `wrong_role` */
      403: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json':
            | components['schemas']['ForbiddenProblem']
            | components['schemas']['AccountLockedProblem']
            | components['schemas']['WrongRoleProblem'];
        };
      };
      /** @description `unknown_coupon` */
      404: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['UnknownCouponProblem'];
        };
      };
      /** @description `quantity_below_issued`, `closed`, `presence_disabled`, `presence_too_many` */
      409: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json':
            | components['schemas']['QuantityBelowIssuedProblem']
            | components['schemas']['ClosedProblem']
            | components['schemas']['PresenceDisabledProblem']
            | components['schemas']['PresenceTooManyProblem'];
        };
      };
      /** @description `body_too_large` */
      413: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['BodyTooLargeProblem'];
        };
      };
      /** @description `uri_too_long` */
      414: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['UriTooLongProblem'];
        };
      };
      /** @description `unsupported_media_type` */
      415: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['UnsupportedMediaTypeProblem'];
        };
      };
      /** @description `rate_limited` */
      429: {
        headers: {
          /** @description Seconds to wait, a whole number. */
          'Retry-After'?: number;
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['RateLimitedProblem'];
        };
      };
      /** @description `internal_error` */
      500: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['InternalErrorProblem'];
        };
      };
      /** @description `keys_unavailable`, `busy`, `not_ready`, `outcome_unknown`, `shutting_down` */
      503: {
        headers: {
          /** @description Seconds to wait, a whole number. */
          'Retry-After'?: number;
          [name: string]: unknown;
        };
        content: {
          'application/problem+json':
            | components['schemas']['KeysUnavailableProblem']
            | components['schemas']['BusyProblem']
            | components['schemas']['NotReadyProblem']
            | components['schemas']['OutcomeUnknownProblem']
            | components['schemas']['ShuttingDownProblem'];
        };
      };
    };
  };
  watchCoupon: {
    parameters: {
      query?: never;
      header?: never;
      path: {
        id: number;
      };
      cookie?: never;
    };
    requestBody?: never;
    responses: {
      /** @description Events, until the client disconnects. */
      200: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'text/event-stream': string;
        };
      };
      /** @description `unknown_coupon` */
      404: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['UnknownCouponProblem'];
        };
      };
      /** @description `internal_error` */
      500: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['InternalErrorProblem'];
        };
      };
      /** @description `busy`, `not_ready`, `shutting_down` */
      503: {
        headers: {
          /** @description Seconds to wait, a whole number. */
          'Retry-After'?: number;
          [name: string]: unknown;
        };
        content: {
          'application/problem+json':
            | components['schemas']['BusyProblem']
            | components['schemas']['NotReadyProblem']
            | components['schemas']['ShuttingDownProblem'];
        };
      };
    };
  };
  pauseCoupon: {
    parameters: {
      query?: never;
      header?: never;
      path: {
        id: number;
      };
      cookie?: never;
    };
    requestBody?: never;
    responses: {
      /** @description The coupon as it is now. */
      200: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/json': components['schemas']['Coupon'];
        };
      };
      /** @description `malformed_request` */
      400: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['MalformedRequestProblem'];
        };
      };
      /** @description `unauthenticated` */
      401: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['UnauthenticatedProblem'];
        };
      };
      /** @description `forbidden`, `account_locked`, `wrong_role` */
      403: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json':
            | components['schemas']['ForbiddenProblem']
            | components['schemas']['AccountLockedProblem']
            | components['schemas']['WrongRoleProblem'];
        };
      };
      /** @description `unknown_coupon` */
      404: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['UnknownCouponProblem'];
        };
      };
      /** @description `closed` */
      409: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['ClosedProblem'];
        };
      };
      /** @description `uri_too_long` */
      414: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['UriTooLongProblem'];
        };
      };
      /** @description `rate_limited` */
      429: {
        headers: {
          /** @description Seconds to wait, a whole number. */
          'Retry-After'?: number;
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['RateLimitedProblem'];
        };
      };
      /** @description `internal_error` */
      500: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['InternalErrorProblem'];
        };
      };
      /** @description `keys_unavailable`, `busy`, `not_ready`, `outcome_unknown`, `shutting_down` */
      503: {
        headers: {
          /** @description Seconds to wait, a whole number. */
          'Retry-After'?: number;
          [name: string]: unknown;
        };
        content: {
          'application/problem+json':
            | components['schemas']['KeysUnavailableProblem']
            | components['schemas']['BusyProblem']
            | components['schemas']['NotReadyProblem']
            | components['schemas']['OutcomeUnknownProblem']
            | components['schemas']['ShuttingDownProblem'];
        };
      };
    };
  };
  resumeCoupon: {
    parameters: {
      query?: never;
      header?: never;
      path: {
        id: number;
      };
      cookie?: never;
    };
    requestBody?: never;
    responses: {
      /** @description The coupon as it is now. */
      200: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/json': components['schemas']['Coupon'];
        };
      };
      /** @description `malformed_request` */
      400: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['MalformedRequestProblem'];
        };
      };
      /** @description `unauthenticated` */
      401: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['UnauthenticatedProblem'];
        };
      };
      /** @description `forbidden`, `account_locked`, `wrong_role` */
      403: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json':
            | components['schemas']['ForbiddenProblem']
            | components['schemas']['AccountLockedProblem']
            | components['schemas']['WrongRoleProblem'];
        };
      };
      /** @description `unknown_coupon` */
      404: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['UnknownCouponProblem'];
        };
      };
      /** @description `closed` */
      409: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['ClosedProblem'];
        };
      };
      /** @description `uri_too_long` */
      414: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['UriTooLongProblem'];
        };
      };
      /** @description `rate_limited` */
      429: {
        headers: {
          /** @description Seconds to wait, a whole number. */
          'Retry-After'?: number;
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['RateLimitedProblem'];
        };
      };
      /** @description `internal_error` */
      500: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['InternalErrorProblem'];
        };
      };
      /** @description `keys_unavailable`, `busy`, `not_ready`, `outcome_unknown`, `shutting_down` */
      503: {
        headers: {
          /** @description Seconds to wait, a whole number. */
          'Retry-After'?: number;
          [name: string]: unknown;
        };
        content: {
          'application/problem+json':
            | components['schemas']['KeysUnavailableProblem']
            | components['schemas']['BusyProblem']
            | components['schemas']['NotReadyProblem']
            | components['schemas']['OutcomeUnknownProblem']
            | components['schemas']['ShuttingDownProblem'];
        };
      };
    };
  };
  closeCoupon: {
    parameters: {
      query?: never;
      header?: never;
      path: {
        id: number;
      };
      cookie?: never;
    };
    requestBody?: never;
    responses: {
      /** @description The coupon as it is now. */
      200: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/json': components['schemas']['Coupon'];
        };
      };
      /** @description `malformed_request` */
      400: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['MalformedRequestProblem'];
        };
      };
      /** @description `unauthenticated` */
      401: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['UnauthenticatedProblem'];
        };
      };
      /** @description `forbidden`, `account_locked`, `wrong_role` */
      403: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json':
            | components['schemas']['ForbiddenProblem']
            | components['schemas']['AccountLockedProblem']
            | components['schemas']['WrongRoleProblem'];
        };
      };
      /** @description `unknown_coupon` */
      404: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['UnknownCouponProblem'];
        };
      };
      /** @description `closed` */
      409: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['ClosedProblem'];
        };
      };
      /** @description `uri_too_long` */
      414: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['UriTooLongProblem'];
        };
      };
      /** @description `rate_limited` */
      429: {
        headers: {
          /** @description Seconds to wait, a whole number. */
          'Retry-After'?: number;
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['RateLimitedProblem'];
        };
      };
      /** @description `internal_error` */
      500: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['InternalErrorProblem'];
        };
      };
      /** @description `keys_unavailable`, `busy`, `not_ready`, `outcome_unknown`, `shutting_down` */
      503: {
        headers: {
          /** @description Seconds to wait, a whole number. */
          'Retry-After'?: number;
          [name: string]: unknown;
        };
        content: {
          'application/problem+json':
            | components['schemas']['KeysUnavailableProblem']
            | components['schemas']['BusyProblem']
            | components['schemas']['NotReadyProblem']
            | components['schemas']['OutcomeUnknownProblem']
            | components['schemas']['ShuttingDownProblem'];
        };
      };
    };
  };
  showStats: {
    parameters: {
      query?: never;
      header?: never;
      path: {
        id: number;
      };
      cookie?: never;
    };
    requestBody?: never;
    responses: {
      /** @description The figures. */
      200: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/json': components['schemas']['Stats'];
        };
      };
      /** @description `malformed_request` */
      400: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['MalformedRequestProblem'];
        };
      };
      /** @description `unauthenticated` */
      401: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['UnauthenticatedProblem'];
        };
      };
      /** @description `forbidden`, `account_locked`, `wrong_role` */
      403: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json':
            | components['schemas']['ForbiddenProblem']
            | components['schemas']['AccountLockedProblem']
            | components['schemas']['WrongRoleProblem'];
        };
      };
      /** @description `unknown_coupon` */
      404: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['UnknownCouponProblem'];
        };
      };
      /** @description `uri_too_long` */
      414: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['UriTooLongProblem'];
        };
      };
      /** @description `rate_limited` */
      429: {
        headers: {
          /** @description Seconds to wait, a whole number. */
          'Retry-After'?: number;
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['RateLimitedProblem'];
        };
      };
      /** @description `internal_error` */
      500: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['InternalErrorProblem'];
        };
      };
      /** @description `keys_unavailable`, `busy`, `not_ready`, `outcome_unknown`, `shutting_down` */
      503: {
        headers: {
          /** @description Seconds to wait, a whole number. */
          'Retry-After'?: number;
          [name: string]: unknown;
        };
        content: {
          'application/problem+json':
            | components['schemas']['KeysUnavailableProblem']
            | components['schemas']['BusyProblem']
            | components['schemas']['NotReadyProblem']
            | components['schemas']['OutcomeUnknownProblem']
            | components['schemas']['ShuttingDownProblem'];
        };
      };
    };
  };
  listIssuances: {
    parameters: {
      query?: {
        after?: number;
        limit?: number;
        settled?: boolean;
      };
      header?: never;
      path: {
        id: number;
      };
      cookie?: never;
    };
    requestBody?: never;
    responses: {
      /** @description A page, or with Accept CSV or NDJSON the whole list. */
      200: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/json': components['schemas']['IssuanceListPage'];
          'text/csv': string;
          'application/x-ndjson': string;
        };
      };
      /** @description `invalid_input`, `malformed_request` */
      400: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json':
            components['schemas']['InvalidInputProblem'] | components['schemas']['MalformedRequestProblem'];
        };
      };
      /** @description `unauthenticated` */
      401: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['UnauthenticatedProblem'];
        };
      };
      /** @description `forbidden`, `account_locked`, `wrong_role` */
      403: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json':
            | components['schemas']['ForbiddenProblem']
            | components['schemas']['AccountLockedProblem']
            | components['schemas']['WrongRoleProblem'];
        };
      };
      /** @description `unknown_coupon` */
      404: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['UnknownCouponProblem'];
        };
      };
      /** @description `uri_too_long` */
      414: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['UriTooLongProblem'];
        };
      };
      /** @description `rate_limited` */
      429: {
        headers: {
          /** @description Seconds to wait, a whole number. */
          'Retry-After'?: number;
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['RateLimitedProblem'];
        };
      };
      /** @description `internal_error` */
      500: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['InternalErrorProblem'];
        };
      };
      /** @description `keys_unavailable`, `busy`, `not_ready`, `outcome_unknown`, `shutting_down` */
      503: {
        headers: {
          /** @description Seconds to wait, a whole number. */
          'Retry-After'?: number;
          [name: string]: unknown;
        };
        content: {
          'application/problem+json':
            | components['schemas']['KeysUnavailableProblem']
            | components['schemas']['BusyProblem']
            | components['schemas']['NotReadyProblem']
            | components['schemas']['OutcomeUnknownProblem']
            | components['schemas']['ShuttingDownProblem'];
        };
      };
    };
  };
  revokeIssuance: {
    parameters: {
      query?: never;
      header?: never;
      path: {
        id: number;
        issueNo: number;
      };
      cookie?: never;
    };
    requestBody?: never;
    responses: {
      /** @description Revoked. */
      200: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/json': components['schemas']['Revoked'];
        };
      };
      /** @description `malformed_request` */
      400: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['MalformedRequestProblem'];
        };
      };
      /** @description `unauthenticated` */
      401: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['UnauthenticatedProblem'];
        };
      };
      /** @description `forbidden`, `account_locked`, `wrong_role` */
      403: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json':
            | components['schemas']['ForbiddenProblem']
            | components['schemas']['AccountLockedProblem']
            | components['schemas']['WrongRoleProblem'];
        };
      };
      /** @description `unknown_coupon`, `not_issued` */
      404: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json':
            components['schemas']['UnknownCouponProblem'] | components['schemas']['NotIssuedProblem'];
        };
      };
      /** @description `already_used` */
      409: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['AlreadyUsedProblem'];
        };
      };
      /** @description `uri_too_long` */
      414: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['UriTooLongProblem'];
        };
      };
      /** @description `rate_limited` */
      429: {
        headers: {
          /** @description Seconds to wait, a whole number. */
          'Retry-After'?: number;
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['RateLimitedProblem'];
        };
      };
      /** @description `internal_error` */
      500: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['InternalErrorProblem'];
        };
      };
      /** @description `keys_unavailable`, `busy`, `not_ready`, `outcome_unknown`, `shutting_down` */
      503: {
        headers: {
          /** @description Seconds to wait, a whole number. */
          'Retry-After'?: number;
          [name: string]: unknown;
        };
        content: {
          'application/problem+json':
            | components['schemas']['KeysUnavailableProblem']
            | components['schemas']['BusyProblem']
            | components['schemas']['NotReadyProblem']
            | components['schemas']['OutcomeUnknownProblem']
            | components['schemas']['ShuttingDownProblem'];
        };
      };
    };
  };
  signUp: {
    parameters: {
      query?: never;
      header?: never;
      path?: never;
      cookie?: never;
    };
    requestBody: {
      content: {
        'application/json': components['schemas']['NewAccount'];
      };
    };
    responses: {
      /** @description The account. */
      201: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/json': components['schemas']['Account'];
        };
      };
      /** @description `invalid_json`, `invalid_input`, `malformed_request` */
      400: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json':
            | components['schemas']['InvalidJsonProblem']
            | components['schemas']['InvalidInputProblem']
            | components['schemas']['MalformedRequestProblem'];
        };
      };
      /** @description `seller_signup_closed`, `sessions_disabled` */
      403: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json':
            | components['schemas']['SellerSignupClosedProblem']
            | components['schemas']['SessionsDisabledProblem'];
        };
      };
      /** @description `email_taken` */
      409: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['EmailTakenProblem'];
        };
      };
      /** @description `body_too_large` */
      413: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['BodyTooLargeProblem'];
        };
      };
      /** @description `uri_too_long` */
      414: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['UriTooLongProblem'];
        };
      };
      /** @description `unsupported_media_type` */
      415: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['UnsupportedMediaTypeProblem'];
        };
      };
      /** @description `rate_limited` */
      429: {
        headers: {
          /** @description Seconds to wait, a whole number. */
          'Retry-After'?: number;
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['RateLimitedProblem'];
        };
      };
      /** @description `internal_error` */
      500: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['InternalErrorProblem'];
        };
      };
      /** @description `busy`, `not_ready`, `outcome_unknown`, `shutting_down` */
      503: {
        headers: {
          /** @description Seconds to wait, a whole number. */
          'Retry-After'?: number;
          [name: string]: unknown;
        };
        content: {
          'application/problem+json':
            | components['schemas']['BusyProblem']
            | components['schemas']['NotReadyProblem']
            | components['schemas']['OutcomeUnknownProblem']
            | components['schemas']['ShuttingDownProblem'];
        };
      };
    };
  };
  signIn: {
    parameters: {
      query?: never;
      header?: never;
      path?: never;
      cookie?: never;
    };
    requestBody: {
      content: {
        'application/json': components['schemas']['NewSession'];
      };
    };
    responses: {
      /** @description An access token. */
      200: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/json': components['schemas']['Session'];
        };
      };
      /** @description `invalid_json`, `invalid_input`, `malformed_request` */
      400: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json':
            | components['schemas']['InvalidJsonProblem']
            | components['schemas']['InvalidInputProblem']
            | components['schemas']['MalformedRequestProblem'];
        };
      };
      /** @description `invalid_credentials` */
      401: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['InvalidCredentialsProblem'];
        };
      };
      /** @description `account_locked`, `sessions_disabled` */
      403: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json':
            components['schemas']['AccountLockedProblem'] | components['schemas']['SessionsDisabledProblem'];
        };
      };
      /** @description `body_too_large` */
      413: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['BodyTooLargeProblem'];
        };
      };
      /** @description `uri_too_long` */
      414: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['UriTooLongProblem'];
        };
      };
      /** @description `unsupported_media_type` */
      415: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['UnsupportedMediaTypeProblem'];
        };
      };
      /** @description `rate_limited` */
      429: {
        headers: {
          /** @description Seconds to wait, a whole number. */
          'Retry-After'?: number;
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['RateLimitedProblem'];
        };
      };
      /** @description `internal_error` */
      500: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['InternalErrorProblem'];
        };
      };
      /** @description `busy`, `not_ready`, `outcome_unknown`, `shutting_down` */
      503: {
        headers: {
          /** @description Seconds to wait, a whole number. */
          'Retry-After'?: number;
          [name: string]: unknown;
        };
        content: {
          'application/problem+json':
            | components['schemas']['BusyProblem']
            | components['schemas']['NotReadyProblem']
            | components['schemas']['OutcomeUnknownProblem']
            | components['schemas']['ShuttingDownProblem'];
        };
      };
    };
  };
  showLiveness: {
    parameters: {
      query?: never;
      header?: never;
      path?: never;
      cookie?: never;
    };
    requestBody?: never;
    responses: {
      /** @description The event loop is running. */
      200: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/json': components['schemas']['Alive'];
        };
      };
      /** @description `malformed_request` */
      400: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['MalformedRequestProblem'];
        };
      };
      /** @description `uri_too_long` */
      414: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['UriTooLongProblem'];
        };
      };
      /** @description `internal_error` */
      500: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['InternalErrorProblem'];
        };
      };
      /** @description `shutting_down` */
      503: {
        headers: {
          /** @description Seconds to wait, a whole number. */
          'Retry-After'?: number;
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['ShuttingDownProblem'];
        };
      };
    };
  };
  showReadiness: {
    parameters: {
      query?: never;
      header?: never;
      path?: never;
      cookie?: never;
    };
    requestBody?: never;
    responses: {
      /** @description Downloads can be decided. */
      200: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/json': components['schemas']['Ready'];
        };
      };
      /** @description `malformed_request` */
      400: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['MalformedRequestProblem'];
        };
      };
      /** @description `uri_too_long` */
      414: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['UriTooLongProblem'];
        };
      };
      /** @description `internal_error` */
      500: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['InternalErrorProblem'];
        };
      };
      /** @description `not_ready`, `shutting_down` */
      503: {
        headers: {
          /** @description Seconds to wait, a whole number. */
          'Retry-After'?: number;
          [name: string]: unknown;
        };
        content: {
          'application/problem+json':
            components['schemas']['NotReadyProblem'] | components['schemas']['ShuttingDownProblem'];
        };
      };
    };
  };
  showMetrics: {
    parameters: {
      query?: never;
      header?: never;
      path?: never;
      cookie?: never;
    };
    requestBody?: never;
    responses: {
      /** @description The metrics of all processes that share the port. */
      200: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'text/plain': string;
        };
      };
      /** @description `malformed_request` */
      400: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['MalformedRequestProblem'];
        };
      };
      /** @description `uri_too_long` */
      414: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['UriTooLongProblem'];
        };
      };
      /** @description `internal_error` */
      500: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['InternalErrorProblem'];
        };
      };
      /** @description `not_ready`, `shutting_down` */
      503: {
        headers: {
          /** @description Seconds to wait, a whole number. */
          'Retry-After'?: number;
          [name: string]: unknown;
        };
        content: {
          'application/problem+json':
            components['schemas']['NotReadyProblem'] | components['schemas']['ShuttingDownProblem'];
        };
      };
    };
  };
  showDescription: {
    parameters: {
      query?: never;
      header?: never;
      path?: never;
      cookie?: never;
    };
    requestBody?: never;
    responses: {
      /** @description OpenAPI 3.1. */
      200: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/json': components['schemas']['Description'];
        };
      };
      /** @description `malformed_request` */
      400: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['MalformedRequestProblem'];
        };
      };
      /** @description `uri_too_long` */
      414: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['UriTooLongProblem'];
        };
      };
      /** @description `internal_error` */
      500: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['InternalErrorProblem'];
        };
      };
      /** @description `shutting_down` */
      503: {
        headers: {
          /** @description Seconds to wait, a whole number. */
          'Retry-After'?: number;
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['ShuttingDownProblem'];
        };
      };
    };
  };
  showHome: {
    parameters: {
      query?: never;
      header?: never;
      path?: never;
      cookie?: never;
    };
    requestBody?: never;
    responses: {
      /** @description The console as HTML, or a pointer as JSON. */
      200: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/json': components['schemas']['Home'];
          'text/html': string;
        };
      };
      /** @description `malformed_request` */
      400: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['MalformedRequestProblem'];
        };
      };
      /** @description `uri_too_long` */
      414: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['UriTooLongProblem'];
        };
      };
      /** @description `internal_error` */
      500: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['InternalErrorProblem'];
        };
      };
      /** @description `shutting_down` */
      503: {
        headers: {
          /** @description Seconds to wait, a whole number. */
          'Retry-After'?: number;
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['ShuttingDownProblem'];
        };
      };
    };
  };
}
