import { readdirSync, readFileSync } from 'node:fs';
import t from 'tap';
import { loadScripts, scriptFolder, scriptKeyCounts, scriptsOverCoupons } from './scripts.js';

const scripts = Object.values(loadScripts());

/** The lines of one part of a header, such as `KEYS`. */
function headerPart(source: string, part: 'KEYS' | 'ARGV' | 'Reply'): string[] {
  const header = /--\[\[([\s\S]*?)--\]\]/.exec(source)?.[1] ?? '';
  const lines = header.split('\n');
  const start = lines.findIndex((line) => line.startsWith(part));
  if (start < 0) return [];
  const end = lines.findIndex((line, index) => index > start && /^\S/.test(line));
  return lines.slice(start + 1, end < 0 ? undefined : end).filter((line) => line.trim() !== '');
}

/** Names of a comma-separated cell, without the mark of a list. */
function namesOf(cell: string): string[] {
  return cell
    .split(',')
    .map((name) => name.trim().replace(/[…']/g, ''))
    .filter((name) => name !== '');
}

/** Several at one place come again for each element. */
function argumentNames(source: string): string[] {
  return headerPart(source, 'ARGV').flatMap((line) =>
    namesOf(/^ {2}\d+…? ('?[\w:]+'?(?:, '?[\w:]+'?)*)/.exec(line)?.[1] ?? ''),
  );
}

/** The words of replies, each before its meaning. */
function replyWords(header: string): string[] {
  const replies = [...header.matchAll(/^ {2}(\{[^}]*\}?|'[^']*')/gm)].map(([, reply = '']) => reply);
  return replies.flatMap((reply) => [...reply.matchAll(/'([a-z_]+)'/g)].map(([, word = '']) => word));
}

t.test('every script in lua/ is named, and every name has its script', async (t) => {
  const files = readdirSync(scriptFolder).filter((file) => file.endsWith('.lua'));
  t.same(files.map((file) => file.replace('.lua', '')).sort(), Object.keys(scriptKeyCounts).sort());
});

for (const { name, keyCount, source } of scripts) {
  t.test(`the header of ${name} lists its keys, arguments and replies as the code has them`, async (t) => {
    t.match(
      source,
      /^#!lua( flags=(no-writes|allow-oom))?\n--\[\[\n\S.*/,
      'opens with its flags and its purpose',
    );
    const keys = headerPart(source, 'KEYS').filter((line) => /^ {2}\d/.test(line));
    t.equal(keys.length, keyCount, 'as many keys as scripts.ts says');
    const code = source.replace(/--\[\[[\s\S]*?--\]\]/, '');
    // Where they come again for each coupon, `key` is the first of a coupon.
    const used = scriptsOverCoupons.has(name)
      ? new Set([...code.matchAll(/KEYS\[key(?: \+ (\d))?\]/g)].map((match) => 1 + Number(match[1] ?? 0)))
      : new Set([...code.matchAll(/KEYS\[(\d+)\]/g)].map((match) => Number(match[1])));
    t.same(
      [...used].sort((one, other) => one - other),
      Array.from({ length: keyCount }, (_, index) => index + 1),
      'and all are used',
    );

    const args = headerPart(source, 'ARGV').filter((line) => /^ {2}\d/.test(line));
    const usedArgs = [...code.matchAll(/ARGV\[(\d+)\]/g)].map((match) => Number(match[1]));
    t.ok(Math.max(0, ...usedArgs) <= args.length, 'no argument is used that the header does not list');

    const replies = headerPart(source, 'Reply').join('\n');
    t.not(replies, '', 'replies are listed');
    for (const [, word] of code.matchAll(/return (?:\{ |snapshot\()?'([a-z_]+)'/g)) {
      t.match(replies, `'${word ?? ''}'`, `reply ${word ?? ''}`);
    }
    t.notMatch(code, /\bcall\('(KEYS|HGETALL|DEL|SMEMBERS)'/, 'nothing that holds Redis up');
  });
}

t.test('the table in lua/README.md is the table in the code', async (t) => {
  const readme = readFileSync(new URL('README.md', scriptFolder), 'utf8');
  const rows = [...readme.matchAll(/^\| `([a-z-]+)` +\| ([^|]+)\|([^|]*)\|([^|]*)\|([^|]*)\|$/gm)];
  t.same(rows.map((row) => row[1]).sort(), Object.keys(scriptKeyCounts).sort());
  for (const [, name = '', keys = '', args = '', replies = '', memory = ''] of rows) {
    const script = scripts.find((known) => known.name === name);
    t.equal(keys.split(',').length, script?.keyCount, `${name}: keys`);
    t.same(namesOf(args), argumentNames(script?.source ?? ''), `${name}: arguments`);
    const header = headerPart(script?.source ?? '', 'Reply').join('\n');
    for (const [, word = ''] of replies.matchAll(/`([a-z_]+)`/g))
      t.match(header, `'${word}'`, `${name}: ${word}`);
    for (const word of replyWords(header)) {
      t.match(replies, word, `${name}: the table has the reply ${word}`);
    }
    const refused = script?.source.startsWith('#!lua\n') ?? false;
    t.equal(memory.includes('refused'), refused, `${name}: under maxmemory`);
  }
});

t.test('the Redis user of docs/security.md may run every command that a script calls', (t) => {
  const security = readFileSync(new URL('../docs/security.md', scriptFolder), 'utf8');
  const granted = new Set(Array.from(security.matchAll(/\+([a-z]+)\b/g), ([, command]) => command));
  for (const { name, source } of scripts) {
    const called = Array.from(source.matchAll(/\bcall\('([A-Z]+)'/g), ([, command = '']) => command);
    t.same(
      called.filter((command) => !granted.has(command.toLowerCase())),
      [],
      name,
    );
  }
  t.end();
});
