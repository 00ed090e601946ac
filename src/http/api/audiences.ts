/** Handles the lists of members that coupons are limited to, and the trial of a rule with one member. */
import { AUDIENCE_CHANGE_MAX, AUDIENCE_MAX } from '../../accounts/audiences.js';
import type { AudienceStore } from '../../accounts/audiences.js';
import { DOOR_RULES_MAX } from '../../accounts/door-rules.js';
import type { Clock } from '../../engine/domain/clock.js';
import type { MemberId } from '../../engine/domain/coupon.js';
import type { EligibilityRule } from '../../engine/domain/download.js';
import { holdersOf } from '../../engine/domain/holder.js';
import { meetsClaims } from '../../engine/domain/eligibility.js';
import type { Eligibility, MemberClaims } from '../../engine/domain/eligibility.js';
import { subjectOf } from '../../engine/domain/member-id.js';
import type { CouponRegistry } from '../../engine/sellers/coupon-registry.js';
import type { Identity } from '../wire/identity.js';
import { audienceInput, audienceQuery, trialQuery } from '../wire/eligibility-schemas.js';
import { json } from '../wire/exchange.js';
import type { ApiRequest, Reply } from '../wire/exchange.js';
import { parseBody, parseQuery } from '../wire/parse-input.js';
import { refuse } from '../wire/problems.js';
import { audienceMembersQuery } from '../wire/eligibility-schemas.js';
import type { SellerDoor } from './coupon-door.js';
import { memberNamed } from './member-in-path.js';
import { ownedCoupon } from './owned-coupon.js';
import { callerActor } from './caller-actor.js';

export interface AudiencePorts {
  readonly registry: CouponRegistry;
  readonly audiences: Pick<
    AudienceStore,
    'change' | 'audiences' | 'isListed' | 'members' | 'removeUntouched'
  >;
  readonly clock: Clock;
}

export class AudienceHandlers {
  readonly #ports: AudiencePorts;
  readonly #door: SellerDoor;

  constructor(ports: AudiencePorts, door: SellerDoor) {
    this.#ports = ports;
    this.#door = door;
  }

  /** What a rule can ask for here, so that a form offers nothing that would be refused. */
  claims(): Promise<Reply> {
    const { memberClaims, verifiesPresence, rules } = this.#door;
    const free = rules.size < DOOR_RULES_MAX ? 'available' : 'full';
    return Promise.resolve(
      json(200, { items: memberClaims, presence: verifiesPresence ? free : 'disabled' }),
    );
  }

  /** In force on every process within a second. Safe to repeat. */
  async change(request: ApiRequest, seller: Identity): Promise<Reply> {
    const { registry, audiences, clock } = this.#ports;
    const { couponId } = await ownedCoupon(registry, request, seller);
    const update = parseBody(audienceInput, request);
    const reply = await audiences.change(couponId, update, AUDIENCE_MAX, ({ audience, added, removed }) => ({
      ...{ atMs: clock.nowMs(), actor: callerActor(request, seller), action: 'audience_changed' },
      ...{ target: `coupon ${couponId}`, detail: { added, removed, members: audience.members } },
    }));
    if (reply.status === 'full') {
      refuse(
        'audience_full',
        `The list has ${reply.audience.members} members, and ${AUDIENCE_MAX} is the limit. Nothing was changed.`,
        { members: reply.audience.members },
      );
    }
    const { audience, added, removed } = reply;
    return json(200, { couponId, members: audience.members, added, removed });
  }

  async show(request: ApiRequest, seller: Identity): Promise<Reply> {
    const { registry, audiences } = this.#ports;
    const { couponId } = await ownedCoupon(registry, request, seller);
    const { memberId } = parseQuery(audienceQuery, request);
    const [audience] = await audiences.audiences([couponId]);
    const listed =
      memberId === undefined
        ? {}
        : { memberId, listed: await audiences.isListed(couponId, requireMember(memberId)) };
    return json(200, { couponId, members: audience?.members ?? 0, ...listed });
  }

  /** In the order of member ids. */
  async members(request: ApiRequest, seller: Identity): Promise<Reply> {
    const { registry, audiences } = this.#ports;
    const { couponId } = await ownedCoupon(registry, request, seller);
    const { after, limit } = parseQuery(audienceMembersQuery, request);
    const start = after === '' ? '' : requireMember(after);
    const members = await audiences.members(couponId, start, limit + 1);
    const items = members.slice(0, limit).map(subjectOf);
    return json(200, { items, next: members.length > limit ? (items.at(-1) ?? null) : null });
  }

  /** Removes up to 1,000 members; the caller repeats until none is left. */
  async clear(request: ApiRequest, seller: Identity): Promise<Reply> {
    const { registry, audiences, clock } = this.#ports;
    const { couponId } = await ownedCoupon(registry, request, seller);
    const [before] = await audiences.audiences([couponId]);
    const { audience, removed } = await audiences.removeUntouched(
      couponId,
      before?.revision ?? 0,
      AUDIENCE_CHANGE_MAX,
      ({ audience: { members }, removed }) => ({
        ...{ atMs: clock.nowMs(), actor: callerActor(request, seller), action: 'audience_changed' },
        ...{ target: `coupon ${couponId}`, detail: { added: 0, removed, members } },
      }),
    );
    const { members } = audience;
    return json(200, { couponId, members, added: 0, removed });
  }

  /** Asks the stores, not the copies in memory: what every process will know within a second. */
  async tryMember(request: ApiRequest, seller: Identity): Promise<Reply> {
    const coupon = await ownedCoupon(this.#ports.registry, request, seller);
    const { memberId, ...claims } = parseQuery(trialQuery, request);
    const rule = await this.#unmetRule(
      coupon.couponId,
      coupon.door?.eligibility,
      requireMember(memberId),
      claims,
    );
    return json(200, { couponId: coupon.couponId, memberId, eligible: rule === null, rule });
  }

  async #unmetRule(
    couponId: Parameters<AudienceStore['isListed']>[0],
    eligibility: Eligibility | undefined,
    memberId: MemberId,
    claims: Readonly<Record<string, string>>,
  ): Promise<EligibilityRule | null> {
    if (eligibility === undefined) return null;
    const { claims: wanted, audience, notIssued = [] } = eligibility;
    if (wanted !== undefined && !meetsClaims(wanted, asWanted(wanted, claims))) return 'claims';
    if (audience === true && !(await this.#ports.audiences.isListed(couponId, memberId))) return 'audience';
    for (const other of notIssued) {
      const issuances = await this.#ports.registry.issuancesOf(other, holdersOf(memberId));
      if (issuances === 'not_ready') {
        refuse('not_ready', `Coupon ${other} is being verified or rebuilt. Try again in a moment.`);
      }
      const holds = issuances !== 'unknown_coupon' && issuances.some((issuance) => issuance !== undefined);
      if (holds) return 'not_issued';
    }
    return null;
  }
}

/** A query has only text: it means the value of the rule that is written that way. */
function asWanted(
  wanted: NonNullable<Eligibility['claims']>,
  claims: Readonly<Record<string, string>>,
): MemberClaims {
  return Object.fromEntries(
    Object.entries(claims).map(([name, text]) => {
      const values = Object.hasOwn(wanted, name) ? wanted[name] : undefined;
      return [name, values?.find((value) => String(value) === text) ?? text];
    }),
  );
}

function requireMember(text: string): MemberId {
  return memberNamed(text) ?? refuse('invalid_member', `${JSON.stringify(text)} is not a member id.`);
}
