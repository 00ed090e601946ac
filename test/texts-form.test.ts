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
