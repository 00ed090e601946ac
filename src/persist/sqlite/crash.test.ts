import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import Libsql from 'libsql';
import t from 'tap';
import { UNWATCHED } from '../../../test/servers/child-server.js';

const RUNS = 3;
/** Acknowledged lines after which the child is killed; different in each run, so the kill falls elsewhere. */
const KILL_AFTER_LINES = [100, 3_000, 9_000];

const child = fileURLToPath(new URL('../../../test/clients/embedded-burst.ts', import.meta.url));

/** Runs the burst until it has acknowledged enough, kills it, and returns every line that got out. */
async function burstUntilKilled(dataDir: string, run: number): Promise<string[]> {
  const burst = spawn(process.execPath, [...process.execArgv, child, dataDir, String(run)], {
    stdio: ['ignore', 'pipe', 'inherit'],
    env: { ...process.env, ...UNWATCHED },
  });
  const kill = (): void => void burst.kill('SIGKILL');
  process.once('exit', kill);
  let output = '';
  let lines = 0;
  burst.stdout.on('data', (chunk: Buffer) => {
    const text = chunk.toString();
    output += text;
    lines += text.split('\n').length - 1;
    if (lines >= (KILL_AFTER_LINES[run] ?? 0)) burst.kill('SIGKILL');
  });
  await once(burst, 'close');
  process.off('exit', kill);
  // The last line may have been cut by the kill.
  return output.split('\n').slice(0, -1);
}

interface Row {
  readonly couponId: number;
  readonly issueNo: number;
  readonly memberId: string;
}

function allRows(database: Libsql.Database): Row[] {
  return database
    .prepare(
      `select coupon_id as couponId, issue_no as issueNo, member_id as memberId
       from member_coupon order by coupon_id, issue_no`,
    )
    .all() as Row[];
}

t.test(
  'killed in the middle of a burst, again and again: what was acknowledged is there, without gaps',
  async (t) => {
    const dataDir = t.testdir();
    const acknowledged = new Map<string, string>();
    for (let run = 0; run < RUNS; run++) {
      for (const line of await burstUntilKilled(dataDir, run)) {
        const [couponId = '', issueNo = '', memberId = ''] = line.split(' ');
        const key = `${couponId} ${issueNo}`;
        if (acknowledged.has(key)) t.fail(`${key} was given twice`);
        acknowledged.set(key, memberId);
      }
      const database = new Libsql(join(dataDir, 'seonchak.db'));
      const rows = new Map<string, string>();
      const expected = new Map<number, number>();
      for (const { couponId, issueNo, memberId } of allRows(database)) {
        const next = expected.get(couponId) ?? 1;
        if (issueNo !== next) t.fail(`coupon ${couponId} has ${issueNo} where ${next} belongs`);
        expected.set(couponId, issueNo + 1);
        rows.set(`${couponId} ${issueNo}`, memberId);
      }
      database.close();
      const lost = [...acknowledged].filter(([key, memberId]) => rows.get(key) !== memberId);
      t.same(lost, [], `after kill ${run + 1}: ${acknowledged.size} acknowledged, ${rows.size} rows`);
    }
  },
);
