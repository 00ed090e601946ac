/** Starts what the door of a process consists of: rules, lists of members, holders of other coupons, presence tickets. */
import { AudienceSource } from '../../accounts/audience-source.js';
import { AUDIENCE_MAX } from '../../accounts/audiences.js';
import type { AudienceStore } from '../../accounts/audiences.js';
import { DoorRules } from '../../accounts/door-rules.js';
import type { DoorRuleStore } from '../../accounts/door-rules.js';
import { MemberRoom, MemberSets } from '../../accounts/member-sets.js';
import type { MemberSetSource } from '../../accounts/member-sets.js';
import type { Clock, Scheduler } from '../../engine/domain/clock.js';
import type { CouponId } from '../../engine/domain/coupon.js';
import type { PresenceTickets } from '../presence/presence-tickets.js';
import { AudiencePreload } from './audience-preload.js';
import { Door } from './door.js';
import { watchProcessPauses } from './process-pause.js';

export interface DoorPartsPorts {
  readonly doorRules: DoorRuleStore;
  readonly audiences: AudienceStore;
  readonly finalHolders: MemberSetSource;
  readonly clock: Clock;
  readonly scheduler: Pick<Scheduler, 'every' | 'pause'>;
  readonly logger: { warn(fields: object, text: string): void };
}

export interface DoorParts {
  readonly door: Door;
  readonly rules: DoorRules;
  readonly audiences: MemberSets;
  /** Lists of members, and holders of excluded coupons, that do not fit into memory. */
  tooLarge(): number;
  stop(): void;
}

/** @throws StoreUnavailableError when the rules cannot be read: without them coupons would be issued against their rules. */
export async function startDoor(ports: DoorPartsPorts, tickets: PresenceTickets): Promise<DoorParts> {
  const { clock, scheduler, logger } = ports;
  const warn = (text: string) => (fault: unknown) => logger.warn({ err: fault }, text);
  const rules = new DoorRules({
    ...{ doorRules: ports.doorRules, clock, scheduler },
    onFault: warn(
      'Door rules of coupons could not be refreshed; the rules read last stay in force; check the database',
    ),
    onSet: (couponIds) => preload.check(couponIds),
  });
  const room = new MemberRoom(AUDIENCE_MAX);
  const onTooLarge = (couponId: CouponId, members: number): void =>
    logger.warn(
      { couponId, members, max: AUDIENCE_MAX },
      'A list of members does not fit into memory beside the lists in use; downloads of the coupon are answered not_ready until the list is shorter or other lists are idle',
    );
  const audiences = new MemberSets({
    ...{ source: new AudienceSource(ports.audiences), room, clock, scheduler, onTooLarge },
    isWanted: (couponId) => rules.ruleOf(couponId)?.eligibility?.audience === true,
    onFault: warn(
      'Lists of members could not be refreshed; the lists read last stay in force; check the database',
    ),
  });
  const holders = new MemberSets({
    ...{ source: ports.finalHolders, room, clock, scheduler, onTooLarge },
    isWanted: (couponId) => excludes(rules, couponId),
    onFault: warn(
      'Holders of a coupon in `notIssued` could not be read; the holders read last stay excluded; check the database',
    ),
  });
  const preload: AudiencePreload = new AudiencePreload({
    ...{ rules, audiences: ports.audiences, sets: audiences, holders, clock, scheduler },
    onFault: warn(
      'Coupons that open soon could not be read; their lists are loaded later; check the database',
    ),
  });
  const stopWatching = watchProcessPauses({ clock, scheduler }, () =>
    rules.refreshAfterPause(() => Promise.all([audiences.refresh(), holders.refresh()])),
  );
  const stop = (): void => {
    stopWatching();
    rules.stop();
    audiences.stop();
    holders.stop();
    preload.stop();
  };
  try {
    await audiences.start();
    await holders.start();
    await rules.start();
  } catch (fault) {
    stop();
    throw fault;
  }
  const tooLarge = (): number => audiences.tooLarge + holders.tooLarge;
  return { door: new Door({ rules, tickets, audiences, holders }), rules, audiences, tooLarge, stop };
}

function excludes(rules: DoorRules, couponId: CouponId): boolean {
  for (const [, { eligibility }] of rules.entries()) {
    if (eligibility?.notIssued?.includes(couponId) === true) return true;
  }
  return false;
}
