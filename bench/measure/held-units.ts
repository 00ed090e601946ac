/** Makes holds that run out together, and measures when their units are in stock again. */
import { setTimeout as pause } from 'node:timers/promises';
import { HOLD_GRACE_MS } from '../../src/engine/domain/limits.js';
import type { Generators } from '../load/generators.js';
import type { SystemRecords, System } from '../systems/system.js';

/** The shortest hold there is. */
const HOLD_SECONDS = 30;
/** The database's clock may be behind. */
const MARGIN_MS = 500;
const POLL_MS = 25;
const WITHIN_MS = 120_000;
const FILL_SECONDS_MAX = 300;
const FILL_CONNECTIONS = 64;

/**
 * Every member holds a unit, all rows are written, and every hold is over: the recorder, which takes holds back, is frozen since before
 * the first of them ended.
 *
 * @returns the coupon.
 */
export async function holdsThatRanOut(
  generators: Generators,
  system: System,
  tokens: string,
  members: number,
): Promise<number> {
  const records = booksOf(system);
  const couponId = await system.createCoupon({ quantity: members, holdSeconds: HOLD_SECONDS });
  const plan = { couponIds: [couponId], order: 'each-once', tokens } as const;
  await generators.request({
    ...plan,
    ...{ host: system.host, connections: FILL_CONNECTIONS, seconds: FILL_SECONDS_MAX },
  });
  const overMs = performance.now() + HOLD_SECONDS * 1_000 + HOLD_GRACE_MS + MARGIN_MS;
  await until(
    'every hold is recorded',
    async () => (await records.whereabouts(couponId)).recorded === members,
  );
  await records.recorder.freeze();
  const { recorded } = await records.whereabouts(couponId);
  if (recorded !== members)
    throw new Error(`${members - recorded} holds ended before the recorder was frozen`);
  await pause(overMs - performance.now());
  return couponId;
}

/** Thaws the recorder. @returns milliseconds until every unit is in stock. */
export async function returnToStock(system: System, couponId: number): Promise<number> {
  const records = booksOf(system);
  await records.recorder.thaw();
  const sinceMs = performance.now();
  await until('every unit is in stock', async () => (await records.winners(couponId)) === 0);
  return performance.now() - sinceMs;
}

type FullRecords = SystemRecords & {
  readonly [name in 'recorder' | 'winners']: NonNullable<SystemRecords[name]>;
};

function booksOf({ records }: System): FullRecords {
  if (records?.recorder === undefined || records.winners === undefined)
    throw new Error('holds are measured where a recorder takes them back');
  return { ...records, recorder: records.recorder, winners: records.winners };
}

async function until(what: string, isSo: () => Promise<boolean>): Promise<void> {
  const untilMs = performance.now() + WITHIN_MS;
  while (!(await isSo())) {
    if (performance.now() > untilMs) throw new Error(`${what}: not within ${WITHIN_MS / 1_000} s`);
    await pause(POLL_MS);
  }
}
