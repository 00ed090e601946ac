import t from 'tap';
import { parseMemberId } from '../../engine/domain/coupon.js';
import type { Identity } from '../wire/identity.js';
import { VerifiedTokenCache } from './verified-token-cache.js';

const identity = (name: string, expiresAtMs = 1_000): Identity => {
  const memberId = parseMemberId(name);
  if (memberId === undefined) throw new Error(`${name} is no member id`);
  return { kind: 'identity', memberId, role: 'member', expiresAtMs };
};

t.test('a token is known until the instant it expires', async (t) => {
  const cache = new VerifiedTokenCache();
  cache.set('Bearer a', identity('a'));
  t.match(cache.get('Bearer a', 999), { memberId: 'a' });
  t.equal(cache.get('Bearer a', 1_000), undefined);
  t.equal(cache.size, 0, 'and takes no place afterwards');
});

t.test('one byte of difference is another token', async (t) => {
  const cache = new VerifiedTokenCache();
  cache.set('Bearer a', identity('a'));
  for (const other of ['bearer a', 'Bearer a ', 'Bearer A', 'Bearer '])
    t.equal(cache.get(other, 0), undefined);
});

t.test('entries are bounded, and who keeps coming is kept', async (t) => {
  const cache = new VerifiedTokenCache(100);
  cache.set('regular', identity('regular'));
  for (let passer = 0; passer < 10_000; passer++) {
    cache.set(`passer-${passer}`, identity('p'));
    if (passer % 50 === 0) t.match(cache.get('regular', 0), { memberId: 'regular' });
    if (cache.size > 200) t.fail('more than two generations are held');
  }
  t.equal(cache.get('passer-0', 0), undefined);
});

t.test('characters are bounded, too: long tokens mean fewer of them', async (t) => {
  const cache = new VerifiedTokenCache(1_000_000, 1_000);
  for (let count = 0; count < 100; count++) cache.set(String(count).padEnd(300, 'x'), identity('a'));
  t.ok(cache.size <= 6, `${cache.size} tokens of 300 characters`);
});

t.test('what is forgotten of one is still known of others, in both generations', async (t) => {
  const cache = new VerifiedTokenCache(2, 1_000);
  for (const name of ['a', 'b', 'c']) cache.set(`Bearer ${name}`, identity(name));
  cache.forgetAllOf(new Set(['a', 'c']));
  t.equal(cache.get('Bearer a', 0), undefined);
  t.same(cache.get('Bearer b', 0), identity('b'));
  t.equal(cache.get('Bearer c', 0), undefined);
});
