import { Writable } from 'node:stream';
import t from 'tap';
import { createLogger } from './log.js';

/** What a logger writes for one line. */
function logged(write: (logger: ReturnType<typeof createLogger>) => void): string {
  const lines: string[] = [];
  const destination = new Writable({
    write(line: Buffer, _encoding, done) {
      lines.push(String(line));
      done();
    },
  });
  write(createLogger({ logLevel: 'info' }, destination));
  return lines.join('');
}

t.test('what a driver was doing when it failed is not logged', (t) => {
  const ofMysql = Object.assign(new Error('lock wait'), {
    code: 'ER_LOCK_WAIT_TIMEOUT',
    sql: "insert into account values ('a@b.test', 'scrypt$the-hash')",
  });
  const ofRedis = Object.assign(new Error('WRONGPASS invalid password'), {
    command: { name: 'auth', args: ['hunter2'] },
  });
  const fault = new Error('outer', { cause: Object.assign(ofMysql, { cause: ofRedis }) });
  const line = logged((logger) => logger.error({ err: fault }, 'failed'));
  t.notMatch(line, /hunter2|the-hash/);
  t.match(JSON.parse(line), {
    err: {
      message: 'outer',
      cause: { code: 'ER_LOCK_WAIT_TIMEOUT', cause: { message: 'WRONGPASS invalid password' } },
    },
  });
  t.end();
});

t.test('credentials inside a text are made unreadable', (t) => {
  const token = 'eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiI3In0.c2lnbmF0dXJl';
  const texts = [
    'cannot reach mysql://shop:hunter2@10.0.0.5:3306/seonchak',
    'refused: Authorization: Bearer hunter2',
    `refused ${token}`,
  ];
  for (const text of texts) {
    const line = logged((logger) => logger.warn({ err: new Error(text) }, 'failed'));
    t.notMatch(line, /hunter2|c2lnbmF0dXJl/);
    t.match(line, '***');
  }
  t.end();
});

t.test('a fault that is its own cause is logged, too', (t) => {
  const fault = new Error('round');
  fault.cause = fault;
  t.match(
    logged((logger) => logger.error({ err: fault })),
    'round',
  );
  t.end();
});
