import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import t from 'tap';
import { ConfigError } from '../src/engine/domain/errors.js';
import { DATABASE_TIMEOUT_MS } from '../src/engine/domain/limits.js';
import { loadConfig } from '../src/config/config.js';
import { root } from './repository-files.js';

const source = readFileSync(join(root, 'src/config/environment.ts'), 'utf8');
const manual = readFileSync(join(root, 'docs/configuration.md'), 'utf8');

const distributed = {
  REDIS_URL: 'redis://127.0.0.1:6379',
  MYSQL_URL: 'mysql://root@127.0.0.1:3306/seonchak',
  JWT_SECRET: 'kV3v0b6Zr8Q1yT5mWc9nXe2hLa7sPd4u',
};

/** The rows of the manual: variable, default, values. */
const rows = manual.split('\n').flatMap((line) => {
  const [, name, fallback, values] = /^\| `([A-Z_]+)`\s*\| (.+?)\s*\| (.+?)\s*\|/.exec(line) ?? [];
  return name === undefined || fallback === undefined || values === undefined
    ? []
    : [{ name, fallback, values }];
});

function isAccepted(name: string, value: string): boolean {
  try {
    loadConfig({ ...distributed, [name]: value });
    return true;
  } catch (error) {
    // Other variables may object to an extreme value (a lease and the database timeout); this one's own words decide.
    if (error instanceof ConfigError) return !error.faults.some((fault) => / whole number /.test(fault));
    throw error;
  }
}

t.test('the manual lists exactly the variables that are read', (t) => {
  const read = [...source.matchAll(/^ {2}([A-Z][A-Z_]+): /gm)].map((match) => match[1]);
  t.ok(read.length > 20);
  t.same(
    rows.map((row) => row.name).toSorted((a, b) => a.localeCompare(b)),
    read.toSorted((a, b) => String(a).localeCompare(String(b))),
  );
  t.end();
});

t.test('a default of the manual is what an absent variable means', (t) => {
  for (const { name, fallback } of rows) {
    const literal = /^`([^`]+)`$/.exec(fallback)?.[1];
    if (literal === undefined) continue;
    t.same(loadConfig({ [name]: literal }), loadConfig({}), `${name}=${literal}`);
  }
  t.equal(loadConfig({}).sellerSignup, 'open');
  t.equal(loadConfig(distributed).sellerSignup, 'closed');
  t.end();
});

t.test('a range of the manual is the range that is accepted', (t) => {
  for (const { name, values } of rows) {
    const range = /^([\d,]+) to ([\d,]+)$/.exec(values);
    if (range === null) continue;
    const [least, most] = range.slice(1).map((text) => Number(text.replaceAll(',', '')));
    if (least === undefined || most === undefined) throw new Error(`no range: ${values}`);
    for (const inside of [least, most])
      t.ok(isAccepted(name, String(inside)), `${name}=${inside} is accepted`);
    for (const outside of [least - 1, most + 1])
      t.notOk(isAccepted(name, String(outside)), `${name}=${outside} is refused`);
  }
  t.ok(manual.includes(`database timeout of ${DATABASE_TIMEOUT_MS.toLocaleString('en')}`));
  t.end();
});
