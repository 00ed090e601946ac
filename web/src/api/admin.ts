/** Calls the API for administrators, one function per route, and parses the answers. */
import { ApiCalls } from './calls.js';
import type { Result } from './calls.js';
import { pageOf, readCoupon } from './coupon.js';
import type { Coupon, CouponState, Page } from './coupon.js';
import { fieldsOf, instantIn, listIn, numberIn, textIn, UnexpectedAnswerError } from './read.js';
import type { Fields } from './read.js';

export const accountRoles = ['member', 'seller', 'admin'] as const;
export type AccountRole = (typeof accountRoles)[number];

export interface AccountItem {
  readonly id: string;
  readonly email: string;
  readonly role: AccountRole;
  readonly createdAtMs: number;
  readonly disabled: boolean;
}

/** A coupon with its units by stage. */
export interface CouponStages extends Coupon {
  readonly backlog: number;
  readonly recorded: number;
  readonly deadLettered: number;
  readonly inService: boolean;
}

export interface AuditItem {
  readonly id: number;
  readonly atMs: number;
  readonly actor: { readonly kind: string; readonly id: string; readonly address: string };
  readonly action: string;
  readonly target: string;
  readonly detail: Fields;
}

export interface StoreHealth {
  readonly name: string;
  readonly ok: boolean;
  readonly ms: number;
  readonly fault: string;
}

export interface Health {
  readonly ready: boolean;
  readonly reasons: readonly string[];
  readonly warnings: readonly string[];
  readonly backEnd: string;
  readonly durability: string;
  readonly stores: readonly StoreHealth[];
  /** `undefined` where there are no recorders, or Redis cannot be read. */
  readonly recording:
    { readonly waiting: number; readonly coupons: number; readonly oldestMs: number } | undefined;
}

/** Kinds of differences, in the order in which they are shown. */
export const findingKinds = [
  ...['missing', 'halfRevoked', 'outOfService', 'numbersBehind', 'catalogueBehind'],
  ...['strays', 'doubled', 'revokedRows', 'gaps', 'deadLetters', 'stuckClaims', 'excess'],
] as const;

export interface Finding {
  readonly kind: string;
  readonly count: number;
  /** Some of them: numbers, with the member where one is known. */
  readonly examples: readonly { readonly issueNo: number; readonly memberId?: string }[];
}

export interface Comparison {
  readonly clean: boolean;
  readonly admitted: number;
  readonly recorded: number;
  readonly findings: readonly Finding[];
  readonly repair: Repair | undefined;
}

export interface Repair {
  readonly requeued: number;
  readonly revokesFinished: number;
  readonly termsSaved: boolean;
  readonly rebuilt: boolean;
}

export class AdminClient extends ApiCalls {
  health(): Promise<Result<Health>> {
    return this.call('v1/admin/health', readHealth);
  }

  coupons(
    filter: { readonly q?: string; readonly state?: CouponState },
    after: number | string,
    limit: number,
  ): Promise<Result<Page<CouponStages>>> {
    const asked = { sort: '-id', ...filter, after: String(after), limit: String(limit) };
    return this.call(`v1/admin/coupons?${new URLSearchParams(asked).toString()}`, pageOf(readStages));
  }

  accounts(
    filter: { readonly email?: string; readonly role?: AccountRole },
    after: number | string,
    limit: number,
  ): Promise<Result<Page<AccountItem>>> {
    const asked = { ...filter, after: String(after), limit: String(limit) };
    return this.call(`v1/admin/accounts?${new URLSearchParams(asked).toString()}`, pageOf(readAccount));
  }

  setDisabled(id: string, disabled: boolean): Promise<Result<void>> {
    return this.#change(id, disabled ? 'disable' : 'enable');
  }

  setRole(id: string, role: AccountRole): Promise<Result<void>> {
    return this.#change(id, 'role', { role });
  }

  /** @returns the link; `undefined` where it was mailed to the owner. */
  resetLink(id: string): Promise<Result<string | undefined>> {
    const read = (value: unknown): string | undefined => {
      const { link } = fieldsOf(value);
      return typeof link === 'string' ? link : undefined;
    };
    return this.call(accountPath(id, 'reset'), read, { method: 'POST' });
  }

  /** The newest first. @param before 0 for the first page. */
  audit(before: number | string, limit: number): Promise<Result<Page<AuditItem>>> {
    const place = before === 0 ? '' : `&before=${before}`;
    return this.call(`v1/admin/audit?limit=${limit}${place}`, pageOf(readAudit));
  }

