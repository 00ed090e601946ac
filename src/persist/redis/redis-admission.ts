/** Implements {@link Admission} over Redis: each decision is one script in `lua/`. */
import { chunksOf } from '../../engine/domain/chunks.js';
import type {
  Admission,
  AdmitBatch,
  AdmitFault,
  AdmitReply,
  AmendReply,
  AnswerBatch,
  NumberedHolder,
  RevokeManyReply,
  RevokeReply,
  WarmContent,
  WinnersView,
  NumberedChange,
} from '../../engine/ports/admission.js';
import { runsOf } from '../../engine/domain/runs.js';
import type { TermsChange } from '../../engine/ports/terms-change.js';
import type { CouponId, CouponSnapshot, HolderId, Issuance } from '../../engine/domain/coupon.js';
import { answerInCalls, askInCalls, type CallLimits, callsOf } from './answer-in-calls.js';
import { isWrongTypeFault } from './fault-classes.js';
import { claimedKey, couponKeys, metaKey, queueKey, winnersKey } from './keys.js';
import type { RedisCalls } from './redis-calls.js';
import type { RedisNodes } from './redis-nodes.js';
import { warmCoupon } from './redis-warm.js';
import { readWinners } from './redis-winners.js';
import {
  corrupt,
  integer,
  isOfAnotherType,
  keyLost,
  list,
  parseAdmitReplies,
  parseQueued,
  parseSnapshot,
  parseWinner,
  text,
} from './replies.js';

/**
 * Coupons of one script call, which nothing interrupts: 512 members keep every other command waiting for some 3 ms. A batch of more
 * members, of a coupon that is hot alone, is a call of its own.
 */
const ADMIT_LIMITS: CallLimits<AdmitBatch> = {
  coupons: 256,
  size: { max: 512, of: ({ holders }) => holders.length },
};

/** Snapshots asked for at once; the next ones follow when these are answered, so that admissions get in between. */
const CALL_SNAPSHOTS_MAX = 100;
const SNAPSHOT_LIMITS: CallLimits<CouponId> = { coupons: CALL_SNAPSHOTS_MAX };

export class RedisAdmission implements Admission {
  readonly #calls: RedisCalls;
  readonly #nodes: Pick<RedisNodes, 'isCluster' | 'shardOf'>;

  constructor(calls: RedisCalls, nodes: Pick<RedisNodes, 'isCluster' | 'shardOf'>) {
    this.#calls = calls;
    this.#nodes = nodes;
  }

  async admit(batch: AdmitBatch): Promise<AdmitReply> {
    const [reply] = await this.#admitInOneCall([batch]);
    if (reply === undefined) throw corrupt('a decision for the batch', reply);
    if (reply.status === 'fault') throw reply.fault;
    return reply;
  }

