/** Parses what the scripts reply (lua/README.md). Anything else is a contradiction and ends in {@link StoreCorruptError}. */
import {
  type AdmitBatch,
  type AdmitFault,
  type AdmitReply,
  type AlreadyIssued,
  type Refusal,
  refusals,
} from '../../engine/ports/admission.js';
import type { CouponId, CouponSnapshot, Issuance } from '../../engine/domain/coupon.js';
import { parseHolder } from '../../engine/domain/holder.js';
import type { Backlog } from '../../engine/ports/issuance-queue.js';
import { WRONG_TYPE } from './fault-classes.js';
import { StoreCorruptError, StoreUnavailableError } from '../../engine/domain/errors.js';

export function corrupt(expected: string, reply: unknown): StoreCorruptError {
  return new StoreCorruptError(
    'Unexpected reply from Redis: its data was changed by hand, or written by another version of Seonchak. ' +
      'Check that all processes run one version, then run `seonchak reconcile <id>`.',
    {
      cause: new Error(`expected ${expected}, got ${JSON.stringify(reply)}`),
    },
  );
}

/** A key was lost and its coupon is not yet out of service: the next request for the coupon begins its recovery. */
export function keyLost(couponId: CouponId): StoreUnavailableError {
  return new StoreUnavailableError(
    `Redis lost a key of coupon ${couponId}. The coupon is rebuilt at its next request. Try again.`,
  );
}

/**
 * Whether an element that a script replies for one coupon is the error of a key of another type: the key that was put in is lost. Scripts
 * check every key before the first write, so nothing was written.
 */
export function isOfAnotherType(element: unknown): boolean {
  return Array.isArray(element) && element[0] === 'error' && String(element[1]).startsWith(WRONG_TYPE);
}

export function list(reply: unknown): readonly unknown[] {
  if (!Array.isArray(reply)) throw corrupt('a list', reply);
  return reply;
}

export function text(reply: unknown): string {
  if (typeof reply !== 'string') throw corrupt('a string', reply);
  return reply;
}

export function integer(reply: unknown): number {
  if (typeof reply !== 'number' || !Number.isSafeInteger(reply)) throw corrupt('an integer', reply);
  return reply;
}

/** Decimal digits only, as the scripts write them. */
function digits(word: string): number {
  const value = Number(word);
  if (!/^\d+$/.test(word) || !Number.isSafeInteger(value)) throw corrupt('a number', word);
  return value;
}

/** The value of a winner: `issueNo:issuedAtMs`. */
export function parseWinner(value: string): { issueNo: number; issuedAtMs: number } {
  const colon = value.indexOf(':');
  if (colon < 0) throw corrupt('a winner', value);
  return { issueNo: digits(value.slice(0, colon)), issuedAtMs: digits(value.slice(colon + 1)) };
}

/** A member of the queue: `holder:issuedAtMs`. */
export function parseQueued(issueNo: number, value: string): Issuance {
  const colon = value.indexOf(':');
  const holder = parseHolder(value.slice(0, Math.max(colon, 0)));
  if (holder === undefined) throw corrupt('a queued issuance', value);
  return { holder, issueNo, issuedAtMs: digits(value.slice(colon + 1)) };
}

/** A claim: `issueNo:holder:issuedAtMs,…`. */
export function parseClaimed(packed: string): Issuance[] {
  return packed.split(',').map((issuance) => {
    const colon = issuance.indexOf(':');
    return parseQueued(digits(issuance.slice(0, Math.max(colon, 0))), issuance.slice(colon + 1));
  });
}

export function parseBacklog(word: unknown): Backlog {
  if (word === 'empty' || word === 'partial' || word === 'full') return word;
  throw corrupt('the backlog after a claim', word);
}

/**
 * What admit.lua replies: one answer for each batch, in their order.
 *
 * @throws StoreCorruptError when it is no such reply at all; where one element cannot be read, that is the answer to its batch alone.
 */
export function parseAdmitReplies(
  reply: unknown,
  batches: readonly AdmitBatch[],
): (AdmitReply | AdmitFault)[] {
  const elements = list(reply);
  const storeNowMs = integer(elements[0]);
  if (elements.length !== batches.length + 1) throw corrupt('a decision for each coupon', reply);
  return batches.map(({ holders }, place) => {
    try {
      return parseAdmitElement(elements[place + 1], storeNowMs, holders.length);
    } catch (fault) {
      return { status: 'fault', fault };
    }
  });
}

function parseAdmitElement(element: unknown, storeNowMs: number, members: number): AdmitReply {
  if (typeof element === 'number') {
    const firstIssueNo = integer(element);
    return {
      status: 'decided',
      storeNowMs,
      version: undefined,
      firstIssueNo,
      issuedCount: members,
      ...NO_EXCEPTIONS,
    };
  }
  const fields = list(element);
  const status = fields[0];
  if (isOfAnotherType(element)) return { status: 'not_ready', storeNowMs };
  if (status === 'not_ready' || status === 'stale_epoch' || status === 'expired')
    return { status, storeNowMs };
  if (status !== 'decided') throw corrupt('a decision', element);
  const already: AlreadyIssued[] = [];
  for (let at = 5; at < fields.length; at += 2) {
    already.push({ index: integer(fields[at]), ...parseWinner(text(fields[at + 1])) });
  }
  return {
    status,
    storeNowMs,
    version: integer(fields[1]),
    firstIssueNo: integer(fields[2]),
    issuedCount: integer(fields[3]),
    refusal: parseRefusal(fields[4]),
    already,
  };
}

const NO_EXCEPTIONS = { already: [], refusal: undefined } as const;

function parseRefusal(word: unknown): Refusal | undefined {
  if (word === '') return undefined;
  const refusal = refusals.find((known) => known === word);
  if (refusal === undefined) throw corrupt('a refusal', word);
  return refusal;
}

/** What snapshot.lua, amend.lua and revoke.lua reply after their status. */
export function parseSnapshot(couponId: CouponId, fields: readonly unknown[]): CouponSnapshot {
  return {
    couponId,
    storeNowMs: integer(fields[1]),
    version: integer(fields[2]),
    epoch: integer(fields[3]),
    quantity: integer(fields[4]),
    opensAtMs: bound(fields[5]),
    closesAtMs: bound(fields[6]),
    paused: fields[7] === '1',
    closed: fields[8] === '1',
    issued: integer(fields[9]),
    lastIssueNo: integer(fields[10]),
  };
}

export function bound(field: unknown): number | undefined {
  const word = text(field);
  if (word === '') return undefined;
  const instantMs = Number(word);
  if (!Number.isSafeInteger(instantMs)) throw corrupt('an instant', word);
  return instantMs;
}
