/** Lists every bound of the engine that is not configuration, with its reason. */

/**
 * How long a local answer is valid after the store's version was last read. A top-up must count in every process within
 * 1,000 ms, so this plus the worst event-loop delay must stay below that.
 */
export const LOCAL_ANSWER_MS = 800;

/**
 * How often a process that listens to news sends a beat to itself over the channel, and how long it relies on one that arrived. Less than
 * {@link LOCAL_ANSWER_MS}, so that a broken channel ends local answers before they are older than a version check allows.
 */
export const BEAT_MS = 100;
export const NEWS_TRUSTED_MS = 600;

/** How often versions are asked for while answers are local: three tries before {@link LOCAL_ANSWER_MS} runs out. */
export const VERSION_CHECK_MS = 250;

/** Before the opening instant by less than this, the store is asked: covers the drift of two clocks within a version check. */
export const OPENING_MARGIN_MS = 50;

/** How often overdue downloads are checked. A deadline may be late by this much. */
export const OVERDUE_CHECK_MS = 100;

/** An actor without a request for this long is removed, together with its winners. */
export const ACTOR_IDLE_MS = 60_000;

/** Concurrent actors. Beyond this number, coupons not yet known are answered `busy`. */
export const ACTORS_MAX = 200_000;

/** How long ids found not to exist are remembered (a coupon may be registered meanwhile), and how many of them. */
export const UNKNOWN_COUPON_MS = 1_000;
export const UNKNOWN_COUPONS_MAX = 10_000;

/** Winners held by sealed actors, all together: about 120 bytes each. Beyond it a sold-out coupon keeps asking the store. */
export const SEALED_WINNERS_MAX = 1_000_000;

/** Coupons read in one round of the loader. */
export const LOAD_BATCH_MAX = 500;

/**
 * Where a round of a shard ends; the coupons that do not fit stay in the line. A round is one script in Redis, which
 * blocks every other command meanwhile: about 3 ms with this many members. A coupon that is alone in the line may have
 * a larger batch.
 */
export const ROUND_COUPONS_MAX = 256;
export const ROUND_MEMBERS_MAX = 512;

/** Pause after the store refused or lost a command, before the same batch is sent again. */
export const RETRY_PAUSE_MS = 20;

/** A coupon whose holders another one excludes ends this long before that one opens, so that all its rows are written by then. */
export const EXCLUSIVE_MARGIN_MS = 60_000;

/**
 * A coupon is decided on only within {@link MARK_PENDING_EVERY_MS} after it was marked pending, and its mark is kept {@link PENDING_IDLE_MS} after
 * the last time. A mark is renewed ahead of that: rounds continue for as long without the node that has the marks.
 */
export const MARK_PENDING_EVERY_MS = 10_000;
export const MARK_RENEWAL_MS = 5_000;
/** After a renewal that failed. */
export const MARK_RETRY_MS = 500;
export const PENDING_IDLE_MS = 60_000;

/**
 * How often the pending coupons are read, how many at most, and how many are checked in one call. One that stays empty
 * is checked ever more rarely, down to once in {@link SWEEP_SELDOM_MS}.
 */
export const SWEEP_EVERY_MS = 1_000;
export const SWEEP_SELDOM_MS = 10_000;
export const SWEEP_COUPONS_MAX = 20_000;
export const SWEEP_BATCH_MAX = 500;

/** How often recorders check whether the store still has the marks of pending coupons. */
export const MARKS_CHECK_MS = 2_000;

/** Pause after a drain failed because a store did not answer. */
export const DRAIN_RETRY_MS = 500;

/**
 * Coupons of one drain, and drains outstanding for one node of the store. A second one begins only when the first has
 * taken this long, so that a lock on one coupon holds up no other.
 */
export const DRAIN_COUPONS_MAX = 1_024;
export const DRAINS_PER_SHARD_MAX = 3;
export const DRAIN_SLOW_MS = 250;

/** Concurrent drains of coupons that must be recorded alone. */
export const DRAINS_ALONE_MAX = 2;

/** How often watched coupons are read, all in one call. A watcher gets at most five updates a second. */
export const LIVE_POLL_MS = 200;

/**
 * After this long without a change watchers get an update nevertheless, which keeps their connection open and their
 * countdown correct.
 */
export const LIVE_REFRESH_MS = 5_000;

/** The time over which the rate of issuing is measured. */
export const LIVE_RATE_WINDOW_MS = 1_000;

/** Updates kept of a watched coupon for watchers who reconnect after a short break: 20 s at full pace. */
export const LIVE_HISTORY_UPDATES = 100;

/** How long a coupon is followed after its last watcher left, so that a watcher who reconnects has missed nothing. */
export const LIVE_LINGER_MS = 15_000;

/** Concurrently watched coupons. Above LOAD_BATCH_MAX of them they take turns, and updates come less often. */
export const LIVE_COUPONS_MAX = 5_000;

/** Watched coupons missing from the store that are read from the catalogue in one round. */
export const LIVE_COLD_READS_MAX = 10;

