/** Calls the routes of a till, for a seller or a server key. */
import { ApiCalls } from './calls.js';
import type { Result } from './calls.js';
import { readWalletItem } from './coupon.js';
import type { WalletItem } from './coupon.js';
import { fieldsOf, instantIn } from './read.js';

export interface CheckedCode {
  readonly item: WalletItem;
  /** `number`: it was read out, so nothing proves that the member is there. */
  readonly proof: 'pass' | 'number';
}

const nothing = (): void => undefined;

export class TillCalls extends ApiCalls {
  check(code: string): Promise<Result<CheckedCode>> {
    const read = (value: unknown): CheckedCode => ({
      item: readWalletItem(value),
      proof: fieldsOf(value)['proof'] === 'pass' ? 'pass' : 'number',
    });
    return this.call('v1/till/check', read, { method: 'POST', body: { code } });
  }

  /** @returns when it was redeemed; the same order gets the same answer. */
  redeem(code: string, orderId: string): Promise<Result<number>> {
    const read = (value: unknown): number => instantIn(fieldsOf(value), 'redeemedAt');
    return this.call('v1/till/redemptions', read, { method: 'POST', body: { code, orderId } });
  }

  cancel({ couponId, issueNo }: WalletItem, orderId: string): Promise<Result<void>> {
    const path = `v1/coupons/${couponId}/issuances/${issueNo}/redemptions/${encodeURIComponent(orderId)}`;
    return this.call(path, nothing, { method: 'DELETE' });
  }
}
