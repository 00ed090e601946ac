/** Lets a crowd download several units for each member: an entry of the crowd is one unit of one member. */
import type { Member, SendDownload } from '../../src/demo/crowd.js';
import { holderOf } from '../../src/engine/domain/holder.js';
import type { HttpClient } from '../clients/http-client.js';
import { memberIdOf } from './evidence.js';

/** A JWT has no space. */
const OF_UNIT = /^(\d+) (.+)$/;

export function byUnit(members: readonly Member[], perMember: number): Member[] {
  return members.flatMap(({ memberId, token }) =>
    Array.from({ length: perMember }, (_, place) => ({
      memberId: holderOf(memberIdOf(memberId), place + 1),
      token: place === 0 ? token : `${place + 1} ${token}`,
    })),
  );
}

export function downloadOfUnit(client: HttpClient): SendDownload {
  return (couponId, token, hangUpAfterMs) => {
    const [, unit, ofMember] = OF_UNIT.exec(token) ?? [];
    if (unit === undefined || ofMember === undefined) return client.download(couponId, token, hangUpAfterMs);
    const call = { method: 'POST', token: ofMember, hangUpAfterMs };
    return client.tryCall(`/v1/coupons/${couponId}/units/${unit}/download`, call);
  };
}
