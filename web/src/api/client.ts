/** Calls the API, one function per route, and parses the answers. */
import type { Result } from './calls.js';
import {
  pageOf,
  readCoupon,
  readHistory,
  readIssuance,
  readPass,
  readQuantitySince,
  readStats,
  readWalletItem,
} from './coupon.js';
import type {
  Coupon,
  CouponState,
  CouponStats,
  Discount,
  Eligibility,
  Issuance,
  Page,
  Pass,
  RedeemBy,
  Redemption,
  Validity,
  QuantitySince,
  WalletItem,
} from './coupon.js';
import { fieldsOf, listIn, numberIn, textIn } from './read.js';
import { RuleCalls } from './rules.js';
import { readDelivery, readNewKey, readServerKey, readTested, readWebhook } from './shop.js';
import type { Delivery, KeyScope, NewServerKey, ServerKey, Tested, Webhook } from './shop.js';
import { readHeld, readOwn } from './held.js';
import type { Held, OwnIssuance } from './held.js';

/** Most short pages that are read for one list. */
const PAGES_MAX = 20;

export type CouponSort = '-id' | 'opensAt' | '-opensAt';

export interface CouponFilter {
  readonly state?: CouponState;
  readonly sellerId?: string;
  /** Text in the name. */
  readonly q?: string;
  readonly sort?: CouponSort;
  readonly opensFrom?: string;
  readonly opensBefore?: string;
}

export interface IssuanceQuery {
  readonly after: number;
  readonly limit: number;
  readonly memberId?: string;
  readonly sort?: '-issueNo';
  readonly used?: boolean;
}

export interface CouponTerms {
  readonly name?: string;
  readonly quantity?: number;
  readonly opensAt?: string | null;
  readonly closesAt?: string | null;
  readonly image?: string | null;
  readonly description?: string | null;
  readonly presenceRequired?: boolean;
  readonly discount?: Discount | null;
  readonly validity?: Validity | null;
  readonly redeemBy?: RedeemBy;
  readonly perMember?: number;
  readonly holdSeconds?: number | null;
  readonly eligibility?: Eligibility | null;
}

export interface NewCoupon extends CouponTerms {
  readonly name: string;
  readonly quantity: number;
}

export type SignUpRole = 'member' | 'seller';

/** Who can sign up here; without accounts an outside provider signs everyone in. */
export interface SignUpOffer {
  readonly accounts: boolean;
  readonly member: boolean;
  readonly seller: boolean;
}

