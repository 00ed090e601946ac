import t from 'tap';
import type { History } from './history.js';
import { holds, call, issued, history, finalStore, broken } from './checker-fixture.js';

t.test('units are held up to the limit that a process may have known', async (t) => {
  const twoUnits = (limits: History['limits']): History => {
    const rows = [holds('a', 1, 10), holds('a~2', 2, 5_030)];
    const downloads = [call('a', 5, 15, issued(1, 10)), call('a~2', 5_020, 5_035, issued(2, 5_030))];
    const known = limits === undefined ? {} : { limits };
    return history({ downloads, ...known }, { rows, store: { ...finalStore(), winners: rows } });
  };
  const always = { fromMs: -Infinity, perMember: 2 };
  t.same(broken(twoUnits([always])), []);
  t.same(broken(twoUnits(undefined)), ['I2'], 'one each is the default');
  t.same(broken(twoUnits([always, { fromMs: 4_500, perMember: 1 }])), [], 'not followed yet');
  t.same(broken(twoUnits([always, { fromMs: 1_000, perMember: 1 }])), ['I2'], 'long since lowered');
  t.same(
    broken(
      twoUnits([
        { fromMs: -Infinity, perMember: 1 },
        { fromMs: 4_900, perMember: 2 },
      ]),
    ),
    [],
  );
});

t.test('a limit refuses units above it, and no member who holds the unit', async (t) => {
  const refused = (name: string, limits: History['limits']): string[] => {
    const downloads = [...history().downloads, call(name, 4_000, 4_010, { outcome: 'limit_reached' })];
    return broken(history({ downloads, ...(limits === undefined ? {} : { limits }) }));
  };
  t.same(refused('c~2', undefined), []);
  t.same(refused('c~2', [{ fromMs: -Infinity, perMember: 2 }]), ['I8']);
  t.same(refused('c', undefined), ['I8'], 'the first unit is above no limit');
  const rows = [holds('a', 1, 10), holds('a~2', 2, 30)];
  const downloads = [
    call('a', 5, 15, issued(1, 10)),
    call('a~2', 20, 35, issued(2, 30)),
    call('a~2', 4_000, 4_010, { outcome: 'limit_reached' }),
  ];
  const limits = [
    { fromMs: -Infinity, perMember: 2 },
    { fromMs: 1_000, perMember: 1 },
  ];
  const state = { rows, store: { ...finalStore(), winners: rows } };
  t.same(broken(history({ downloads, limits }, state)), ['I8'], 'a holder learns its number');
});
