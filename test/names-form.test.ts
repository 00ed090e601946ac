/** Checks that names in the code are not words that were once translated; test/plain-words.ts does the same for texts. */
import t from 'tap';
import ts from 'typescript';
import { read, repositoryFiles } from './repository-files.js';

const sources = repositoryFiles.filter(
  (file) =>
    /^(?:src|packages|bench|test|scripts|examples)\/.*\.[jt]sx?$|^web\/src\/.*\.tsx?$/.test(file) &&
    !file.endsWith('api-types.ts'),
);

/** Each with its plain form. */
const TRANSLATED: Readonly<Record<string, RegExp>> = {
  'request, download': /^press(?:es|ed|ing)?$/,
  'receive, news reception': /^(?:hears?|heard|hearing|deaf)$/,
  'report, log, acknowledged': /^(?:tells?|told|telling)$/,
  'poll, check, read, appearance': /^look(?:s|ed|ing)?$/,
  'removed, missing': /^gone$/,
  'orphaned, duplicate': /^(?:strays?|doubled)$/,
  'existing, present, open': /^(?:stands?|standing|stood)$/,
  'verify, inspect': /^(?:attest\w*|vouch\w*|unattested)$/,
  'report, mark, publish': /^announce\w*$/,
  'remaining, cooldown, idle': /^(?:rests|rested|resting)$/,
  'reason, outsider, expensive, fix': /^(?:hindrances?|strangers?|dear|mend\w*|nobody|whoever)$/,
};

/** Parts of a contract (routes, API fields), of another program, or about a button that is pressed. */
const FIXED = new Set([
  ...['announced', 'strays', 'doubled'],
  ...['pressUntilDefinite', 'PressOptions', 'PressResult', 'pressAgain', 'isKeyPress'],
]);

interface Name {
  readonly place: string;
  readonly text: string;
}

function namesOf(file: string, code = read(file)): Name[] {
  const source = ts.createSourceFile(file, code, ts.ScriptTarget.Latest, true);
  const found: Name[] = [];
  const visit = (node: ts.Node): void => {
    if ((ts.isIdentifier(node) || ts.isPrivateIdentifier(node)) && !isKeyPress(node)) {
      const line = source.getLineAndCharacterOfPosition(node.getStart()).line + 1;
      found.push({ place: `${file}:${line}`, text: node.text.replace('#', '') });
    }
    ts.forEachChild(node, visit);
  };
  visit(source);
  return found;
}

/** `page.keyboard.press('Enter')` of the browser's driver. */
function isKeyPress({ parent, text }: ts.Identifier | ts.PrivateIdentifier): boolean {
  if (text !== 'press' || !ts.isPropertyAccessExpression(parent) || !ts.isCallExpression(parent.parent))
    return false;
  const [key] = parent.parent.arguments;
  return key !== undefined && ts.isStringLiteral(key) && /^[A-Z]/.test(key.text);
}

const wordsOf = (name: string): string[] =>
  name
    .replace(/([a-z\d])([A-Z])/g, '$1_$2')
    .toLowerCase()
    .split('_');

const translatedIn = (names: readonly Name[], pattern: RegExp): string[] =>
  names
    .filter(({ text }) => !FIXED.has(text) && wordsOf(text).some((word) => pattern.test(word)))
    .map(({ place, text }) => `${place} ${text}`);

t.test('names of a sample are read word by word', (t) => {
  const sample = namesOf('sample.ts', "const LAST_PRESS_MS = 1; at.lookForWork('Enter'); at.press('Enter');");
  t.same(
    sample.map(({ text }) => text),
    ['LAST_PRESS_MS', 'at', 'lookForWork', 'at'],
  );
  t.same(
    Object.values(TRANSLATED).flatMap((pattern) => translatedIn(sample, pattern)),
    ['sample.ts:1 LAST_PRESS_MS', 'sample.ts:1 lookForWork'],
  );
  t.end();
});

/** Parsing is what takes time. */
const mayHaveOne =
  /press|hear|deaf|tell|told|look|gone|stray|doubled|stand|stood|attest|vouch|announce|rests|rest[ei]|hindr|strang|dear|mend|nobody|whoever/i;
const names = sources.filter((file) => mayHaveOne.test(read(file))).flatMap((file) => namesOf(file));
for (const [plainly, pattern] of Object.entries(TRANSLATED)) {
  t.test(`no name has a word that is plainly "${plainly}"`, (t) => {
    t.same(translatedIn(names, pattern), []);
    t.end();
  });
}
