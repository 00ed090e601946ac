/** Reads tables like `member_coupon` and Redis without the code of the measured systems. */
import Database from 'libsql';
import { Cluster, Redis } from 'ioredis';
import { createPool, type Pool, type RowDataPacket } from 'mysql2/promise';
import type { Row } from '../measure/promise-checks.js';

interface RawRow {
  readonly issue_no: number;
  readonly member_id: string;
  readonly issued_at: number;
}

const ROWS = 'select issue_no, member_id, issued_at from TABLE where coupon_id = ? order by issue_no';

function asRow(raw: RawRow): Row {
  return { issueNo: raw.issue_no, memberId: Number(raw.member_id), issuedAtMs: raw.issued_at };
}

export class MysqlBooks {
  readonly #pool: Pool;
  readonly #table: string;

  /** @param table one of the bench's own names; it goes into the statements as it is. */
  constructor(url: string, table: string) {
    this.#pool = createPool({ uri: url, connectionLimit: 2 });
    this.#table = table;
  }

  async rows(couponId: number): Promise<Row[]> {
    const [rows] = await this.#pool.query<RowDataPacket[]>(ROWS.replace('TABLE', this.#table), [couponId]);
    return (rows as RawRow[]).map(asRow);
  }

  /** `group by` steps through the primary key from coupon to coupon. */
  async highest(couponIds: readonly number[]): Promise<ReadonlyMap<number, number>> {
    const [rows] = await this.#pool.query<RowDataPacket[]>(
      `select coupon_id, max(issue_no) as highest from ${this.#table} where coupon_id in (?) group by coupon_id`,
      [couponIds],
    );
    return new Map(rows.map((row) => [Number(row['coupon_id']), Number(row['highest'])]));
  }

  close(): Promise<void> {
    return this.#pool.end();
  }
}

export function sqliteRows(file: string, couponId: number): Row[] {
  const database = new Database(file, { readonly: true });
  try {
    return (database.prepare(ROWS.replace('TABLE', 'member_coupon')).all(couponId) as RawRow[]).map(asRow);
  } finally {
    database.close();
  }
}

function clientOf(urls: readonly string[]): Redis | Cluster {
  const [first = ''] = urls;
  return urls.length === 1
    ? new Redis(first)
    : new Cluster(urls.map((url) => ({ host: '127.0.0.1', port: Number(new URL(url).port) })));
}

/** Fields of a hash besides its marker. */
export async function hashLength(urls: readonly string[], key: string): Promise<number> {
  const client = clientOf(urls);
  try {
    return (await client.hlen(key)) - 1;
  } finally {
    client.disconnect();
  }
}

/** All keys of the coupon, every element counted (`SAMPLES 0`): a sample is off by some percent. */
export async function redisBytes(urls: readonly string[], keys: readonly string[]): Promise<number> {
  const client = clientOf(urls);
  try {
    let bytes = 0;
    for (const key of keys) bytes += (await client.memory('USAGE', key, 'SAMPLES', 0)) ?? 0;
    return bytes;
  } finally {
    client.disconnect();
  }
}
