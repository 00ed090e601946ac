/** Messages between the bench and its generator processes, in V8's own serialisation. */
import type { LoadReport } from './load-report.js';
import type { PressPlan } from './press-plan.js';

export interface SignTask {
  readonly kind: 'sign';
  /** What a plan calls them. Signing the same name again replaces them. */
  readonly name: string;
  /** Tokens of members 1 to `count`. */
  readonly count: number;
  readonly secret: string;
}

export interface PressTask {
  readonly kind: 'press';
  readonly plan: PressPlan;
}

export type GeneratorTask = SignTask | PressTask;

export type GeneratorAnswer =
  | { readonly kind: 'up' }
  | { readonly kind: 'signed' }
  | { readonly kind: 'pressed'; readonly report: LoadReport }
  | { readonly kind: 'failed'; readonly message: string };