/** A proxy that compresses marks the tag as weak; it still names the revision, but the API matches strong tags only. */
const readTagged = (value: unknown, headers: Headers): Coupon => ({
  ...readCoupon(value),
  etag: headers.get('etag')?.replace(/^W\//, ''),
});

const nothing = (): void => undefined;

/** Reads an answer that is one whole list. */
function itemsOf<Item>(readItem: (value: unknown) => Item): (value: unknown) => readonly Item[] {
  return (value) => listIn(fieldsOf(value), 'items', readItem);
}

export class ApiClient extends RuleCalls {
  signUp(email: string, password: string, role: SignUpRole): Promise<Result<void>> {
    return this.call('v1/accounts', nothing, { method: 'POST', body: { email, password, role } });
  }

  signIn(email: string, password: string): Promise<Result<string>> {
    const read = (value: unknown): string => textIn(fieldsOf(value), 'accessToken');
    return this.call('v1/sessions', read, { method: 'POST', body: { email, password } });
  }

  /** Ends every session. @returns the access token of a new one. */
  changePassword(currentPassword: string, newPassword: string): Promise<Result<string>> {
    const read = (value: unknown): string => textIn(fieldsOf(value), 'accessToken');
    return this.call('v1/me/password', read, { method: 'POST', body: { currentPassword, newPassword } });
  }

  deleteAccount(password: string): Promise<Result<void>> {
    return this.call('v1/me/delete', nothing, { method: 'POST', body: { password } });
  }

  requestPasswordReset(email: string): Promise<Result<void>> {
    return this.call('v1/password-resets', nothing, { method: 'POST', body: { email } });
  }

  coupons(filter: CouponFilter, after: number | string, limit: number): Promise<Result<Page<Coupon>>> {
    const query = new URLSearchParams({ after: String(after), limit: String(limit), ...filter });
    return this.call(`v1/coupons?${query.toString()}`, pageOf(readCoupon));
  }

  /** Up to `limit` of them. A page of the API may be short, even empty, and have a next one. */
  async allCoupons(filter: CouponFilter, limit: number): Promise<Result<Page<Coupon>>> {
    const items: Coupon[] = [];
    let next: number | string | undefined = 0;
    for (let rounds = 0; next !== undefined && items.length < limit && rounds < PAGES_MAX; rounds++) {
      const page: Result<Page<Coupon>> = await this.coupons(filter, next, limit - items.length);
      if (!page.ok) return page;
      items.push(...page.value.items);
      next = page.value.next;
    }
    return { ok: true, value: { items, next } };
  }

  coupon(id: number): Promise<Result<Coupon>> {
    return this.call(`v1/coupons/${id}`, readTagged);
  }

  register(coupon: NewCoupon): Promise<Result<Coupon>> {
    return this.call('v1/coupons', readTagged, { method: 'POST', body: coupon });
  }

  /** @param ifMatch the ETag of the coupon that the seller saw: a change since then is not overwritten. */
  amend(id: number, change: CouponTerms, ifMatch: string | undefined): Promise<Result<Coupon>> {
    return this.call(`v1/coupons/${id}`, readTagged, { method: 'PATCH', body: change, ifMatch });
  }

  /** What the quantity was and since when, ascending. */
  quantities(id: number): Promise<Result<readonly QuantitySince[]>> {
    return this.call(`v1/coupons/${id}/quantities`, itemsOf(readQuantitySince));
  }

  /** @param key names this top-up: the same key sent again, because no answer came, adds nothing twice. */
  topUp(id: number, by: number, key: string): Promise<Result<Coupon>> {
    return this.call(`v1/coupons/${id}/top-up`, readTagged, {
      method: 'POST',
      body: { by },
      idempotencyKey: key,
    });
  }

  command(id: number, command: 'pause' | 'resume' | 'close', ifMatch?: string): Promise<Result<Coupon>> {
    return this.call(`v1/coupons/${id}/${command}`, readTagged, { method: 'POST', ifMatch });
  }

  stats(id: number): Promise<Result<CouponStats>> {
    return this.call(`v1/coupons/${id}/stats`, readStats);
  }

  issuances(id: number, asked: IssuanceQuery): Promise<Result<Page<Issuance>>> {
    const query = new URLSearchParams(Object.entries(asked).map(([name, value]) => [name, String(value)]));
    return this.call(`v1/coupons/${id}/issuances?${query.toString()}`, pageOf(readIssuance));
  }

  /** The latest numbers among those that are used. A page of the API may be short and have a next one. */
  async usedIssuances(id: number, limit: number): Promise<Result<Page<Issuance>>> {
    const items: Issuance[] = [];
    let next: number | string | undefined = 0;
    for (let rounds = 0; next !== undefined && items.length < limit && rounds < PAGES_MAX; rounds++) {
      const asked = {
        after: Number(next),
        limit: limit - items.length,
        sort: '-issueNo',
        used: true,
      } as const;
      const page: Result<Page<Issuance>> = await this.issuances(id, asked);
      if (!page.ok) return page;
      items.push(...page.value.items);
      next = page.value.next;
    }
    return { ok: true, value: { items, next } };
  }

  revoke(id: number, issueNo: number): Promise<Result<void>> {
    return this.call(`v1/coupons/${id}/issuances/${issueNo}`, nothing, { method: 'DELETE' });
  }

  /** @param unit which of the member's units, from 1. */
  download(id: number, unit: number): Promise<Result<Held>> {
    const place = unit === 1 ? '' : `/units/${unit}`;
    return this.call(`v1/coupons/${id}${place}/download`, readHeld, { method: 'POST' });
  }

  /** @returns `undefined` where the member holds none. */
  issuance(id: number): Promise<Result<OwnIssuance | undefined>> {
    return this.call(`v1/me/coupons/${id}`, readOwn);
  }

  signUpOffer(): Promise<Result<SignUpOffer>> {
    return this.call('v1/signup', (value) => {
      const fields = fieldsOf(value);
      return {
        accounts: fields['accounts'] === true,
        member: fields['member'] === 'open',
        seller: fields['seller'] === 'open',
      };
    });
  }

  /** The latest issue first. */
  myCoupons(after: number | string, limit: number): Promise<Result<Page<WalletItem>>> {
    return this.call(`v1/me/coupons?after=${after}&limit=${limit}&order=newest`, pageOf(readWalletItem));
  }

  /** The orders that redeemed an issuance, the latest first. */
  redemptions(id: number, issueNo: number): Promise<Result<readonly Redemption[]>> {
    return this.call(`v1/coupons/${id}/issuances/${issueNo}/redemptions`, readHistory);
  }

  cancelRedemption(id: number, issueNo: number, orderId: string): Promise<Result<void>> {
    const path = `v1/coupons/${id}/issuances/${issueNo}/redemptions/${encodeURIComponent(orderId)}`;
    return this.call(path, nothing, { method: 'DELETE' });
  }

  pass({ couponId, unit }: Pick<Issuance, 'couponId' | 'unit'>): Promise<Result<Pass>> {
    return this.call(`v1/me/coupons/${couponId}/pass?unit=${unit}`, readPass);
  }

  use({ couponId, unit }: Pick<Issuance, 'couponId' | 'unit'>): Promise<Result<Issuance>> {
    return this.call(`v1/me/coupons/${couponId}/use`, readIssuance, { method: 'POST', body: { unit } });
  }

  keys(): Promise<Result<readonly ServerKey[]>> {
    return this.call('v1/keys', itemsOf(readServerKey));
  }

  createKey(key: {
    readonly name: string;
    readonly scopes: readonly KeyScope[];
    readonly expiresAt: string | null;
  }): Promise<Result<NewServerKey>> {
    return this.call('v1/keys', readNewKey, { method: 'POST', body: key });
  }

  revokeKey(id: number): Promise<Result<void>> {
    return this.call(`v1/keys/${id}`, nothing, { method: 'DELETE' });
  }

  webhooks(): Promise<Result<readonly Webhook[]>> {
    return this.call('v1/webhooks', itemsOf(readWebhook));
  }

  /** @returns the secret as well, which no later answer has. */
  createWebhook(url: string, kinds: readonly string[]): Promise<Result<string>> {
    const read = (value: unknown): string => textIn(fieldsOf(value), 'secret');
    return this.call('v1/webhooks', read, { method: 'POST', body: { url, kinds } });
  }

  removeWebhook(id: number): Promise<Result<void>> {
    return this.call(`v1/webhooks/${id}`, nothing, { method: 'DELETE' });
  }

  enableWebhook(id: number): Promise<Result<Webhook>> {
    return this.call(`v1/webhooks/${id}/enable`, readWebhook, { method: 'POST' });
  }

  /** @param key names this rotation, see {@link topUp}. @returns the new secret; for a day requests are signed with both. */
  rotateWebhookSecret(id: number, key: string): Promise<Result<string>> {
    const read = (value: unknown): string => textIn(fieldsOf(value), 'secret');
    return this.call(`v1/webhooks/${id}/rotate-secret`, read, { method: 'POST', idempotencyKey: key });
  }

  testWebhook(id: number): Promise<Result<Tested>> {
    return this.call(`v1/webhooks/${id}/test`, readTested, { method: 'POST' });
  }

  /** @returns how many issuances are delivered again. */
  replayWebhook(id: number, couponId: number, fromIssueNo: number): Promise<Result<number>> {
    const read = (value: unknown): number => {
      const fields = fieldsOf(value);
      return numberIn(fields, 'toIssueNo') - numberIn(fields, 'fromIssueNo') + 1;
    };
    return this.call(`v1/webhooks/${id}/replay`, read, { method: 'POST', body: { couponId, fromIssueNo } });
  }

  /** The latest first. */
  deliveries(id: number): Promise<Result<readonly Delivery[]>> {
    return this.call(`v1/webhooks/${id}/deliveries`, itemsOf(readDelivery));
  }

  /** All issuances. */
  exportCsv(id: number): Promise<Result<Blob>> {
    return this.file(`v1/coupons/${id}/issuances`, 'text/csv');
  }
}
