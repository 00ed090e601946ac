/** The embedded server is killed in its commits. */
import { cp, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import Database from 'libsql';
import { HttpClient } from '../clients/http-client.js';
import { startSeonchak } from '../servers/seonchak.js';
import { crowdOf, registerCoupon } from '../system/storm.js';
import { check } from './check.js';
import { Crowd } from './crowd.js';
import type { EvidenceRow } from './evidence.js';
import { fault } from './fault.js';
import { assertVerdict, CONNECTIONS } from './world.js';

const QUANTITY = 400;

fault(
  35,
  'the embedded server is killed again and again: every 201 is in the table, without a gap',
  async (t) => {
    const folder = await mkdtemp(join(tmpdir(), 'seonchak-data-'));
    t.teardown(() => rm(folder, { recursive: true, force: true }));
    const server = await startSeonchak({ DATA_DIR: folder });
    t.teardown(() => server.stop());
    const seller = new HttpClient(server.origin, 1);
    const couponId = await registerCoupon(seller, QUANTITY);
    seller.close();
    const crowd = new Crowd([server.origin], CONNECTIONS);
    t.teardown(() => crowd.close());

    const storm = crowd.press(couponId, await crowdOf(600), { atOnce: 30, paceMs: 40, patienceMs: 60_000 });
    for (const winners of [60, 160, 280]) {
      await crowd.winners(winners);
      await server.kill('SIGKILL');
      await server.restart();
    }
    await storm;
    const rows = await rowsIn(folder, couponId);
    const evidence = { rows, winners: undefined, deadLetters: [], revokedNumbers: [], queued: 0, claimed: 0 };
    await assertVerdict(t, crowd, check(crowd.presses, evidence, { quantity: QUANTITY }));
  },
);

/** From a copy, so that the look disturbs nobody. */
async function rowsIn(folder: string, couponId: number): Promise<EvidenceRow[]> {
  const copy = await mkdtemp(join(tmpdir(), 'seonchak-copy-'));
  await cp(folder, copy, { recursive: true });
  const database = new Database(join(copy, 'seonchak.db'));
  try {
    const statement = database.prepare(
      'select issue_no, member_id, issued_at from member_coupon where coupon_id = ? order by issue_no',
    );
    return (statement.all(couponId) as { issue_no: number; member_id: string; issued_at: number }[]).map(
      (row) => ({ issueNo: row.issue_no, memberId: row.member_id, issuedAtMs: row.issued_at }),
    );
  } finally {
    database.close();
    await rm(copy, { recursive: true, force: true });
  }
}
