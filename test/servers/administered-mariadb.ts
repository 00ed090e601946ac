/** Starts a MariaDB that a test may set to refuse writes, as its operators may. */
import { writeFile } from 'node:fs/promises';
import { createConnection } from 'mysql2/promise';
import type { Test } from 'tap';
import { type MariadbServer, startMariadb } from './mariadb.js';

export interface AdministeredMariadb {
  readonly mariadb: MariadbServer;
  /** Our servers' account may not write while it is on. */
  readonly readOnly: (on: boolean) => Promise<void>;
}

export async function startAdministeredMariadb(t: Test): Promise<AdministeredMariadb> {
  const initFile = `${t.testdir()}/admin.sql`;
  await writeFile(
    initFile,
    // One statement a line.
    [
      "create user if not exists 'admin'@'127.0.0.1' identified by 'admin';",
      "grant all privileges on *.* to 'admin'@'127.0.0.1';",
      '',
    ].join('\n'),
  );
  const mariadb = await startMariadb([`--init-file=${initFile}`]);
  t.teardown(() => mariadb.stop());
  const adminUrl = new URL(mariadb.url);
  adminUrl.username = adminUrl.password = 'admin';
  return {
    mariadb,
    readOnly: async (on) => {
      // A connection each time: the server may have been killed in between.
      const admin = await createConnection(adminUrl.href);
      await admin.query(`set global read_only = ${on ? 1 : 0}`);
      await admin.end();
    },
  };
}
