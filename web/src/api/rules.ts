/** Calls the routes about who may have a coupon and how long it is held. */
import { ApiCalls } from './calls.js';
import type { Result } from './calls.js';
import { unitOf } from './coupon.js';
import type { Issuance, Page } from './coupon.js';
import { fieldsOf, instantIn, instantOrNothingIn, listIn, numberIn, textIn } from './read.js';

/** A member's issuance that is held and not confirmed. */
export interface OpenHold extends Pick<Issuance, 'memberId' | 'unit' | 'issueNo'> {
  readonly confirmByMs: number;
}

export interface OpenHolds extends Page<OpenHold> {
  /** The clock by which holds end; `undefined` where there are none. */
  readonly nowMs: number | undefined;
}

/** The list of members that a coupon is limited to. */
export interface Audience {
  readonly members: number;
  /** Whether the member that was asked about is on the list. */
  readonly listed: boolean;
}

/** What a rule can ask for in this installation. */
export interface RuleOffer {
  /** Names of claims. */
  readonly claims: readonly string[];
  /** Whether one more coupon can require presence. */
  readonly presence: 'available' | 'disabled' | 'full';
}

export type UnmetRule = 'claims' | 'audience' | 'not_issued';

export interface Recalled {
  readonly recalled: number;
  readonly unused: number;
  readonly unrecorded: number;
  readonly next: number | undefined;
}

const nothing = (): void => undefined;

function readHold(value: unknown): OpenHold {
  const fields = fieldsOf(value);
  return {
    memberId: textIn(fields, 'memberId'),
    unit: unitOf(fields),
    issueNo: numberIn(fields, 'issueNo'),
    confirmByMs: instantIn(fields, 'confirmBy'),
  };
}

function readHolds(value: unknown): OpenHolds {
  const fields = fieldsOf(value);
  const { next } = fields;
  return {
    items: listIn(fields, 'items', readHold),
    next: typeof next === 'number' ? next : undefined,
    nowMs: instantOrNothingIn(fields, 'now'),
  };
}

function readAudience(value: unknown): Audience {
  const fields = fieldsOf(value);
  return { members: numberIn(fields, 'members'), listed: fields['listed'] === true };
}

export class RuleCalls extends ApiCalls {
  ruleOffer(): Promise<Result<RuleOffer>> {
    return this.call('v1/member-claims', (value) => {
      const fields = fieldsOf(value);
      const { presence } = fields;
      return {
        claims: listIn(fields, 'items', String),
        presence: presence === 'disabled' || presence === 'full' ? presence : 'available',
      };
    });
  }

  /** @param memberId asks also whether this member is on the list. */
  audience(id: number, memberId?: string): Promise<Result<Audience>> {
    const query = memberId === undefined ? '' : `?memberId=${encodeURIComponent(memberId)}`;
    return this.call(`v1/coupons/${id}/audience${query}`, readAudience);
  }

  audienceMembers(id: number, after: string, limit: number): Promise<Result<Page<string>>> {
    const query = new URLSearchParams({ ...(after !== '' && { after }), limit: String(limit) });
    return this.call(`v1/coupons/${id}/audience/members?${query.toString()}`, (value) => {
      const fields = fieldsOf(value);
      const { next } = fields;
      return { items: listIn(fields, 'items', String), next: typeof next === 'string' ? next : undefined };
    });
  }

  /** Up to 1,000 members. May be repeated. @returns how many were new. */
  addToAudience(id: number, members: readonly string[]): Promise<Result<number>> {
    const read = (value: unknown): number => numberIn(fieldsOf(value), 'added');
    return this.call(`v1/coupons/${id}/audience`, read, { method: 'POST', body: { add: members } });
  }

  /** Up to 1,000 members. May be repeated. @returns how many were on the list. */
  removeFromAudience(id: number, members: readonly string[]): Promise<Result<number>> {
    const read = (value: unknown): number => numberIn(fieldsOf(value), 'removed');
    return this.call(`v1/coupons/${id}/audience`, read, { method: 'POST', body: { remove: members } });
  }

  /** Removes some; @returns what is left. */
  clearAudience(id: number): Promise<Result<Audience>> {
    return this.call(`v1/coupons/${id}/audience`, readAudience, { method: 'DELETE' });
  }

  /** @returns the first part of the rule that the member does not meet; `undefined`: the member may have the coupon. */
  tryMember(
    id: number,
    memberId: string,
    claims: Readonly<Record<string, string>>,
  ): Promise<Result<UnmetRule | undefined>> {
    const query = new URLSearchParams({ ...claims, memberId });
    return this.call(`v1/coupons/${id}/eligibility?${query.toString()}`, (value) => {
      const { rule } = fieldsOf(value);
      return (['claims', 'audience', 'not_issued'] as const).find((known) => known === rule);
    });
  }

  holds(id: number, after: number, limit: number): Promise<Result<OpenHolds>> {
    return this.call(`v1/coupons/${id}/holds?after=${after}&limit=${limit}`, readHolds);
  }

  confirmHold(id: number, issueNo: number, orderId: string): Promise<Result<void>> {
    const call = { method: 'POST', body: { orderId } };
    return this.call(`v1/coupons/${id}/issuances/${issueNo}/confirm`, nothing, call);
  }

  releaseHold(id: number, issueNo: number): Promise<Result<void>> {
    return this.call(`v1/coupons/${id}/issuances/${issueNo}/hold`, nothing, { method: 'DELETE' });
  }

  confirmOwn(
    { couponId, unit }: Pick<Issuance, 'couponId' | 'unit'>,
    orderId: string,
  ): Promise<Result<void>> {
    const call = { method: 'POST', body: { orderId, unit } };
    return this.call(`v1/me/coupons/${couponId}/confirm`, nothing, call);
  }

  releaseOwn({ couponId, unit }: Pick<Issuance, 'couponId' | 'unit'>): Promise<Result<void>> {
    return this.call(`v1/me/coupons/${couponId}/hold?unit=${unit}`, nothing, { method: 'DELETE' });
  }

  /** Takes back up to 1,000 of those that are neither used nor confirmed. @param dryRun only counts them. */
  recall(id: number, after: number, dryRun: boolean): Promise<Result<Recalled>> {
    return this.call(
      `v1/coupons/${id}/recall`,
      (value) => {
        const fields = fieldsOf(value);
        const { next, unused } = fields;
        return {
          recalled: numberIn(fields, 'recalled'),
          // Counted by the last request of a recall.
          unused: typeof unused === 'number' ? unused : 0,
          unrecorded: numberIn(fields, 'unrecorded'),
          next: typeof next === 'number' ? next : undefined,
        };
      },
      { method: 'POST', body: { after, dryRun } },
    );
  }
}
