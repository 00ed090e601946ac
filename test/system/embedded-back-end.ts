/** Sets the embedded back end up as an operator would: a folder of its own, and its rows read without our code. */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import Database from 'libsql';
import { asRow, type BackEndUnderTest, type RawRow, ROWS } from './back-end.js';

export async function startEmbedded(): Promise<BackEndUnderTest> {
  const folder = await mkdtemp(join(tmpdir(), 'seonchak-data-'));
  return {
    name: 'embedded',
    settings: { DATA_DIR: folder },
    rows: (couponId) => {
      const database = new Database(join(folder, 'seonchak.db'), { readonly: true });
      try {
        const statement = database.prepare(ROWS);
        return Promise.resolve((statement.all(couponId) as RawRow[]).map(asRow));
      } finally {
        database.close();
      }
    },
    stop: () => rm(folder, { recursive: true, force: true }),
  };
}
