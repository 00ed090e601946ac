/** Defines what a call of the API returns. */
import type { Problem } from './problem.js';

export type Result<Value> =
  { readonly ok: true; readonly value: Value } | { readonly ok: false; readonly problem: Problem };
