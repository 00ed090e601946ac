/** Reads the members that a CSV file names, for commands and for the console: it imports nothing. */

export interface MemberLine {
  /** From 1, as an editor counts them. */
  readonly line: number;
  readonly member: string;
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

/** The first column, without empty lines and the heading. */
export function memberLines(text: string): readonly MemberLine[] {
  const lines = text.split(/\r?\n/).map((line, place) => ({ line: place + 1, member: firstColumn(line) }));
  return lines.filter(({ line, member }) => member !== '' && !(line === 1 && member === 'member_id'));
}

/** Databases and spreadsheets write a text in quotes, with those inside it doubled (RFC 4180). */
function firstColumn(line: string): string {
  const [, quoted] = /^\s*"((?:[^"]|"")*)"\s*(?:,|$)/.exec(line) ?? [];
  return (quoted?.replaceAll('""', '"') ?? line.split(',')[0] ?? '').trim();
}
