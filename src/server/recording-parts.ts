/** Starts the parts of a process that records: recorder, reconciler, and what settles and restores for processes that died. */
import type { Logger } from 'pino';
import type { DistributedConfig } from '../config/config.js';
import { StoresMixedUpError } from '../engine/domain/errors.js';
import { Reconciler } from '../engine/reconcile/reconcile-loop.js';
import { LostMarks } from '../engine/recording/lost-marks.js';
import { Recorder } from '../engine/recording/recorder.js';
import type { CouponWarmer } from '../engine/recovery/coupon-warmer.js';
import { UnsettledChanges } from '../engine/sellers/unsettled-changes.js';
import type { RecorderCounters } from '../http/metrics/recorder-metrics.js';
import type { DistributedStores, Stores } from './stores.js';
import { systemClock, systemScheduler } from './system-time.js';

/** What runs until it is stopped. */
export interface Part {
  stop(): Promise<void>;
}

export async function startRecorder(
  config: DistributedConfig,
  distributed: DistributedStores,
  warmer: CouponWarmer,
  logger: Logger,
  counters: RecorderCounters,
): Promise<Part> {
  const { redisUrls, redisTls, redisSentinel, redisNatMap, redisPrefix, mysqlUrl, mysqlTls } = config;
  const { admitDeadlineMs, recordBatchMax, leaseMs, recordThreads } = config;
  const { startRecorderThreads } = await import('./recorder-threads.js');
  const threads = startRecorderThreads(
    {
      ...{ redisUrls, redisTls, redisSentinel, redisNatMap, redisPrefix, mysqlUrl, mysqlTls },
      callDeadlineMs: admitDeadlineMs,
      ...{ recordBatchMax, leaseMs },
    },
    recordThreads,
    {
      onTimes: (times) => counters.times.merge(times),
      onFault: (fault) => {
        counters.faults++;
        logger.error({ err: fault }, 'A recorder thread ended without a task; another one starts');
      },
    },
  );
  const recorder = new Recorder({
    ...distributed,
    clock: systemClock,
    scheduler: systemScheduler,
    drain: (couponIds, alone) => {
      // The threads do not know whose Redis it is.
      const [fault] = distributed.belonging.faults();
      return fault === undefined
        ? threads.drain(couponIds, alone)
        : Promise.reject(new StoresMixedUpError(fault));
    },
    prepare: (couponId) => warmer.prepare(couponId),
    onDrained: (couponId, result) => {
      counters.drained(result);
      if (result.deadLettered > 0)
        logger.error(
          { couponId, ...result },
          'Issuances could not be recorded; they are in the table dead_letter with the reason; run `seonchak reconcile <couponId>`',
        );
      else if (result.stale > 0)
        logger.warn(
          { couponId, ...result },
          'Issuances not recorded, because they were claimed before the coupon was rebuilt; the rebuild queued its winners without a row again',
        );
      else logger.debug({ couponId, ...result }, 'Issuances recorded');
    },
    onFault: (fault, couponId) => {
      counters.faults++;
      logger.warn({ err: fault, couponId }, 'Store error while recording; the recorder retries');
    },
  });
  try {
    await recorder.start();
  } catch (fault) {
    await threads.close();
    throw fault;
  }
  return {
    async stop() {
      await recorder.stop();
      await threads.close();
    },
  };
}

export function startLostMarks(stores: Stores, distributed: DistributedStores, logger: Logger): Part {
  const lostMarks = new LostMarks({
    ...{ ...distributed, catalogue: stores.catalogue, clock: systemClock, scheduler: systemScheduler },
    onRestored: (coupons) =>
      logger.warn(
        { coupons },
        'Redis lost the marks of pending coupons; coupons with a backlog are marked again',
      ),
    onFault: (fault) =>
      logger.warn(
        { err: fault },
        'Store error while checking the marks of pending coupons; the next check retries',
      ),
  });
  lostMarks.start();
  return {
    stop() {
      lostMarks.stop();
      return Promise.resolve();
    },
  };
}

export function startUnsettledChanges(stores: Stores, logger: Logger): Part {
  const unsettled = new UnsettledChanges({
    ...{ changes: stores.changes, changer: stores.changer, clock: systemClock, scheduler: systemScheduler },
    onSettled: (couponId, changeNo) =>
      logger.warn(
        { couponId, changeNo },
        'Completed or discarded a change of a coupon that an interrupted process had left unsettled',
      ),
    onFault: (fault, couponId) =>
      logger.warn(
        { err: fault, couponId },
        'Store error while settling changes of coupons; the next poll retries',
      ),
  });
  unsettled.start();
  return {
    stop() {
      unsettled.stop();
      return Promise.resolve();
    },
  };
}

export function startReconciler(
  stores: Stores,
  distributed: DistributedStores,
  logger: Logger,
  counters: RecorderCounters,
): Part {
  const reconciler = new Reconciler({
    ...stores,
    ...distributed,
    clock: systemClock,
    scheduler: systemScheduler,
    onRevokesFinished: (couponId, count) =>
      logger.warn({ couponId, count }, 'Finished revokes that were in the database but not yet in Redis'),
    onGap: (couponId, gap) => {
      counters.gap = reconciler.gap;
      if (gap === 0) logger.info({ couponId }, 'No issuances of this coupon are missing any more');
      else if (gap < 0)
        logger.error(
          { couponId, gap },
          'The database has more issuances of this coupon than Redis; run `seonchak reconcile <couponId>`',
        );
      else
        logger.error(
          { couponId, gap },
          'Issuances missing from both Redis and the database; run `seonchak reconcile <couponId>`',
        );
    },
    onFault: (fault, couponId) =>
      logger.warn({ err: fault, couponId }, 'Store error while reconciling; the next pass retries'),
  });
  reconciler.start();
  return { stop: () => reconciler.stop() };
}