  /**
   * Takes as long as the coupon has rows.
   *
   * @param repairs also repairs what needs no manual decision; the findings are those before it.
   * @param onProgress is called with the issuances compared so far.
   */
  async compare(
    id: number,
    repairs: boolean,
    onProgress: (issuances: number) => void,
  ): Promise<Result<Comparison>> {
    let found: Comparison | undefined;
    const read = (line: unknown): void => {
      const { compared, report } = fieldsOf(line);
      if (typeof compared === 'number') onProgress(compared);
      if (report !== undefined) found = readComparison(report);
    };
    const result = await this.lines(`v1/admin/coupons/${id}/reconcile`, repairs ? 'POST' : 'GET', read);
    if (!result.ok) return result;
    return found === undefined ? this.cutOff() : { ok: true, value: found };
  }

  #change(id: string, deed: string, body?: object): Promise<Result<void>> {
    const call = body === undefined ? { method: 'POST' } : { method: 'POST', body };
    return this.call(accountPath(id, deed), () => undefined, call);
  }
}

function accountPath(id: string, deed: string): string {
  return `v1/admin/accounts/${encodeURIComponent(id)}/${deed}`;
}

function readAccount(value: unknown): AccountItem {
  const fields = fieldsOf(value);
  const role = accountRoles.find((known) => known === fields['role']);
  if (role === undefined) throw new UnexpectedAnswerError('role is not known');
  return {
    ...{ id: textIn(fields, 'id'), email: textIn(fields, 'email'), role },
    ...{ createdAtMs: instantIn(fields, 'createdAt'), disabled: fields['disabled'] === true },
  };
}

function readStages(value: unknown): CouponStages {
  const fields = fieldsOf(value);
  return {
    ...readCoupon(value),
    backlog: numberIn(fields, 'queued') + numberIn(fields, 'claimed'),
    recorded: numberIn(fields, 'recorded'),
    deadLettered: numberIn(fields, 'deadLettered'),
    inService: fields['inService'] === true,
  };
}

function readAudit(value: unknown): AuditItem {
  const fields = fieldsOf(value);
  const actor = fieldsOf(fields['actor']);
  return {
    ...{ id: numberIn(fields, 'id'), atMs: instantIn(fields, 'at') },
    actor: { kind: textIn(actor, 'kind'), id: textIn(actor, 'id'), address: textIn(actor, 'address') },
    ...{ action: textIn(fields, 'action'), target: textIn(fields, 'target') },
    detail: fieldsOf(fields['detail']),
  };
}

function readHealth(value: unknown): Health {
  const fields = fieldsOf(value);
  const recording = fields['recording'] === null ? undefined : fieldsOf(fields['recording']);
  return {
    ready: fields['ready'] === true,
    reasons: listIn(fields, 'reasons', String),
    warnings: listIn(fields, 'warnings', String),
    backEnd: textIn(fields, 'backEnd'),
    durability: textIn(fields, 'durability'),
    stores: listIn(fields, 'stores', (store) => {
      const of = fieldsOf(store);
      const fault = typeof of['fault'] === 'string' ? of['fault'] : '';
      return { name: textIn(of, 'name'), ok: of['ok'] === true, ms: numberIn(of, 'ms'), fault };
    }),
    recording: recording && {
      waiting: numberIn(recording, 'queued') + numberIn(recording, 'claimed'),
      coupons: numberIn(recording, 'coupons'),
      oldestMs: 1_000 * numberIn(recording, 'oldestUnrecordedSeconds'),
    },
  };
}

function readComparison(value: unknown): Comparison {
  const fields = fieldsOf(value);
  const repair = fields['repair'] === undefined ? undefined : fieldsOf(fields['repair']);
  return {
    clean: fields['clean'] === true,
    admitted: numberIn(fields, 'admitted'),
    recorded: numberIn(fields, 'recorded'),
    findings: findingKinds.flatMap((kind) => readFinding(kind, fields[kind])),
    repair: repair && {
      requeued: numberIn(repair, 'requeued'),
      revokesFinished: numberIn(repair, 'revokesFinished'),
      termsSaved: repair['termsSaved'] === true,
      rebuilt: repair['rebuilt'] === true,
    },
  };
}

/** A difference is reported as a flag, as a count, or as a count with examples. */
function readFinding(kind: string, value: unknown): Finding[] {
  if (value === false || value === 0 || value === undefined) return [];
  if (value === true) return [{ kind, count: 1, examples: [] }];
  if (typeof value === 'number') return [{ kind, count: value, examples: [] }];
  const fields = fieldsOf(value);
  const count = numberIn(fields, 'count');
  if (count === 0) return [];
  const examples = listIn(fields, 'first', (item) => {
    if (typeof item === 'number') return { issueNo: item };
    const of = fieldsOf(item);
    return { issueNo: numberIn(of, 'issueNo'), memberId: textIn(of, 'memberId') };
  });
  return [{ kind, count, examples }];
}
