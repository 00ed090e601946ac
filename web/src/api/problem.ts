/** Describes why a request failed: the problem of the API (RFC 9457), or an unreachable server. */
import { fieldsOf, UnexpectedAnswerError } from './read.js';
import type { Fields } from './read.js';

export interface FieldFault {
  readonly field: string;
  readonly message: string;
}

export interface Problem {
  /**
   * The API's stable code; `offline` when there was no answer, `unreachable` when a proxy answered for a server that it
   * did not reach, `unexpected` when the answer was none of the API's.
   */
  readonly code: string;
  readonly detail: string;
  readonly retryAfterMs: number | undefined;
  readonly errors: readonly FieldFault[];
  readonly fields: Fields;
}

export const OFFLINE: Problem = plainProblem('offline', '');

/** Nothing was lost: the same request may simply be sent again after a while. */
const passing = new Set([
  'offline',
  'unreachable',
  'busy',
  'not_ready',
  'outcome_unknown',
  'keys_unavailable',
  'presence_unavailable',
]);

export function isTransient(problem: Problem): boolean {
  return passing.has(problem.code);
}

export async function problemOf(response: Response): Promise<Problem> {
  const retryAfter = Number(response.headers.get('retry-after') ?? Number.NaN);
  const retryAfterMs = Number.isFinite(retryAfter) ? retryAfter * 1_000 : undefined;
  try {
    const fields = fieldsOf(await response.json());
    return {
      code: typeof fields['code'] === 'string' ? fields['code'] : codeOfProxy(response),
      detail: typeof fields['detail'] === 'string' ? fields['detail'] : '',
      retryAfterMs,
      errors: Array.isArray(fields['errors']) ? fields['errors'].map(fieldFault) : [],
      fields,
    };
  } catch {
    return plainProblem(codeOfProxy(response), `HTTP ${response.status}`);
  }
}

/** An answer without a code of ours is a proxy's own: whether the request reached a server is not known. */
function codeOfProxy({ status }: Response): string {
  if (status === 429) return 'rate_limited';
  return status >= 500 ? 'unreachable' : 'unexpected';
}

export function unexpected(fault: unknown): Problem {
  if (!(fault instanceof UnexpectedAnswerError)) throw fault;
  return plainProblem('unexpected', fault.message);
}

function plainProblem(code: string, detail: string): Problem {
  return { code, detail, retryAfterMs: undefined, errors: [], fields: {} };
}

function fieldFault(value: unknown): FieldFault {
  const fields = fieldsOf(value);
  return { field: String(fields['field']), message: String(fields['message']) };
}
