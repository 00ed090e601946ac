/**
 * Runs one generator process: signs tokens and sends downloads on request.
 *
 * The process lives through the whole bench, so that every variant runs against a warm generator.
 */
import { requestAll } from './request-all.js';
import type { GeneratorAnswer, GeneratorTask } from './protocol.js';
import { readTokens } from './read-tokens.js';
import { signCrowd } from './sign-tokens.js';

const tokens = new Map<string, readonly string[]>();

async function carryOut(task: GeneratorTask): Promise<GeneratorAnswer> {
  if (task.kind === 'sign') {
    tokens.set(task.name, await signCrowd(task.count, task.secret));
    return { kind: 'ready' };
  }
  if (task.kind === 'read') {
    tokens.set(task.name, await readTokens(task.folder));
    return { kind: 'ready' };
  }
  return { kind: 'requested', report: await requestAll(task.plan, tokens.get(task.plan.tokens) ?? []) };
}

process.on('message', (task: GeneratorTask) => {
  carryOut(task).then(
    (answer) => process.send?.(answer),
    (fault: unknown) => process.send?.({ kind: 'failed', message: String(fault) } satisfies GeneratorAnswer),
  );
});
// Without the bench there is no load to generate.
process.on('disconnect', () => process.exit());
process.send?.({ kind: 'up' } satisfies GeneratorAnswer);