/** Issuances in one step of a recovery or a comparison: large enough to amortise the round trip, small enough not to hold a store up. */
export const STEP_ISSUANCES_MAX = 1_000;

/** Rows that a rebuild reads in one page and puts into the store in concurrent steps, while it reads the next page. */
export const REBUILT_ROWS_MAX = 4_000;

/**
 * After the store's server changed, how long every process has to report the highest number it received, before a
 * coupon is compared with the ledger. Actors with members waiting ask every {@link RETRY_PAUSE_MS}.
 */
export const INSPECT_MS = 300;

/** A recovering process silent for this long is taken for dead. Must outlast one statement of the database. */
export const RECOVERY_LOCK_MS = 15_000;

/** How often a recovery that waits for claims to end renews its lock, and how often a waiting command checks again. */
export const RECOVERY_POLL_MS = 500;

/** How long a command waits for a recovery, its own or another process's. */
export const RECOVERY_WAIT_MAX_MS = 120_000;

/** Findings of one kind that a comparison lists; all are counted. */
export const FINDINGS_MAX = 100;

/**
 * A revoke is written to the ledger first and to the admission store right after. If the second write is missing after
 * this long, the revoke is unfinished.
 */
export const REVOKE_WAIT_MAX_MS = 5_000;

/** A change of a coupon waits this long for the previous one, and polls this often. */
export const CHANGE_WAIT_MAX_MS = 4_000;
export const CHANGE_POLL_MS = 20;

/**
 * A change that is still unsettled this long after another change found it is taken over: its stores answer within
 * milliseconds or not at all.
 */
export const CHANGE_TAKEOVER_MS = 1_000;

/**
 * How often unsettled changes are read, and how many are settled in one round. A change is taken over when it is found
 * twice.
 */
export const UNSETTLED_CHANGES_POLL_MS = 1_000;
export const UNSETTLED_CHANGES_MAX = 100;

/** How often idempotency keys that have expired are removed. */
export const IDEMPOTENCY_SWEEP_MS = 10 * 60_000;

/** A claim whose lease ended this long ago is stuck: a recorder would have taken it over at its next sweep. */
export const STUCK_CLAIM_MS = 10_000;

/** How often the background reconciler compares counts, and how many coupons it compares. */
export const RECONCILE_EVERY_MS = 5_000;
export const RECONCILE_COUPONS_MAX = 500;

/** Coupons compared in the same calls: alone, a coupon took 1 ms of CPU time. */
export const RECONCILE_COUPONS_PER_CALL = 100;
/** And their winners, since counting reads each row; a coupon with more is compared alone. */
export const RECONCILE_ROWS_PER_CALL = 100_000;

/**
 * Coupons repaired or prepared concurrently, each in some six calls in turn. One after another, 400 coupons took longer than 30 s on a busy machine,
 * and a revoke that a dying process had left unfinished waited for all of them.
 */
export const RECONCILE_CONCURRENT_MAX = 5;

/** Between the mark of a coupon and the revocation of a number in the database: two calls with their deadlines. */
export const MARK_TO_REVOCATION_MAX_MS = 20_000;

/**
 * Cooldown of a node's coupons between two drains, for each node that records at the same time. A drain has a fixed
 * cost (two scripts and a transaction, an fsync each), so a recorder without a cooldown pays it for a handful of rows. No cooldown cost 60.1 µs a request altogether,
 * 25 ms 50.5, 50 ms with batches of up to 3,000 rows 47.2, 80 ms 47.9 (medians of five interleaved runs, docs/adr/0012).
 * Rows are later by that much.
 */
export const DRAIN_COOLDOWN_MS = 50;

/**
 * Each coupon of a drain has a cost of its own, whether it has one row or ten. So a recorder drains about this many
 * coupons a second from each node, until the cooldown is {@link DRAIN_COOLDOWN_MAX_MS}. Recorder, Redis and database took
 * together, with 200 coupons, 24.0 µs a row at 5 rows a coupon, 16.4 at 10, 13.6 at 15 (docs/adr/0095).
 */
export const DRAINED_COUPONS_PER_SECOND = 2_000;
export const DRAIN_COOLDOWN_MAX_MS = 200;

/** A recorder that stops waits at most this long for its drains: longer than the statements of one, and within the grace of a supervisor. */
export const RECORDER_STOP_MAX_MS = 10_000;

/** How long one statement may take in the database, milliseconds. A lease must outlast it. */
export const DATABASE_TIMEOUT_MS = 5_000;

/**
 * Queries of the ledger for one page of a settled list, each about up to {@link STEP_ISSUANCES_MAX} numbers; the next page
 * continues there.
 */
export const FRONTIER_WINDOWS_MAX = 20;

/** How often all winners of one coupon are searched for a number that is neither in the ledger nor queued nor claimed. */
export const FRONTIER_SEARCH_EVERY_MS = 5_000;

