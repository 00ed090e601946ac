/** Runs the embedded server under faults and reads its database. */
import { cp, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import Database from 'libsql';
import type { Test } from 'tap';
import { type SeonchakServer, startSeonchak } from '../servers/seonchak.js';
import { type CouponOptions, type CouponUnderFault, openCoupon } from './coupon-under-fault.js';
import { type Evidence, issuanceOf, memberIdOf } from './evidence.js';

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
  return {
    server,
    ...(await openCoupon(t, [server.origin], (couponId) => evidenceIn(folder, couponId), options)),
  };
}

/** From a copy, so that the read disturbs no process. The table is the store here: its rows are the winners. */
export async function evidenceIn(folder: string, couponId: number): Promise<Evidence> {
  const copy = await mkdtemp(join(tmpdir(), 'seonchak-copy-'));
  await cp(folder, copy, { recursive: true });
  const database = new Database(join(copy, 'seonchak.db'));
  const select = (columns: string, table: string): Record<string, unknown>[] =>
    database.prepare(`select ${columns} from ${table} where coupon_id = ?`).all(couponId) as Record<
      string,
      unknown
    >[];
  try {
    const rows = select('issue_no, member_id, issued_at', 'member_coupon').map(issuanceOf);
    const revoked = select('issue_no, member_id', 'revocation').map(
      (row) => [Number(row['issue_no']), memberIdOf(row['member_id'])] as const,
    );
    const coupon = database.prepare('select quantity from coupon where id = ?').get(couponId) as
      Record<string, unknown> | undefined;
    const quantity = Number(coupon?.['quantity']);
    return {
      rows,
      revoked: new Map(revoked),
      deadLetters: [],
      store: {
        terms: { quantity, opensAtMs: undefined, closesAtMs: undefined, paused: false, closed: false },
        lastIssueNo: Math.max(0, ...rows.map((row) => row.issueNo), ...revoked.map(([issueNo]) => issueNo)),
        winners: rows,
        queued: [],
        claimed: [],
      },
    };
  } finally {
    database.close();
    await rm(copy, { recursive: true, force: true });
  }
}
