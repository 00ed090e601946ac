import t from 'tap';
import { parseMemberId } from '../../engine/domain/coupon.js';
import type { Identity } from '../wire/identity.js';
import { TokenTable } from './token-table.js';

const identity = (name: string): Identity => {
  const memberId = parseMemberId(name);
  if (memberId === undefined) throw new Error(`${name} is no member id`);
  return { kind: 'identity', memberId, role: 'member', expiresAtMs: 1_000 };
};

t.test('it answers as a Map does, however many are entered and forgotten', async (t) => {
  const table = new TokenTable();
  const map = new Map<string, Identity>();
  for (let step = 0; step < 60_000; step++) {
    const name = String((step * 7_919) % 20_011);
    const header = `Bearer ${name.padStart(40, '.')}`;
    const known = map.get(header);
    if (table.get(header) !== known) t.fail(`another answer than a Map's at step ${step}`);
    if (known === undefined) {
      map.set(header, identity(name));
      table.add(header, map.get(header) ?? identity(name));
    } else if (step % 3 === 0) {
      map.delete(header);
      t.ok(table.forget(header));
    }
  }
  t.equal(table.size, map.size);
});

t.test('texts with the same end differ by all that is before', async (t) => {
  const table = new TokenTable();
  const tail = '.payload.signature';
  for (let place = 0; place < 500; place++) table.add(`Bearer ${place}${tail}`, identity(String(place)));
  t.match(table.get(`Bearer 321${tail}`), { memberId: '321' });
  t.equal(table.get(`Bearer 500${tail}`), undefined);
});

t.test('texts shorter than the compared part are texts like others', async (t) => {
  const table = new TokenTable();
  for (const text of ['', 'a', 'ab', 'abc']) table.add(text, identity('a'));
  t.equal(table.size, 4);
  t.match(table.get(''), { memberId: 'a' });
  t.equal(table.get('b'), undefined);
});

t.test('forgetting what is not there changes nothing', async (t) => {
  const table = new TokenTable();
  t.notOk(table.forget('Bearer a'));
  t.equal(table.size, 0);
});
