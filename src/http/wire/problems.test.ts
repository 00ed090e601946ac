import { readdirSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import t from 'tap';
import { problemBody, problemKinds, retryAfterHeader } from './problems.js';
import type { ProblemCode } from './problems.js';

const root = fileURLToPath(new URL('../../../', import.meta.url));
const codes = Object.keys(problemKinds) as ProblemCode[];

/** The source's codes: the table of problems, the outcomes that are no problems, and every fault class's literal. */
function codesInSource(): string[] {
  const faultCodes = readdirSync(`${root}src`, { recursive: true, encoding: 'utf8' })
    .filter((path) => path.endsWith('.ts') && !path.endsWith('.test.ts'))
    .flatMap((path) => [
      ...readFileSync(`${root}src/${path}`, 'utf8').matchAll(
        /^ {2}static (?:override )?readonly code(?:: string)? = '(\w+)'/gm,
      ),
    ])
    .map((match) => String(match[1]));
  return [...new Set(['issued', 'already_issued', ...codes, ...faultCodes])];
}

t.test('docs/errors.md lists every code of the source once, and no other', async (t) => {
  const listed = [
    ...readFileSync(`${root}docs/errors.md`, 'utf8').matchAll(/^\| <a id="(\w+)"><\/a>`(\w+)`/gm),
  ];
  for (const [, anchor, code] of listed) t.equal(anchor, code, 'a problem type leads to its row');
  t.strictSame(listed.map(([, code]) => String(code)).sort(), codesInSource().sort());
});

t.test('docs/errors.md has the status of each problem', async (t) => {
  const text = readFileSync(`${root}docs/errors.md`, 'utf8');
  for (const code of codes) {
    t.match(text, new RegExp(`^\\| <a id="${code}"></a>\`${code}\` +\\| ${problemKinds[code].status} `, 'm'));
  }
});

t.test('every 503 has a Retry-After, and no other status gets one automatically', async (t) => {
  for (const code of codes) {
    const { 'Retry-After': retryAfter } = retryAfterHeader(code);
    if (problemKinds[code].status === 503) t.match(retryAfter, /^[1-9]\d*$/, code);
    else t.equal(retryAfter, undefined, code);
  }
});

t.test('a problem starts with the members of RFC 9457, then the code, then the case', async (t) => {
  const body = problemBody({
    code: 'quantity_below_issued',
    detail: '2 units are already issued.',
    fields: { issued: 2 },
  });
  t.equal(
    body,
    '{"type":"/docs/errors#quantity_below_issued","title":"The quantity is below the number of issued units","status":409,' +
      '"code":"quantity_below_issued","detail":"2 units are already issued.","issued":2}',
  );
});
