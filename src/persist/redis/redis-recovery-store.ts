/** Implements {@link RecoveryStore} over Redis: each step is one script in `lua/`. */
import type { CouponId, Issuance } from '../../engine/domain/coupon.js';
import { parseHolder } from '../../engine/domain/holder.js';
import type {
  ExpectedCoupon,
  Inspection,
  MergeSource,
  RecoveryStore,
  ResumeCoupon,
  SuspendReply,
  SuspendRequest,
} from '../../engine/ports/recovery-store.js';
import { couponKeys, metaKey, queueKey, winnersKey } from './keys.js';
import { triples } from './redis-admitted-issuances.js';
import type { RedisCalls } from './redis-calls.js';
import { bound, corrupt, integer, list, parseWinner, text } from './replies.js';

export class RedisRecoveryStore implements RecoveryStore {
  readonly #calls: RedisCalls;

  constructor(calls: RedisCalls) {
    this.#calls = calls;
  }

  inspect(
    couponId: CouponId,
    seenIssueNo: number,
    { birth, neverWarmed = false }: ExpectedCoupon = {},
  ): Promise<Inspection | 'absent'> {
    const expected = [this.#calls.belonging.birthOf(birth), neverWarmed ? 1 : 0];
    return this.#inspect(couponId, ['', seenIssueNo, 0, '', ...expected]);
  }

  async markVerified(
    couponId: CouponId,
    found: Pick<Inspection, 'epoch' | 'server'>,
    raiseTo: number,
  ): Promise<void> {
    await this.#inspect(couponId, [found.epoch, 0, raiseTo, found.server, '', 0]);
  }

  async #inspect(couponId: CouponId, args: readonly (number | string)[]): Promise<Inspection | 'absent'> {
    const fields = list(await this.#calls.run('inspect', couponKeys(couponId), args, true));
    const status = fields[0];
    if (status === 'absent') return status;
    if (!isInspectionStatus(status)) throw corrupt('a reply of inspect', fields);
    return {
      status,
      epoch: integer(fields[1]),
      storeNowMs: integer(fields[2]),
      sinceMs: integer(fields[3]),
      version: integer(fields[4]),
      lastIssueNo: integer(fields[5]),
      seenIssueNo: integer(fields[6]),
      server: text(fields[7]),
    };
  }

  async suspend(
    couponId: CouponId,
    { token, lockMs, epoch, seenIssueNo, birth }: SuspendRequest,
  ): Promise<SuspendReply> {
    const args = [token, lockMs, epoch ?? '', seenIssueNo, this.#calls.belonging.birthOf(birth)];
    const fields = list(await this.#calls.run('suspend', couponKeys(couponId), args, true));
    const status = fields[0];
    if (status === 'serving' || status === 'busy') return { status };
    if (status !== 'begun') throw corrupt('a reply of suspend', fields);
    const version = integer(fields[4]);
    const known = version > 0 && text(fields[5]) !== '';
    return {
      status,
      storeNowMs: integer(fields[1]),
      sinceMs: integer(fields[2]),
      lastIssueNo: integer(fields[3]),
      claimsKnown: integer(fields[10]) === 1,
      terms: !known
        ? undefined
        : {
            version,
            quantity: Number(text(fields[5])),
            opensAtMs: bound(fields[6]),
            closesAtMs: bound(fields[7]),
            paused: fields[8] === '1',
            closed: fields[9] === '1',
          },
    };
  }

  async merge(
    couponId: CouponId,
    { token, lockMs }: { readonly token: string; readonly lockMs: number },
    source: MergeSource,
    issuances: readonly Issuance[],
  ): Promise<readonly Issuance[] | 'taken_over'> {
    const keys = [metaKey(couponId), winnersKey(couponId), queueKey(couponId)];
    const args = [token, lockMs, source, ...triples(issuances)];
    const fields = list(await this.#calls.run('merge', keys, args, true));
    if (fields[0] === 'taken_over') return fields[0];
    if (fields[0] !== 'merged') throw corrupt('a reply of merge', fields);
    const displaced: Issuance[] = [];
    for (let at = 1; at < fields.length; at += 2) {
      const holder = parseHolder(text(fields[at]));
      if (holder === undefined) throw corrupt('a winner', fields[at]);
      displaced.push({ holder, ...parseWinner(text(fields[at + 1])) });
    }
    return displaced;
  }

  async resume(token: string, coupon: ResumeCoupon): Promise<'resumed' | 'taken_over'> {
    const args = [
      token,
      coupon.epoch,
      coupon.lastIssueNo,
      coupon.version,
      coupon.quantity,
      coupon.opensAtMs ?? '',
      coupon.closesAtMs ?? '',
      coupon.paused ? 1 : 0,
      coupon.closed ? 1 : 0,
      coupon.lastChange?.changeNo ?? 0,
      coupon.lastChange?.refused ?? '',
    ];
    const reply = await this.#calls.run('resume', couponKeys(coupon.couponId), args, true);
    if (reply !== 'resumed' && reply !== 'taken_over') throw corrupt('a reply of resume', reply);
    return reply;
  }
}

const inspectionStatuses: ReadonlySet<unknown> = new Set<Inspection['status']>([
  ...(['serving', 'unverified', 'damaged', 'earlier_life', 'foreign'] as const),
]);

function isInspectionStatus(status: unknown): status is Inspection['status'] {
  return inspectionStatuses.has(status);
}
