import t from 'tap';
import { ConfigError } from '../engine/domain/errors.js';
import { StoreUnavailableError } from '../engine/domain/errors.js';
import { CommandFailedError, reportFault, UsageError } from './exit-codes.js';

t.test('failure and misuse have different exit codes', (t) => {
  t.equal(reportFault(new UsageError('no')).exitCode, 2);
  t.equal(reportFault(new ConfigError(['PORT is wrong', 'HOST is wrong'])).exitCode, 2);
  t.equal(reportFault(new CommandFailedError('no')).exitCode, 1);
  t.equal(reportFault(new StoreUnavailableError('no')).exitCode, 1);
  t.equal(reportFault(new TypeError('no')).exitCode, 1);
  t.end();
});

t.test('every fault of the configuration is a line', (t) => {
  t.same(reportFault(new ConfigError(['PORT is wrong', 'HOST is wrong'])).lines, [
    'PORT is wrong.',
    'HOST is wrong.',
  ]);
  t.end();
});

t.test('an operator sees what lies at the bottom of it, in one line', (t) => {
  const refused = new Error('connect ECONNREFUSED 127.0.0.1:6379\n    at somewhere.js:1:1');
  const between = new Error('no connection', { cause: refused });
  t.same(reportFault(new StoreUnavailableError('Redis does not answer', { cause: between })).lines, [
    'Redis does not answer (connect ECONNREFUSED 127.0.0.1:6379)',
  ]);
  const bothFamilies = new AggregateError([refused], '');
  t.same(reportFault(new StoreUnavailableError('Redis does not answer', { cause: bothFamilies })).lines, [
    'Redis does not answer (connect ECONNREFUSED 127.0.0.1:6379)',
  ]);
  t.end();
});

t.test('causes that go round in a circle end all the same', (t) => {
  const one = new CommandFailedError('one');
  one.cause = new Error('other', { cause: one });
  t.equal(reportFault(one).lines.length, 1);
  t.end();
});