/** Coupons whose void numbers are remembered. */
export const VOID_COUPONS_MAX = 1_000;

/** Coupons whose followers' waits are measured, and how long after its last read a follower counts as waiting. */
export const FRONTIER_WAITS_MAX = 10_000;
export const FRONTIER_WAIT_KEPT_MS = 300_000;

/** How often the events of one seller get their places, whichever process asks: followers poll, and relays do. */
export const FEED_PLACE_EVERY_MS = 200;

/** Coupons of one seller read in one round; those that had events within {@link FEED_HOT_MS} are read in every round. */
export const FEED_COUPONS_MAX = 2_000;
export const FEED_HOT_MS = 60_000;

/** How long a webhook that is made waits for the history of its seller to get places. */
export const FEED_END_WITHIN_MS = 3_000;

/** Rows of one coupon that get their places in one round. */
export const FEED_PLACED_ROWS_MAX = 20_000;

/**
 * Waiting events that get their places in one transaction, and for how long a round continues with further ones: a reader waits for the round.
 */
export const FEED_WAITING_MAX = 1_000;
export const FEED_PLACE_WITHIN_MS = 1_000;

/** Sellers whose feeds are remembered by one process. */
export const FEED_SELLERS_MAX = 10_000;

/** Entries read for one page of a feed; those that are not wanted count. */
export const FEED_ENTRIES_MAX = 200;

/**
 * How long events are kept, and how often and how many old ones are removed. Webhooks that still have some to deliver hold them back, a
 * disabled one for as long as this from its first failure.
 */
export const EVENTS_KEPT_MS = 30 * 24 * 60 * 60_000;
export const EVENTS_SWEEP_MS = 15_000;
export const EVENTS_REMOVED_MAX = 5_000;

/**
 * How often a relay reads which webhooks have something to deliver, and how many of them it holds at most. All of those that it holds are
 * read each time; what is beyond is for other relays.
 */
export const RELAY_POLL_MS = 500;
export const RELAY_WEBHOOKS_MAX = 10_000;

/** The same without any webhook: a tenth of a percent of a core was what asking each time cost. */
export const RELAY_IDLE_POLL_MS = 2_000;

/** Concurrent requests of one relay, one per webhook; and batches of one webhook before others get their turn. */
export const RELAY_REQUESTS_MAX = 20;
export const RELAY_BATCHES_MAX = 50;

/** Outlasts a request and the step before it. A relay that was frozen for longer than the second must not send. */
export const RELAY_LEASE_MS = 15_000;
export const RELAY_SEND_WITHIN_MS = 3_000;

/** How long a stopping relay waits for its requests: what is not confirmed is sent again by another. */
export const RELAY_STOP_WAIT_MS = 3_000;
export const RELAY_STOP_POLL_MS = 20;

/** Events in one request. */
export const WEBHOOK_BATCH_MAX = 100;

/** After failures in a row; the last one again and again, until the webhook is disabled. */
export const WEBHOOK_RETRY_DELAYS_MS: readonly number[] = [
  5_000, 30_000, 120_000, 600_000, 3_600_000, 21_600_000, 86_400_000,
];
export const WEBHOOK_DISABLED_AFTER_MS = 72 * 60 * 60_000;

/** How long the secret from before a rotation signs beside the new one. */
export const WEBHOOK_SECRET_OVERLAP_MS = 24 * 60 * 60_000;

/** Issuances of up to this long before a webhook was made may be delivered to it: clocks differ. */
export const WEBHOOK_HISTORY_MARGIN_MS = 60_000;

/** A process reports itself this often, and each line is in force for this long. */
export const PROCESS_LINE_INTERVAL_MS = 3_000;
export const PROCESS_LINE_TTL_MS = 10_000;

/**
 * How often holds that ran out are searched, and how long after its end a hold is left alone: a confirmation may be under way, and the
 * clocks of the admission store and of the database may differ by this much.
 */
export const HOLD_SWEEP_MS = 2_000;
export const HOLD_GRACE_MS = 30_000;

/** A coupon whose next hold ends later is checked at least this often: rows may be recorded late. */
export const HOLD_CHECK_MAX_MS = 10_000;

/** The same without any open hold: no more than the shortest hold and the grace, so that none is late. */
export const HOLD_IDLE_CHECK_MS = 60_000;

/** A sweep begins at the first number of a coupon again this often: a scan over a million confirmed rows takes the database 0.3 s. */
export const HOLD_CURSOR_MAX_MS = 600_000;

/** Holds taken back in one transaction; a confirmation of one of them waits meanwhile. */
export const TRANSACTION_HOLDS_MAX = 4_000;

/** Units that return to stock in one step of the admission store, which keeps every other one waiting: 4 ms of Redis. */
export const TAKE_BACK_MAX = 2_000;

/** Coupons with holds read at once, and pages of settled rows by which a cursor moves in one sweep. */
export const HOLD_COUPONS_MAX = 1_000;
export const HOLD_CURSOR_PAGES_MAX = 20;
