/** Tests that the console has a Korean sentence for what a server reports about its readiness. */
import t from 'tap';
import { settingsFaults } from '../src/persist/redis/durability.js';
import { databaseFault } from '../src/server/database-watch.js';
import { koReason } from '../web/src/language/ko-reasons.js';

t.test('every fault of the settings of Redis is said in Korean, with its values', async (t) => {
  const settings = {
    ...{ version: '6.2.14', maxmemoryPolicy: 'allkeys-lru', appendonly: 'no', appendfsync: 'everysec' },
    ...{ noSyncOnRewrite: 'yes', connectedReplicas: 1, role: 'master' },
  };
  const faults = settingsFaults([settings], 'replica', 2);
  t.equal(faults.length, 5);
  for (const fault of faults) t.match(fault, /\.$/, 'a sentence beside the others of the page Health');
  const said = faults.map(koReason);
  for (const text of said) t.match(text, /[가-힣]{2}/);
  for (const value of ['6.2.14', 'allkeys-lru', 'everysec', '2개', '1개뿐'])
    t.ok(
      said.some((text) => text?.includes(value)),
      value,
    );
});

t.test('a silent database is said in Korean, and that issuances wait', async (t) => {
  const silent = await databaseFault({ pingDatabase: () => Promise.reject(new Error('reset')) }, 1_000);
  t.equal(
    koReason(`${silent} Issuances wait in Redis to be recorded.`),
    '데이터베이스가 응답하지 않습니다. 발급 내역은 Redis에서 기록을 기다립니다.',
  );
});

t.test('a sentence that is not known stays as the server reports it', (t) => {
  t.equal(koReason('Something new.'), undefined);
  t.end();
});