  /** On a single Redis mostly one call, in a Cluster one for each bucket, all of them in one write. */
  admitRound(batches: readonly AdmitBatch[], answer: AnswerBatch): Promise<void> {
    const calls = callsOf(batches, ({ couponId }) => couponId, ADMIT_LIMITS, this.#nodes.isCluster);
    return answerInCalls(calls, (some, onRepeat) => this.#admitInOneCall(some, onRepeat), answer);
  }

  async #admitInOneCall(
    batches: readonly AdmitBatch[],
    onRepeat?: () => void,
  ): Promise<(AdmitReply | AdmitFault)[]> {
    const keys: string[] = [];
    const args: (string | number)[] = [this.#calls.replicaAcks > 0 ? '1' : '0'];
    for (const { couponId, epoch, notAfterMs, seenIssueNo = 0, askers = 0, holders } of batches) {
      keys.push(metaKey(couponId), winnersKey(couponId), queueKey(couponId));
      args.push(epoch, Math.floor(notAfterMs), seenIssueNo, holders.length, askers, ...holders);
    }
    return parseAdmitReplies(await this.#calls.run('admit', keys, args, true, onRepeat), batches);
  }

  shardOf(couponId: CouponId): number {
    return this.#nodes.shardOf(metaKey(couponId));
  }

  async snapshots(couponIds: readonly CouponId[]): Promise<(CouponSnapshot | undefined)[]> {
    const snapshots: (CouponSnapshot | undefined)[] = [];
    for (const some of chunksOf(couponIds, CALL_SNAPSHOTS_MAX)) {
      const calls = callsOf(some, (couponId) => couponId, SNAPSHOT_LIMITS, this.#nodes.isCluster);
      snapshots.push(...(await askInCalls(calls, (ids) => this.#snapshotsInOneCall(ids))));
    }
    return snapshots;
  }

  async #snapshot(couponId: CouponId): Promise<CouponSnapshot | undefined> {
    const [snapshot] = await this.#snapshotsInOneCall([couponId]);
    return snapshot;
  }

  async #snapshotsInOneCall(couponIds: readonly CouponId[]): Promise<(CouponSnapshot | undefined)[]> {
    const keys = couponIds.flatMap((couponId) => couponKeys(couponId));
    const elements = list(await this.#calls.run('snapshot', keys, []));
    return couponIds.map((couponId, place) => {
      const fields = list(elements[place]);
      if (fields[0] === 'not_ready' || isOfAnotherType(fields)) return undefined;
      if (fields[0] !== 'ready') throw corrupt('a snapshot', fields);
      return parseSnapshot(couponId, fields);
    });
  }

  async issuanceOf(couponId: CouponId, holder: HolderId): Promise<Issuance | undefined | 'not_ready'> {
    const found = await this.issuancesOf(couponId, [holder]);
    return found === 'not_ready' ? found : found[0];
  }

  async issuancesOf(
    couponId: CouponId,
    holders: readonly HolderId[],
  ): Promise<readonly (Issuance | undefined)[] | 'not_ready'> {
    const found = await Promise.all([
      this.#calls.command('hmget', winnersKey(couponId), ['', ...holders]).then(list),
      this.#calls.command('hget', metaKey(couponId), ['marker']),
    ]).catch((fault: unknown) => {
      // A key of another type has taken the name.
      if (isWrongTypeFault(fault)) return undefined;
      throw fault;
    });
    if (found === undefined) return 'not_ready';
    const [[marker, ...values], known] = found;
    // Another hash may have taken the name.
    if (known === null || marker !== `#w.${text(known)}`) return 'not_ready';
    // That a holder has none is an answer of a coupon in service only.
    if (values.includes(null) && (await this.#snapshot(couponId)) === undefined) return 'not_ready';
    return holders.map((holder, place) => {
      const value = values[place];
      return value === null ? undefined : { holder, ...parseWinner(text(value)) };
    });
  }

  async unrecordedHolder(couponId: CouponId, issueNo: number): Promise<Issuance | undefined> {
    if (!Number.isSafeInteger(issueNo) || issueNo < 1) return undefined;
    const holder = text(
      await this.#calls.run('holder', [queueKey(couponId), claimedKey(couponId)], [issueNo]),
    );
    if (holder === 'not_ready') throw keyLost(couponId);
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

  async amend(couponId: CouponId, change: TermsChange, numbered?: NumberedChange): Promise<AmendReply> {
    const bound = (instantMs: number | null | undefined): number | string =>
      instantMs === undefined ? '' : (instantMs ?? 'none');
    const args = [
      change.quantity ?? '',
      bound(change.opensAtMs),
      bound(change.closesAtMs),
      change.paused === undefined ? '' : change.paused ? 1 : 0,
      change.closed === undefined ? '' : 1,
      numbered?.changeNo ?? 0,
      numbered?.epoch ?? '',
    ];
    const fields = await this.#change('amend', [metaKey(couponId), winnersKey(couponId)], args);
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

  async #change(
    name: 'amend' | 'revoke' | 'take-back',
    keys: readonly string[],
    args: readonly (string | number)[],
  ): Promise<readonly unknown[]> {
    try {
      return list(await this.#calls.run(name, keys, args, true));
    } catch (fault) {
      // A key of another type has taken the name: the one that was put in is lost.
      if (isWrongTypeFault(fault)) return ['not_ready'];
      throw fault;
    }
  }

  async revoke(couponId: CouponId, issueNo: number, holder: HolderId): Promise<RevokeReply> {
    const keys = [metaKey(couponId), winnersKey(couponId), queueKey(couponId)];
    const fields = await this.#change('revoke', keys, [issueNo, holder]);
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

  async revokeMany(couponId: CouponId, issuances: readonly NumberedHolder[]): Promise<RevokeManyReply> {
    const keys = [metaKey(couponId), winnersKey(couponId), queueKey(couponId)];
    const numbers = runsOf(issuances).map(([first, last]) => `${first}-${last}`);
    const args = [numbers.join(','), ...issuances.map(({ holder }) => holder)];
    const fields = await this.#change('take-back', keys, args);
    const status = fields[0];
    switch (status) {
      case 'not_ready':
        return { status };
      case 'revoked':
        return { status, count: integer(fields[11]), snapshot: parseSnapshot(couponId, fields) };
      default:
        throw corrupt('a reply of take-back', fields);
    }
  }
}
