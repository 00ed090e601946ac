/** Maps an answer to its outcome by a lookup, because most answers of a burst are the same text. */

const KEPT_MAX = 1_000;
const ISSUE_NO = '"issueNo":';

export class OutcomeReader {
  readonly #codeOfProblem = new Map<string, string>();

  outcomeOf(status: number, body: string): string {
    if (status === 201) return 'issued';
    if (status === 200) return 'already_issued';
    const known = this.#codeOfProblem.get(body);
    if (known !== undefined) return known;
    const code = codeOf(body) ?? `status ${status}`;
    if (this.#codeOfProblem.size < KEPT_MAX) this.#codeOfProblem.set(body, code);
    return code;
  }

  /** The number in an issuance; 0 when there is none, which no row will match. */
  issueNoOf(body: string): number {
    const at = body.indexOf(ISSUE_NO);
    return at < 0 ? 0 : Number.parseInt(body.slice(at + ISSUE_NO.length, at + ISSUE_NO.length + 16), 10);
  }
}

function codeOf(body: string): string | undefined {
  try {
    const { code } = JSON.parse(body) as { code?: unknown };
    return typeof code === 'string' ? code : undefined;
  } catch {
    return undefined;
  }
}
