/**
 * Sends the members of a file to the list of a coupon.
 *
 * Where the file replaces the list, the list is read first: what both have is not sent, and where there is no room for both, as many others
 * are removed as the next members of the file need. To add all and remove afterwards needs room for both, and half a million members had none.
 */
import type { MemberLine } from '../../../src/cli/member-lines.js';
import { isSubject } from '../../../src/engine/domain/subject.js';
import type { Result } from '../api/result.js';
import type { Page } from '../api/coupon.js';
import type { Problem } from '../api/problem.js';

/** Most members of one list, as the API has it. */
export const LIST_MEMBERS_MAX = 1_000_000;

/** What the API takes in one request: a thousand members, in a body of 128 KB. */
const CHUNK_MEMBERS = 1_000;
const CHUNK_BYTES = 100_000;
const PAGE_MEMBERS = 1_000;

/** The calls about the list of one coupon. */
export interface ListCalls {
  readonly read: (after: string, limit: number) => Promise<Result<Page<string>>>;
  /** @returns how many were new. */
  readonly add: (members: readonly string[]) => Promise<Result<number>>;
  /** @returns how many were on the list. */
  readonly remove: (members: readonly string[]) => Promise<Result<number>>;
}

export interface Sending {
  readonly calls: ListCalls;
  readonly lines: readonly MemberLine[];
  /** Members who are not in the file are removed. */
  readonly replaces: boolean;
  readonly membersMax: number;
  readonly onProgress: (progress: Progress) => void;
  /** The person has stopped it, or has left the page. */
  readonly isStopped: () => boolean;
}

export interface Progress {
  /** Lines from the first one on whose members are on the list. */
  readonly sent: number;
  readonly lines: number;
  readonly added: number;
  /** `undefined` unless the file replaces the list. */
  readonly removed: number | undefined;
  /** Members of the list that were read; `undefined` once all are. */
  readonly read: number | undefined;
}

/** How the upload ended before the end of the file. */
export type Ending =
  | { readonly kind: 'refused'; readonly lines: readonly MemberLine[]; readonly sent: number }
  | { readonly kind: 'failed'; readonly problem: Problem; readonly sent: number }
  | { readonly kind: 'stopped'; readonly sent: number }
  | { readonly kind: 'too_many'; readonly members: number; readonly membersMax: number }
  | { readonly kind: 'empty' }
  | { readonly kind: 'not_utf8' }
  /** It was moved or changed since it was chosen. */
  | { readonly kind: 'unreadable' };

/**
 * Each request is carried out as a whole or not at all, and the same file may be sent again. A file that the list cannot take is
 * refused before anything changes.
 *
 * @returns `undefined`: the file was sent to its end.
 */
export async function sendMembers(sending: Sending): Promise<Ending | undefined> {
  const { lines, membersMax } = sending;
  if (lines.length === 0) return { kind: 'empty' };
  const faulty = lines.filter(({ member, isWellFormed }) => !isWellFormed || !isSubject(member));
  if (faulty.length > 0) return { kind: 'refused', lines: faulty, sent: 0 };
  const members = new Set(lines.map(({ member }) => member));
  if (members.size > membersMax) return { kind: 'too_many', members: members.size, membersMax };
  return new MemberSender(sending).send(members);
}

/** A line that is sent, and how many of the file come before it. */
interface SentLine extends MemberLine {
  readonly before: number;
}

class MemberSender {
  readonly #sending: Sending;
  #progress: Progress;
  /** Members of the list who are not in the file. */
  #others: string[] = [];
  /** Members of the list, as far as this upload knows. */
  #listed = 0;

  constructor(sending: Sending) {
    this.#sending = sending;
    const counts = sending.replaces ? { removed: 0, read: 0 } : { removed: undefined, read: undefined };
    this.#progress = { sent: 0, lines: sending.lines.length, added: 0, ...counts };
  }

  async send(members: ReadonlySet<string>): Promise<Ending | undefined> {
    const { lines, replaces, membersMax } = this.#sending;
    this.#report({});
    const known = replaces ? await this.#readList(members) : new Set<string>();
    if (!(known instanceof Set)) return known;
    const missing = lines.flatMap((line, before) => (known.has(line.member) ? [] : [{ ...line, before }]));
    for (const chunk of chunksOf(missing)) {
      this.#report({ sent: chunk[0]?.before ?? 0 });
      const over = this.#listed + chunk.length - membersMax;
      const ending = (replaces ? await this.#removeOthers(over) : undefined) ?? (await this.#add(chunk));
      if (ending !== undefined) return ending;
    }
    this.#report({ sent: lines.length });
    return this.#removeOthers(this.#others.length);
  }

  /** @returns the members of the file who are on the list. */
  async #readList(members: ReadonlySet<string>): Promise<Set<string> | Ending> {
    const known = new Set<string>();
    for (let after: string | undefined = ''; after !== undefined;) {
      if (this.#sending.isStopped()) return this.#stopped();
      const page: Result<Page<string>> = await this.#sending.calls.read(after, PAGE_MEMBERS);
      if (!page.ok) return this.#failed(page.problem);
      for (const member of page.value.items) {
        if (members.has(member)) known.add(member);
        else this.#others.push(member);
      }
      this.#listed = known.size + this.#others.length;
      const { next } = page.value;
      after = next === undefined ? undefined : String(next);
      this.#report({ read: after === undefined ? undefined : this.#listed });
    }
    return known;
  }

  async #add(chunk: readonly SentLine[]): Promise<Ending | undefined> {
    if (this.#sending.isStopped()) return this.#stopped();
    const result = await this.#sending.calls.add(chunk.map(({ member }) => member));
    if (!result.ok) {
      const refused = refusedLines(chunk, result.problem);
      const { sent } = this.#progress;
      return refused.length > 0 ? { kind: 'refused', lines: refused, sent } : this.#failed(result.problem);
    }
    this.#listed += result.value;
    this.#report({ added: this.#progress.added + result.value, sent: (chunk.at(-1)?.before ?? 0) + 1 });
    return undefined;
  }

  async #removeOthers(count: number): Promise<Ending | undefined> {
    const some = count > 0 ? this.#others.splice(0, count) : [];
    for (const chunk of chunksOf(some.map((member) => ({ member })))) {
      if (this.#sending.isStopped()) return this.#stopped();
      const result = await this.#sending.calls.remove(chunk.map(({ member }) => member));
      if (!result.ok) return this.#failed(result.problem);
      this.#listed -= result.value;
      this.#report({ removed: (this.#progress.removed ?? 0) + result.value });
    }
    return undefined;
  }

  #report(news: Partial<Progress>): void {
    this.#progress = { ...this.#progress, ...news };
    this.#sending.onProgress(this.#progress);
  }

  #stopped(): Ending {
    return { kind: 'stopped', sent: this.#progress.sent };
  }

  #failed(problem: Problem): Ending {
    return { kind: 'failed', problem, sent: this.#progress.sent };
  }
}

/** In their order. */
function* chunksOf<Line extends { readonly member: string }>(
  lines: readonly Line[],
): Generator<readonly Line[]> {
  const encoder = new TextEncoder();
  let chunk: Line[] = [];
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

/** The API names the places in its list; there may be more of them than it names. */
function refusedLines(chunk: readonly MemberLine[], { errors }: Problem): readonly MemberLine[] {
  return errors.flatMap(({ field }) => {
    const [, place] = /^add\.(\d+)$/.exec(field) ?? [];
    return place === undefined ? [] : (chunk[Number(place)] ?? []);
  });
}
