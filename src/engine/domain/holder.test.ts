import t from 'tap';
import { holderFields, holderOf, holdersOf, memberOf, parseHolder, parseUnit, unitOf } from './holder.js';
import { memberIdOf } from './member-id.js';

const named = (subject: string) => {
  const memberId = memberIdOf(subject);
  if (memberId === undefined) throw new Error(`${subject} is no subject`);
  return memberId;
};

t.test('a holder has one text, which gives back the member and the unit', async (t) => {
  for (const subject of ['7', 'a-b_c.d', 'x~2', '김선착', 'auth0|5f7c']) {
    const memberId = named(subject);
    for (const unit of [1, 2, 9, 10, 99, 100]) {
      const holder = holderOf(memberId, unit);
      t.same([memberOf(holder), unitOf(holder)], [memberId, unit]);
      t.equal(parseHolder(holder), holder);
      t.same(holderFields(holder), unit === 1 ? { memberId: subject } : { memberId: subject, unit });
    }
  }
  t.equal(holderOf(named('7'), 1), '7', 'the first unit is the member');
  t.same(holdersOf(named('7'), 3), ['7', '7~2', '7~3']);
  t.equal(new Set(holdersOf(named('7'))).size, 100);
});

t.test('what no unit and no holder can be is not read as one', async (t) => {
  for (const text of ['', '0', '01', '1.0', '1e1', '-1', '+1', ' 1', '101', '1000', 'x'])
    t.equal(parseUnit(text), undefined, text);
  t.same(['1', '10', '100'].map(parseUnit), [1, 10, 100]);
  for (const text of ['', '~', '~2', '7~', '7~1', '7~0', '7~02', '7~101', '7~2~3', '7:2', '7~x', '7,~2'])
    t.equal(parseHolder(text), undefined, text);
});
