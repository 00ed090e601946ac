/** Controls the generator processes together. */
import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { Latencies } from './latencies.js';
import type { LoadReport, OutcomeReport } from './load-report.js';
import type { LoadPlan } from './load-plan.js';
import type { GeneratorAnswer, GeneratorTask } from './protocol.js';

const generatorFile = fileURLToPath(new URL('./generator.js', import.meta.url));

export type SharedLoadPlan = Omit<LoadPlan, 'share' | 'shares'>;

export class Generators {
  readonly #generators: readonly ChildProcess[];

  private constructor(generators: readonly ChildProcess[]) {
    this.#generators = generators;
  }

  static async start(generators: number): Promise<Generators> {
    const started = Array.from({ length: generators }, () =>
      fork(generatorFile, { serialization: 'advanced' }),
    );
    await Promise.all(started.map((child) => answerOf(child)));
    return new Generators(started);
  }

  /** Processes that make the load. */
  get count(): number {
    return this.#generators.length;
  }

  /** Signs tokens of members 1 to `count` under a name; every generator has all of them. */
  async sign(name: string, count: number, secret: string): Promise<void> {
    await Promise.all(this.#generators.map((child) => ask(child, { kind: 'sign', name, count, secret })));
  }

  /** The same from CSV files. */
  async read(name: string, folder: string): Promise<void> {
    await Promise.all(this.#generators.map((child) => ask(child, { kind: 'read', name, folder })));
  }

  /** One report for each generator. */
  async request(plan: SharedLoadPlan): Promise<LoadReport[]> {
    const shares = this.#generators.length;
    return Promise.all(
      this.#generators.map(async (child, share) => {
        const connections = Math.max(1, Math.round(plan.connections / shares));
        const answer = await ask(child, { kind: 'request', plan: { ...plan, connections, share, shares } });
        if (answer.kind !== 'requested') throw new Error('a generator answered something else');
        return answer.report;
      }),
    );
  }

  stop(): void {
    for (const child of this.#generators) child.disconnect();
  }
}

async function ask(child: ChildProcess, task: GeneratorTask): Promise<GeneratorAnswer> {
  const answering = answerOf(child);
  child.send(task);
  return answering;
}

async function answerOf(child: ChildProcess): Promise<GeneratorAnswer> {
  const ended = new AbortController();
  const onExit = (): void => ended.abort();
  child.once('exit', onExit);
  try {
    const [answer] = (await once(child, 'message', { signal: ended.signal })) as [GeneratorAnswer];
    if (answer.kind === 'failed') throw new Error(`a generator failed: ${answer.message}`);
    return answer;
  } finally {
    child.off('exit', onExit);
  }
}

/** The reports of several generators by outcome, as if there had been one. */
export function mergedOutcomes(reports: readonly LoadReport[]): Map<string, OutcomeReport> {
  const merged = new Map<string, OutcomeReport>();
  for (const report of reports) {
    for (const [name, outcome] of report.outcomes) {
      const before = merged.get(name);
      merged.set(name, before === undefined ? outcome : mergeOutcome(before, outcome));
    }
  }
  return merged;
}

export function mergeOutcome(one: OutcomeReport, other: OutcomeReport): OutcomeReport {
  const latencies = Latencies.decode(one.latencies);
  latencies.add(Latencies.decode(other.latencies));
  const steps = Math.max(one.series.length, other.series.length);
  return {
    latencies: latencies.encode(),
    series: Array.from({ length: steps }, (_, step) => (one.series[step] ?? 0) + (other.series[step] ?? 0)),
  };
}
