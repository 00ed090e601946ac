/** Divides the members of a file into requests. */
import type { MemberLine } from '../../../src/cli/member-lines.js';

/** What the API takes in one request: a thousand members, in a body of 128 KB. */
const CHUNK_MEMBERS = 1_000;
const CHUNK_BYTES = 100_000;

/** In the order of the file. */
export function* chunksOf(lines: readonly MemberLine[]): Generator<readonly MemberLine[]> {
  const encoder = new TextEncoder();
  let chunk: MemberLine[] = [];
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
