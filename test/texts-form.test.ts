/** Checks that the texts of the program (logs, errors, help, console) are phrased as its documents are (test/plain-words.ts). */
import t from 'tap';
import ts from 'typescript';
import { TRANSLATED_PHRASES, withoutQuotes } from './plain-words.js';
import { read, repositoryFiles } from './repository-files.js';

const sources = repositoryFiles.filter(
  (file) =>
    /^(?:src|web\/src|web\/public|packages\/client\/src)\/.*\.(?:tsx?|js)$/.test(file) &&
    !/\.test\.ts$|\/testing\/|\/language\/ko|\/ko-reasons|api-types/.test(file),
);

interface ProgramText {
  readonly place: string;
  readonly text: string;
}

/** Literals with a space, and the fixed parts of templates. */
function textsOf(file: string): ProgramText[] {
  const source = ts.createSourceFile(file, read(file), ts.ScriptTarget.Latest, true);
  const found: ProgramText[] = [];
  const visit = (node: ts.Node): void => {
    const text = ts.isTemplateExpression(node)
      ? [node.head, ...node.templateSpans.map(({ literal }) => literal)].map((part) => part.text).join('…')
      : ts.isStringLiteralLike(node) || ts.isJsxText(node)
        ? node.text
        : '';
    if (/\w \w/.test(text)) {
      const { line } = source.getLineAndCharacterOfPosition(node.getStart());
      found.push({ place: `${file}:${line + 1}`, text: withoutQuotes(text) });
    }
    ts.forEachChild(node, visit);
  };
  visit(source);
  return found;
}

/** Classes of errors that operators and callers read: those that extend `SeonchakError`, however far. */
const classes = sources.flatMap((file) => [...read(file).matchAll(/class (\w+) extends (\w+)/g)]);
const readErrors = new Set(['SeonchakError']);
for (let before = 0; before < readErrors.size;) {
  before = readErrors.size;
  for (const [, name = '', base = ''] of classes) if (readErrors.has(base)) readErrors.add(name);
}

/** @returns the end of a text as far as the source fixes it: `undefined` where it ends with a value. */
function endOf(node: ts.Expression): string | undefined {
  if (ts.isStringLiteralLike(node)) return node.text;
  if (ts.isTemplateExpression(node)) return node.templateSpans.at(-1)?.literal.text;
  if (ts.isBinaryExpression(node)) return endOf(node.right);
  return ts.isConditionalExpression(node) ? endOf(node.whenFalse) : undefined;
}

function errorTextsOf(file: string): ProgramText[] {
  const source = ts.createSourceFile(file, read(file), ts.ScriptTarget.Latest, true);
  const found: ProgramText[] = [];
  const visit = (node: ts.Node): void => {
    if (ts.isNewExpression(node) && readErrors.has(node.expression.getText())) {
      const [text] = node.arguments ?? [];
      const end = text === undefined ? '' : (endOf(text) ?? '');
      const { line } = source.getLineAndCharacterOfPosition(node.getStart());
      if (end !== '') found.push({ place: `${file}:${line + 1}`, text: end });
    }
    ts.forEachChild(node, visit);
  };
  visit(source);
  return found;
}

/** How every site phrases it. */
const USUAL = 'Forgot your password?';

const texts = sources.flatMap(textsOf).filter(({ text }) => text !== USUAL);

t.test('no text of the program speaks in phrases translated word by word', (t) => {
  t.ok(texts.length > 1_500, `${texts.length} texts`);
  for (const { phrase, plainly } of TRANSLATED_PHRASES) {
    t.same(
      texts.filter(({ text }) => phrase.test(text)).map(({ place, text }) => `${place}: ${text}`),
      [],
      `instead of ${String(phrase)}: ${plainly}`,
    );
  }
  t.end();
});

t.test('the text of an error is a sentence and ends as one', (t) => {
  const found = sources.flatMap(errorTextsOf);
  t.ok(found.length > 50, `${found.length} texts`);
  t.same(
    found.filter(({ text }) => !/[.?!]$/.test(text)).map(({ place, text }) => `${place}: ${text}`),
    [],
  );
  t.end();
});
