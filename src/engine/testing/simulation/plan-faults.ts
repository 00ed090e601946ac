/** Plans the faults of one history: crashes, freezes, stills, refusals, losses of the store, broken news. */
import { FREEZE_MAX_MS, LEASE_MS, NEWS_BROKEN_MAX_MS, STILL_MAX_MS } from './scenario.js';
import type { LossKind, Scenario } from './scenario.js';
import { couponParts } from './stored-coupon.js';
import type { Random } from './random.js';
import type { SimulatedWorld } from './simulated-world.js';
import type { StoreCopy } from './simulated-world.js';

/** A process crashes at one of its first commands and replies, up to this one. */
const CRASH_STEPS_MAX = 60;
/** A process that was frozen during a loss continues this soon after it. */
const STALE_MAX_MS = 60;
/** An issuance that was taken back is undone this soon, at most: before its process has the reply, or when its version may have been saved. */
const UNDONE_MAX_MS = [2, 10, 100];

export function planFaults(world: SimulatedWorld, scenario: Scenario): void {
  const { time, random } = world;
  const sometimes = (count: number, fault: () => void): void => {
    for (let times = 0; times < count; times += 1) time.at(random.between(1, scenario.healMs - 1), fault);
  };
  sometimes(scenario.crashes, () => crashOneProcess(world));
  sometimes(scenario.freezes, () => {
    const { process } = random.chance(0.5)
      ? random.pick(world.apis)
      : { process: random.pick(world.recorders) };
    process.freeze(random.between(50, FREEZE_MAX_MS));
  });
  const servers = [world.storeServer, world.databaseServer];
  sometimes(scenario.stills, () => {
    random.pick(servers).stillUntilMs = time.nowMs() + random.between(20, STILL_MAX_MS);
  });
  sometimes(scenario.refusals, () => {
    random.pick(servers).refusingUntilMs = time.nowMs() + random.between(20, 600);
  });
  for (const kind of scenario.losses) planLoss(world, kind, scenario.healMs);
}

/** @param random draws nothing else, so that seeds without such a fault still lead to the same draws. */
export function planBrokenNews(world: SimulatedWorld, scenario: Scenario, random: Random): void {
  for (let times = 0; times < scenario.newsBreaks; times += 1) {
    world.time.at(random.between(1, scenario.healMs - 1), () => {
      const { subscription } = random.pick(world.apis);
      subscription.break(random.pick(['closed', 'silent']), random);
      world.time.after(random.between(20, NEWS_BROKEN_MAX_MS), () => subscription.restore(random));
    });
  }
}

function planLoss(world: SimulatedWorld, kind: LossKind, healMs: number): void {
  const { time, random } = world;
  const atMs = random.between(1, healMs - 1);
  let copy: StoreCopy | undefined;
  if (kind === 'older') time.at(random.between(0, atMs), () => (copy = world.copyStore()));
  let lost = false;
  const lose = (): void => {
    if (lost) return;
    lost = true;
    if (kind === 'part') world.losePart(random.pick(couponParts));
    else if (kind === 'emptied') world.restartStore(emptyCopy());
    else world.restartStore(copy ?? world.copyStore());
  };
  time.at(atMs, lose);
  const stalls = random.pick(['never', 'at_the_loss', 'with_a_claim', 'with_an_epoch'] as const);
  if (stalls === 'never') return;
  const stillMs = random.between(LEASE_MS, FREEZE_MAX_MS);
  if (stalls === 'at_the_loss') {
    time.at(atMs, () => random.pick(world.recorders).freeze(stillMs));
    return;
  }
  if (stalls === 'with_an_epoch') {
    // Others warm the coupon meanwhile and issue numbers; this one wakes up before any process has noticed that they
    // are lost.
    const lossMs = random.between(20, LEASE_MS);
    world.onNextEpoch = (process) => {
      if (lost) return;
      process.freeze(lossMs + random.between(1, STALE_MAX_MS));
      time.after(lossMs, lose);
    };
    return;
  }
  // What a recorder holds then is lost at once, and it wakes up with it when the coupon may have been rebuilt without.
  time.at(random.between(0, atMs), () => {
    world.onNextClaim = (recorder) => {
      if (lost) return;
      recorder.freeze(stillMs);
      time.after(1, lose);
    };
  });
}

/**
 * Either at once, or after a restart that loses nothing, while a process verifies what it has found.
 *
 * @param random draws nothing else, as above.
 */
export function planUndoneTakeBack(world: SimulatedWorld, { healMs }: Scenario, random: Random): void {
  const { time } = world;
  const lossMs = random.between(1, random.pick(UNDONE_MAX_MS));
  const stillMs = random.pick([0, random.between(LEASE_MS, FREEZE_MAX_MS)]);
  const isWhileVerified = random.chance(0.5);
  const staleMs = random.between(1, STALE_MAX_MS);
  /** No fault happens after the last. */
  const soon = (ms: number, fault: () => void): void => {
    if (time.nowMs() + ms < healMs) time.after(ms, fault);
  };
  const undo = (before: StoreCopy): void => world.restartStore(before);
  const undoWhileVerified = (before: StoreCopy): void => {
    world.restartStore(world.copyStore());
    world.onNextEpoch = (verifier) => {
      soon(1, () => {
        verifier.freeze(staleMs);
        undo(before);
      });
    };
  };
  time.at(random.between(1, healMs), () => {
    world.onNextTakeBack = (before, process) => {
      soon(lossMs, () => (isWhileVerified ? undoWhileVerified : undo)(before));
      if (stillMs > 0 && !isWhileVerified && time.nowMs() < healMs) process.freeze(stillMs);
    };
  });
}

function emptyCopy(): StoreCopy {
  return { content: { coupons: new Map(), pendingMs: new Map() }, atMs: -Infinity };
}

/** Dies now or at one of its next steps. */
function crashOneProcess({ random, apis, recorders }: SimulatedWorld): void {
  const process = random.pick([...apis.map((api) => api.process), ...recorders]);
  if (random.chance(0.3)) process.crash();
  else process.crashAtStep(random.between(1, CRASH_STEPS_MAX));
}

export function mayFreeze({ freezes, losses, undone }: Scenario): boolean {
  return freezes > 0 || losses.length > 0 || undone;
}
