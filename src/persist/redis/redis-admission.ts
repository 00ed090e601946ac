/** {@link Admission} over Redis: each decision is one script in `lua/`. */
import { chunksOf } from '../../engine/domain/chunks.js';
import type {
  Admission,
  AdmitBatch,
  AdmitReply,
  AmendReply,
  AnswerBatch,
  RevokeReply,
  TermsChange,
  WarmContent,
  WinnersView,
} from '../../engine/ports/admission.js';
import type { CouponId, CouponSnapshot, Issuance, MemberId } from '../../engine/domain/coupon.js';
import { claimedKey, metaKey, queueKey, winnersKey } from './keys.js';
import type { RedisCalls } from './redis-calls.js';
import { warmCoupon } from './redis-warm.js';
import { readWinners } from './redis-winners.js';
import { corrupt, list, parseAdmitReply, parseQueued, parseSnapshot, parseWinner, text } from './replies.js';

/** Snapshots asked for at once; the next ones follow when these are answered, so that admissions get in between. */
const SNAPSHOTS_AT_ONCE = 100;

export class RedisAdmission implements Admission {
  readonly #calls: RedisCalls;

  constructor(calls: RedisCalls) {
    this.#calls = calls;
  }

  async admit(batch: AdmitBatch): Promise<AdmitReply> {
    const { couponId } = batch;
    const keys = [metaKey(couponId), winnersKey(couponId), queueKey(couponId)];
    const mark = this.#calls.replicaAcks > 0 ? '1' : '0';
    const { epoch, notAfterMs, seenIssueNo = 0, memberIds } = batch;
    const args = [epoch, Math.floor(notAfterMs), mark, seenIssueNo, ...memberIds];
    return parseAdmitReply(await this.#calls.run('admit', keys, args, true));
  }

  async admitRound(batches: readonly AdmitBatch[], answer: AnswerBatch): Promise<void> {
    await Promise.all(
      batches.map(async (batch, place) => {
        answer(
          place,
          await this.admit(batch).catch((fault: unknown) => ({ status: 'fault' as const, fault })),
        );
      }),
    );
  }

  shardOf(): number {
    return 0;
  }

  async snapshots(couponIds: readonly CouponId[]): Promise<(CouponSnapshot | undefined)[]> {
    const snapshots: (CouponSnapshot | undefined)[] = [];
    for (const some of chunksOf(couponIds, SNAPSHOTS_AT_ONCE)) {
      snapshots.push(...(await Promise.all(some.map((couponId) => this.#snapshot(couponId)))));
    }
    return snapshots;
  }

  async #snapshot(couponId: CouponId): Promise<CouponSnapshot | undefined> {
    const fields = list(await this.#calls.run('snapshot', [metaKey(couponId), winnersKey(couponId)], []));
    if (fields[0] === 'not_ready') return undefined;
    if (fields[0] !== 'ready') throw corrupt('a snapshot', fields);
    return parseSnapshot(couponId, fields);
  }

  async issuanceOf(couponId: CouponId, memberId: MemberId): Promise<Issuance | undefined | 'not_ready'> {
    const value = await this.#calls.command('hget', winnersKey(couponId), [memberId]);
    if (value !== null) return { memberId, ...parseWinner(text(value)) };
    return (await this.#snapshot(couponId)) === undefined ? 'not_ready' : undefined;
  }

  async unrecordedHolder(couponId: CouponId, issueNo: number): Promise<Issuance | undefined> {
    if (!Number.isSafeInteger(issueNo) || issueNo < 1) return undefined;
    const holder = text(
      await this.#calls.run('holder', [queueKey(couponId), claimedKey(couponId)], [issueNo]),
    );
    return holder === '' ? undefined : parseQueued(issueNo, holder);
  }

  async winners(couponId: CouponId, version: number, limit: number): Promise<WinnersView | undefined> {
    const before = await this.#snapshot(couponId);
    if (before?.version !== version || before.issued > limit) return undefined;
    const view = await readWinners(this.#calls, couponId, limit);
    const after = await this.#snapshot(couponId);
    const unchanged =
      after?.version === version && after.epoch === before.epoch && after.issued === view?.size;
    return unchanged ? view : undefined;
  }

  warm(couponId: CouponId, read: () => Promise<WarmContent>): Promise<'warmed' | 'present'> {
    return warmCoupon(this.#calls, couponId, read);
  }

  async amend(couponId: CouponId, change: TermsChange, changeNo = 0): Promise<AmendReply> {
    const bound = (instantMs: number | null | undefined): number | string =>
      instantMs === undefined ? '' : (instantMs ?? 'none');
    const args = [
      change.quantity ?? '',
      bound(change.opensAtMs),
      bound(change.closesAtMs),
      change.paused === undefined ? '' : change.paused ? 1 : 0,
      change.closed === undefined ? '' : 1,
      changeNo,
    ];
    const fields = list(
      await this.#calls.run('amend', [metaKey(couponId), winnersKey(couponId)], args, true),
    );
    const status = fields[0];
    switch (status) {
      case 'not_ready':
        return { status };
      case 'amended':
      case 'superseded':
      case 'closed':
      case 'window_invalid':
      case 'quantity_below_issued':
        return { status, snapshot: parseSnapshot(couponId, fields) };
      default:
        throw corrupt('a reply of amend', fields);
    }
  }

  async revoke(couponId: CouponId, issueNo: number, memberId: MemberId): Promise<RevokeReply> {
    const keys = [metaKey(couponId), winnersKey(couponId), queueKey(couponId)];
    const fields = list(await this.#calls.run('revoke', keys, [issueNo, memberId], true));
    const status = fields[0];
    switch (status) {
      case 'not_ready':
        return { status };
      case 'revoked':
      case 'absent':
        return { status, snapshot: parseSnapshot(couponId, fields) };
      default:
        throw corrupt('a reply of revoke', fields);
    }
  }
}
