/** What stands in the database and in Redis, read past our own code. */
import { setTimeout as pause } from 'node:timers/promises';
import { Cluster, Redis } from 'ioredis';
import { createConnection } from 'mysql2/promise';

export interface EvidenceRow {
  readonly issueNo: number;
  readonly memberId: string;
  readonly issuedAtMs: number;
}

export interface Evidence {
  readonly rows: readonly EvidenceRow[];
  readonly deadLetters: readonly (EvidenceRow & { readonly reason: string })[];
  readonly revokedNumbers: readonly number[];
  /** memberId → issueNo; absent with the embedded back end. */
  readonly winners: ReadonlyMap<string, number> | undefined;
  readonly queued: number;
  readonly claimed: number;
}

const AT_REST_LOOK_MS = 100;

/** The evidence once nothing is queued or claimed any more, or what there is after `withinMs`. */
export async function evidenceAtRest(
  mysqlUrl: string,
  redisUrls: readonly string[],
  couponId: number,
  withinMs = 30_000,
): Promise<Evidence> {
  const untilMs = performance.now() + withinMs;
  const redis = connect(redisUrls);
  try {
    for (;;) {
      const evidence = await readEvidence(mysqlUrl, redis, couponId);
      if (evidence.queued + evidence.claimed === 0 || performance.now() > untilMs) return evidence;
      await pause(AT_REST_LOOK_MS);
    }
  } finally {
    redis.disconnect();
  }
}

export function countRows(mysqlUrl: string, couponId: number): Promise<number> {
  return readNumber(mysqlUrl, 'select count(*) as value from member_coupon where coupon_id = ?', couponId);
}

export function readEpoch(mysqlUrl: string, couponId: number): Promise<number> {
  return readNumber(mysqlUrl, 'select epoch as value from coupon where id = ?', couponId);
}

async function readNumber(mysqlUrl: string, sql: string, couponId: number): Promise<number> {
  const database = await createConnection(mysqlUrl);
  try {
    const [rows] = await database.query(sql, [couponId]);
    return Number((rows as Record<string, unknown>[])[0]?.['value']);
  } finally {
    await database.end();
  }
}

function connect(urls: readonly string[]): Redis | Cluster {
  const nodes = urls.map((url) => ({ host: '127.0.0.1', port: Number(new URL(url).port) }));
  return nodes.length === 1 ? new Redis(nodes[0] ?? {}) : new Cluster(nodes);
}

async function readEvidence(mysqlUrl: string, redis: Redis | Cluster, couponId: number): Promise<Evidence> {
  const key = (name: string): string => `coupon:{${couponId}}:${name}`;
  // Queue and claims first: what leaves them meanwhile is in the rows.
  const queued = Math.max(0, (await redis.zcard(key('issuable_coupon_queue'))) - 1);
  const claims = Object.entries(await redis.hgetall(key('claimed'))).filter(([token]) => token !== '');
  const claimed = claims.reduce((sum, [, packed]) => sum + packed.split(',').length, 0);
  const winners = new Map(
    Object.entries(await redis.hgetall(key('winners')))
      .filter(([memberId]) => memberId !== '')
      .map(([memberId, value]) => [memberId, Number(value.split(':')[0])]),
  );
  const database = await createConnection(mysqlUrl);
  const select = async (sql: string): Promise<Record<string, unknown>[]> => {
    const [rows] = await database.query(sql, [couponId]);
    return rows as Record<string, unknown>[];
  };
  try {
    const columns = 'issue_no, member_id, issued_at';
    const rows = await select(`select ${columns} from member_coupon where coupon_id = ? order by issue_no`);
    const dead = await select(`select ${columns}, reason from dead_letter where coupon_id = ?`);
    const revoked = await select('select issue_no from revocation where coupon_id = ?');
    return {
      rows: rows.map(rowOf),
      deadLetters: dead.map((letter) => ({ ...rowOf(letter), reason: String(letter['reason']) })),
      revokedNumbers: revoked.map((row) => Number(row['issue_no'])),
      winners,
      queued,
      claimed,
    };
  } finally {
    await database.end();
  }
}

function rowOf(row: Record<string, unknown>): EvidenceRow {
  return {
    issueNo: Number(row['issue_no']),
    memberId: String(row['member_id']),
    issuedAtMs: Number(row['issued_at']),
  };
}
