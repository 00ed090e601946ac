/** Defines the messages between the bench and its generator processes, in V8's serialisation. */
import type { LoadReport } from './load-report.js';
import type { LoadPlan } from './load-plan.js';

export interface SignTask {
  readonly kind: 'sign';
  /** What a plan calls them. Signing the same name again replaces them. */
  readonly name: string;
  /** Tokens of members 1 to `count`. */
  readonly count: number;
  readonly secret: string;
}

export interface ReadTask {
  readonly kind: 'read';
  readonly name: string;
  /** Folder of token files as `seonchak tokens` writes them, read in the order of their names. */
  readonly folder: string;
}

export interface RequestTask {
  readonly kind: 'request';
  readonly plan: LoadPlan;
}

export type GeneratorTask = SignTask | ReadTask | RequestTask;

export type GeneratorAnswer =
  | { readonly kind: 'up' }
  | { readonly kind: 'ready' }
  | { readonly kind: 'requested'; readonly report: LoadReport }
  | { readonly kind: 'failed'; readonly message: string };
