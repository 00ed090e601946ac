/** Whether a member holds a coupon. */
import type { CouponRegistry } from '../../engine/sellers/coupon-registry.js';
import type { Admission } from '../../engine/ports/admission.js';
import type { IssuanceLedger } from '../../engine/ports/issuance-ledger.js';
import type { Issuance } from '../../engine/domain/coupon.js';
import { subjectOf } from '../../engine/domain/member-id.js';
import type { Identity } from '../auth/identity.js';
import { couponIdOf, json } from '../wire/exchange.js';
import type { ApiRequest, Reply } from '../wire/exchange.js';
import { refuse } from '../wire/problems.js';
import { rfc3339 } from '../wire/rfc3339.js';

export interface MemberPorts {
  readonly registry: CouponRegistry;
  readonly admission: Pick<Admission, 'issuanceOf' | 'unrecordedHolder'>;
  readonly ledger: IssuanceLedger;
}

export class MemberHandlers {
  readonly #ports: MemberPorts;

  constructor(ports: MemberPorts) {
    this.#ports = ports;
  }

  /** The ledger first: a row is an answer even while the admission store is out of reach. */
  async issuance(request: ApiRequest, member: Identity): Promise<Reply> {
    const couponId = couponIdOf(request);
    const { admission, ledger, registry } = this.#ports;
    const row = await ledger.rowOf(couponId, member.memberId);
    const issuance = row ?? (await admission.issuanceOf(couponId, member.memberId));
    if (issuance !== undefined && issuance !== 'not_ready') {
      return json(200, {
        outcome: 'issued',
        couponId,
        ...issuanceFields(issuance),
        recorded: row !== undefined,
      });
    }
    if ((await registry.find(couponId)) === undefined)
      refuse('unknown_coupon', 'There is no coupon with this id.');
    if (issuance === 'not_ready')
      refuse('not_ready', 'The coupon is temporarily unavailable in the store. Try again.');
    return refuse('not_issued', 'You do not hold this coupon.');
  }
}

function issuanceFields({ memberId, issueNo, issuedAtMs }: Issuance): Record<string, unknown> {
  return { memberId: subjectOf(memberId), issueNo, issuedAt: rfc3339(issuedAtMs) };
}
