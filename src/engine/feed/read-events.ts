/**
 * Reads events of a seller's log from a position.
 *
 * The log only grows, and rows are immutable (a revoked one is kept with its revocation), so the same two positions always enclose the same
 * events: a repeated delivery has the same bytes.
 */
import type { CouponId, Issuance } from '../domain/coupon.js';
import type { EventKind, FeedEvent, FeedPosition } from '../domain/events.js';
import { FEED_ENTRIES_MAX } from '../domain/limits.js';
import { holderFields } from '../domain/holder.js';
import type { EventLog, FeedEntry } from '../ports/event-log.js';

export interface EventFilter {
  /** Absent: all. */
  readonly kinds?: ReadonlySet<EventKind> | undefined;
  readonly couponIds?: ReadonlySet<CouponId> | undefined;
  /** Ranges whose last issuance is older are left out. */
  readonly issuedSinceMs?: number | undefined;
  /** Only events of one coupon: those of the first that has any. */
  readonly oneCoupon?: boolean;
  /** Ends here; events after it are not read. */
  readonly until?: FeedPosition | undefined;
}

export interface EventPage {
  readonly events: readonly FeedEvent[];
  /** Where the next page begins. */
  readonly position: FeedPosition;
  /** Whether there may be more at this moment. */
  readonly more: boolean;
}

export async function readEvents(
  log: Pick<EventLog, 'entries' | 'issuances' | 'takenBack'>,
  sellerId: string,
  after: FeedPosition,
  filter: EventFilter,
  limit: number,
): Promise<EventPage> {
  const { until, oneCoupon = false } = filter;
  const events: FeedEvent[] = [];
  let position = after;
  const entries = await log.entries(
    sellerId,
    after.no === undefined ? after.seq : after.seq - 1,
    FEED_ENTRIES_MAX,
  );
  for (const entry of entries) {
    if (until !== undefined && entry.seq > until.seq) return { events, position, more: false };
    if (!isWanted(entry, filter)) {
      position = { seq: entry.seq };
      continue;
    }
    const [first] = events;
    if (events.length === limit) return { events, position, more: true };
    if (oneCoupon && first !== undefined && first.couponId !== entry.couponId)
      return { events, position, more: true };
    if (entry.kind !== 'issuances' && entry.kind !== 'taken_back') {
      const { kind, couponId, fields } = entry;
      events.push({ id: `evt_${entry.id}`, kind, couponId, fields });
      position = { seq: entry.seq };
      continue;
    }
    const readUpTo = after.seq === entry.seq && after.no !== undefined ? after.no : entry.firstNo - 1;
    const lastNo = until?.seq === entry.seq ? (until.no ?? entry.lastNo) : entry.lastNo;
    const room = limit - events.length;
    const { endsAt, ...numbered } = await eventsOf(log, entry, readUpTo, lastNo, room);
    events.push(...numbered.events);
    if (endsAt < entry.lastNo) return { events, position: { seq: entry.seq, no: endsAt }, more: true };
    position = { seq: entry.seq };
  }
  return { events, position, more: entries.length === FEED_ENTRIES_MAX };
}

type RangeEntry = Extract<FeedEntry, { readonly lastNo: number }>;

/** Those of the numbers above `afterNo` and up to `lastNo`, and the number up to which they were read. */
async function eventsOf(
  log: Pick<EventLog, 'issuances' | 'takenBack'>,
  entry: RangeEntry,
  afterNo: number,
  lastNo: number,
  limit: number,
): Promise<{ readonly events: readonly FeedEvent[]; readonly endsAt: number }> {
  const { couponId } = entry;
  const isTaken = entry.kind === 'taken_back';
  const rows = isTaken
    ? await log.takenBack(couponId, entry.firstNo, afterNo, lastNo, limit)
    : await log.issuances(couponId, afterNo, lastNo, limit);
  return {
    events: rows.map((row) => (isTaken ? takenBackEvent(entry, row) : recordedEvent(couponId, row))),
    endsAt: rows.length === limit ? (rows.at(-1)?.issueNo ?? lastNo) : lastNo,
  };
}

function isWanted(entry: FeedEntry, { kinds, couponIds, issuedSinceMs }: EventFilter): boolean {
  if (couponIds !== undefined && !couponIds.has(entry.couponId)) return false;
  if (entry.kind === 'taken_back') return kinds === undefined || kinds.has(kindOf(entry));
  if (entry.kind !== 'issuances') return kinds === undefined || kinds.has(entry.kind);
  if (kinds !== undefined && !kinds.has('issuance.recorded')) return false;
  const { lastIssuedAtMs } = entry;
  return issuedSinceMs === undefined || lastIssuedAtMs === undefined || lastIssuedAtMs >= issuedSinceMs;
}

export function recordedEvent(couponId: CouponId, { issueNo, holder, issuedAtMs }: Issuance): FeedEvent {
  const fields = { issueNo, ...holderFields(holder), issuedAt: new Date(issuedAtMs).toISOString() };
  return { id: `iss_${couponId}_${issueNo}`, kind: 'issuance.recorded', couponId, fields };
}

type TakenBackEntry = Extract<FeedEntry, { readonly kind: 'taken_back' }>;

function kindOf({ reason }: TakenBackEntry): 'hold.expired' | 'issuance.revoked' {
  return reason === 'hold_expired' ? 'hold.expired' : 'issuance.revoked';
}

function takenBackEvent(entry: TakenBackEntry, { issueNo, holder, issuedAtMs }: Issuance): FeedEvent {
  const { id, couponId, reason, holdMs, takenAtMs } = entry;
  const kind = kindOf(entry);
  const named = { issueNo, ...holderFields(holder) };
  const takenAt = new Date(takenAtMs).toISOString();
  const fields =
    kind === 'hold.expired'
      ? { ...named, confirmBy: new Date(issuedAtMs + holdMs).toISOString(), expiredAt: takenAt }
      : { ...named, revokedAt: takenAt, reason };
  return { id: `evt_${id}_${issueNo}`, kind, couponId, fields };
}
