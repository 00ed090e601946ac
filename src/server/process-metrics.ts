/**
 * Collects the metrics of all processes that share the port.
 *
 * A scrape reaches any one of these processes. Without the others, counters would seem to jump. The scraped process
 * asks the parent; the parent asks every child and adds their metrics up.
 */
import cluster from 'node:cluster';
import type { Worker } from 'node:cluster';
import { AggregatorRegistry } from 'prom-client';
import type { Registry } from 'prom-client';

/** The library's own deadline for the children is five seconds. */
const ANSWER_TIMEOUT_MS = 6_000;

interface Question {
  readonly seonchak: 'metrics?';
  readonly id: number;
}

interface Answer {
  readonly seonchak: 'metrics';
  readonly id: number;
  /** `undefined`: not all of the processes answered in time. */
  readonly text: string | undefined;
}

function isMessage<Kind extends (Question | Answer)['seonchak']>(
  message: unknown,
  kind: Kind,
): message is Extract<Question | Answer, { readonly seonchak: Kind }> {
  return (
    typeof message === 'object' && message !== null && 'seonchak' in message && message.seonchak === kind
  );
}

/** In the parent: answers what its children ask. @param own what the parent itself counts. */
export function serveMetricsToChildren(own: Registry): void {
  const all = new AggregatorRegistry();
  cluster.on('message', (child: Worker, message: unknown) => {
    if (!isMessage(message, 'metrics?')) return;
    const { id } = message;
    Promise.all([all.clusterMetrics(), own.metrics()])
      .then(([ofChildren, ofParent]) => mergeExpositions(ofChildren, ofParent))
      .catch(() => undefined)
      .then((text) => {
        if (child.isConnected()) child.send({ seonchak: 'metrics', id, text } satisfies Answer);
      })
      .catch(() => undefined);
  });
}

/** Two texts as one: all lines of a metric must be together, under one description. */
function mergeExpositions(...texts: readonly string[]): string {
  const metrics = new Map<string, string[]>();
  for (const text of texts) {
    for (const block of text.split(/^(?=# HELP )/m)) {
      const lines = block.split('\n').filter((line) => line !== '');
      const [help = ''] = lines;
      const known = metrics.get(help);
      if (known === undefined) metrics.set(help, lines);
      else known.push(...lines.filter((line) => !line.startsWith('#')));
    }
  }
  return `${[...metrics.values()].flat().join('\n')}\n`;
}

/** In a child: the metrics of all processes. Call once; the function it returns may be called at any time. */
export function metricsOfAllProcesses(own: Registry): () => Promise<string | undefined> {
  // The library answers the parent's questions from these, once one of its aggregators exists.
  AggregatorRegistry.setRegistries([own]);
  new AggregatorRegistry();
  let lastId = 0;
  return () =>
    new Promise((resolve) => {
      const id = ++lastId;
      const end = (text: string | undefined): void => {
        clearTimeout(overdue);
        process.off('message', onMessage);
        resolve(text);
      };
      const onMessage = (message: unknown): void => {
        if (isMessage(message, 'metrics') && message.id === id) end(message.text);
      };
      const overdue = setTimeout(() => end(undefined), ANSWER_TIMEOUT_MS);
      process.on('message', onMessage);
      process.send?.({ seonchak: 'metrics?', id } satisfies Question);
    });
}
