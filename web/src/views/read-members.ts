/** Reads the members of a CSV file: the first column, as `seonchak audience load` reads it. */

/** What the API takes in one request: a thousand members, in a body of 128 KB. */
const CHUNK_MEMBERS = 1_000;
const CHUNK_BYTES = 100_000;

export interface ListedLine {
  /** From 1, as an editor counts them. */
  readonly line: number;
  readonly member: string;
}

export function readMembers(text: string): readonly ListedLine[] {
  const lines = text.split(/\r?\n/).map((line, place) => ({
    line: place + 1,
    member: firstColumn(line),
  }));
  return lines.filter(({ line, member }) => member !== '' && !(line === 1 && member === 'member_id'));
}

/** Databases and spreadsheets write a text in quotes, with those inside it doubled. */
function firstColumn(line: string): string {
  const [, quoted] = /^\s*"((?:[^"]|"")*)"\s*(?:,|$)/.exec(line) ?? [];
  return (quoted?.replaceAll('""', '"') ?? line.split(',')[0] ?? '').trim();
}

/** In the order of the file. */
export function* chunksOf(lines: readonly ListedLine[]): Generator<readonly ListedLine[]> {
  const encoder = new TextEncoder();
  let chunk: ListedLine[] = [];
  let bytes = 0;
  for (const line of lines) {
    const size = encoder.encode(JSON.stringify(line.member)).length + 1;
    if (chunk.length === CHUNK_MEMBERS || (chunk.length > 0 && bytes + size > CHUNK_BYTES)) {
      yield chunk;
      chunk = [];
      bytes = 0;
    }
    chunk.push(line);
    bytes += size;
  }
  if (chunk.length > 0) yield chunk;
}
