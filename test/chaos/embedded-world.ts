/** Runs the embedded server under faults and reads its database. */
import { cp, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import Database from 'libsql';
import type { Test } from 'tap';
import { type SeonchakServer, startSeonchak } from '../servers/seonchak.js';
import { type CouponOptions, type CouponUnderFault, openCoupon } from './coupon-under-fault.js';
import { type Evidence, readTables } from './evidence.js';

export interface EmbeddedWorld extends CouponUnderFault {
  readonly server: SeonchakServer;
}

/** One coupon on an embedded server of its own, with its data in `folder`. */
export async function startEmbeddedWorld(
  t: Test,
  folder: string,
  options: CouponOptions = {},
  settings: Readonly<Record<string, string>> = {},
): Promise<EmbeddedWorld> {
  const server = await startSeonchak({ DATA_DIR: folder, ...settings });
  t.teardown(() => server.stop());
  return openEmbeddedWorld(t, server, folder, options);
}

/** One more coupon with its crowd on a server that runs already. */
export async function openEmbeddedWorld(
  t: Test,
  server: SeonchakServer,
  folder: string,
  options: CouponOptions,
): Promise<EmbeddedWorld> {
  const coupon = await openCoupon(t, [server.origin], (couponId) => evidenceIn(folder, couponId), options);
  return { server, ...coupon };
}

/** From a copy, so that the read disturbs no process. The table is the store here: its rows are the winners. */
export async function evidenceIn(folder: string, couponId: number): Promise<Evidence> {
  const copy = await mkdtemp(join(tmpdir(), 'seonchak-copy-'));
  await cp(folder, copy, { recursive: true });
  const database = new Database(join(copy, 'seonchak.db'));
  const select = (sql: string, parameter: number | string): Promise<Record<string, unknown>[]> =>
    Promise.resolve(database.prepare(sql).all(parameter) as Record<string, unknown>[]);
  try {
    const tables = await readTables(select, couponId);
    const numbers = [...tables.rows.map((row) => row.issueNo), ...tables.revoked.keys()];
    const { terms } = tables.catalogue;
    const lastIssueNo = Math.max(0, ...numbers);
    return { ...tables, store: { terms, lastIssueNo, winners: tables.rows, queued: [], claimed: [] } };
  } finally {
    database.close();
    await rm(copy, { recursive: true, force: true });
  }
}
