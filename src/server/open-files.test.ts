import t from 'tap';
import { reportFault } from '../cli/exit-codes.js';
import { connectionsMax, OPEN_FILES_MIN, requireOpenFiles } from './open-files.js';

t.test('a start with too few open files ends with exit code 2 and the remedy', (t) => {
  t.throws(() => requireOpenFiles(OPEN_FILES_MIN, OPEN_FILES_MIN - 1), { code: 'open_files_too_few' });
  try {
    requireOpenFiles(OPEN_FILES_MIN, 64);
  } catch (fault) {
    t.match(reportFault(fault), { exitCode: 2, code: 'open_files_too_few', lines: [/64 files.*ulimit/] });
  }
  requireOpenFiles(OPEN_FILES_MIN, OPEN_FILES_MIN);
  requireOpenFiles(OPEN_FILES_MIN, Number.POSITIVE_INFINITY);
  t.end();
});

t.test('the stores and threads of a process have room beside the connections of clients', (t) => {
  t.ok(connectionsMax(OPEN_FILES_MIN) > 50);
  t.ok(connectionsMax(20_000) < 19_900);
  t.ok(connectionsMax() > 0);
  t.end();
});
