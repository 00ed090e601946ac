import t from 'tap';
import { SeedPlan, sizesFault } from './seed-plan.js';

t.test('every issuance has a member, no member holds a coupon twice, all members hold as many', (t) => {
  for (const sizes of [
    { members: 7, coupons: 5, memberCoupons: 23 },
    { members: 7, coupons: 5, memberCoupons: 35 },
    { members: 100, coupons: 3, memberCoupons: 2 },
    { members: 10, coupons: 40, memberCoupons: 200 },
    { members: 0, coupons: 4, memberCoupons: 0 },
  ]) {
    const plan = new SeedPlan(sizes);
    const held = new Map<number, number>();
    let issuances = 0;
    for (let place = 0; place < sizes.coupons; place++) {
      const members = new Set<number>();
      for (let issueNo = 1; issueNo <= plan.issuancesOf(place); issueNo++) {
        const member = plan.memberPlaceOf(place, issueNo);
        members.add(member);
        held.set(member, (held.get(member) ?? 0) + 1);
        issuances++;
      }
      t.equal(members.size, plan.issuancesOf(place), 'no member twice');
      t.ok(plan.quantityOf(place) >= Math.max(1, members.size), 'a coupon has its units');
    }
    t.equal(issuances, sizes.memberCoupons);
    t.ok(Math.max(0, ...held.values()) - Math.min(sizes.memberCoupons, ...held.values()) <= 1);
  }
  t.end();
});

t.test('sizes with no such tables are distinguished', (t) => {
  t.equal(sizesFault({ members: 10, coupons: 10, memberCoupons: 100 }), undefined);
  t.match(sizesFault({ members: 10, coupons: 10, memberCoupons: 101 }), '--members 11');
  t.match(sizesFault({ members: 10, coupons: 0, memberCoupons: 1 }), '--coupons');
  t.end();
});
