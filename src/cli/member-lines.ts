/** Reads the members that a CSV file names, for commands and for the console. */
import papa from 'papaparse';

export interface MemberLine {
  /** From 1, as an editor counts them. */
  readonly line: number;
  readonly member: string;
  /** False: its quotes do not enclose a column, so it is unknown which member is meant. */
  readonly isWellFormed: boolean;
}

/**
 * A file as text, without a byte order mark; `undefined` for one that is not UTF-8. Korean spreadsheets write CP949 unless they are asked for
 * UTF-8, and a lenient reader takes its letters for `�`: the list would have other members than the file.
 */
export function utf8Text(bytes: ArrayBuffer | Uint8Array): string | undefined {
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes);
  } catch {
    return undefined;
  }
}

/**
 * The first column, without empty lines and the heading. A row whose quotes enclose a line break counts as the line on which it begins; one
 * whose quotes never end has the rest of the file, and its line is not well formed.
 */
export function memberLines(text: string): readonly MemberLine[] {
  const lines: MemberLine[] = [];
  // A quote opens a column only at its beginning, and spreadsheets leave no space before it; people do.
  const even = text.replace(/\r\n?/g, '\n').replace(/^[ \t]+(?=")/gm, '');
  let line = 1;
  let begin = 0;
  papa.parse<readonly string[]>(even, {
    newline: '\n',
    delimiter: separatorOf(even),
    step({ data, errors, meta: { cursor } }) {
      const member = (data[0] ?? '').trim();
      const isWellFormed = !errors.some(({ type }) => type === 'Quotes');
      const isHeading = line === 1 && HEADING.test(member);
      if (member !== '' && !isHeading) lines.push({ line, member, isWellFormed });
      line += lineBreaksBetween(even, begin, cursor);
      begin = cursor;
    },
  });
  return lines;
}

const HEADING = /^member[ _-]?id$/i;
/** What spreadsheets write between columns: a comma, a semicolon where the comma is part of numbers, or a tab. */
const SEPARATORS = [',', ';', '\t'];

/** The first that every line has; without any, the file has one column. */
function separatorOf(text: string): string {
  const lines = text.split('\n').filter((line) => line.trim() !== '');
  return SEPARATORS.find((separator) => lines.every((line) => line.includes(separator))) ?? ',';
}

function lineBreaksBetween(text: string, begin: number, end: number): number {
  let count = 0;
  for (let at = text.indexOf('\n', begin); at >= 0 && at < end; at = text.indexOf('\n', at + 1)) count += 1;
  return count;
}
