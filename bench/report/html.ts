/** Writes the report as one self-contained HTML file. */
import { measuredParts } from '../measure/round-result.js';
import { type LatencySummary, percentiles } from '../measure/variant-result.js';
import type { BenchReport } from './bench-report.js';
import { escapeHtml } from './charts.js';
import { count, megabytes, microseconds, milliseconds } from './numbers.js';
import { cpuPicture, latencyPictures, rampPictures, throughputPicture } from './pictures.js';
import { style } from './style.js';

export function htmlReport(report: BenchReport): string {
  const { machine, results, goals, options } = report;
  return `<!doctype html>
<html lang="en">
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>Seonchak bench, ${escapeHtml(report.startedAt.slice(0, 16).replace('T', ' '))}</title>
<style>${style}</style>
<main>
<h1>Seonchak bench</h1>
<p class="soft">${escapeHtml(report.startedAt)} · <code>${escapeHtml(report.command)}</code></p>
<p class="soft">${machine.cores} cores (${escapeHtml(machine.processor)}), ${Math.round(machine.memoryBytes / 2 ** 30)} GB, Linux ${escapeHtml(machine.kernel)},
Node ${escapeHtml(machine.node)}, Redis ${escapeHtml(machine.redis)}, ${escapeHtml(machine.database)}; load average before: ${machine.loadBefore.toFixed(2)}.
Generators, servers and stores share these cores. ${options.connections} connections from ${options.generators} generators, ${options.seconds} s, ${options.rounds} rounds in turns, medians.</p>
${verdict(report)}
${goals.length === 0 ? '' : goalTable(report)}
<h2>Answers per second</h2>
<p class="soft">Achieved, by outcome. The generators need most of the machine, so the bars of light variants end where the generators do; CPU per request distinguishes them.</p>
${throughputPicture(results)}
<h2>CPU per request</h2>
<p class="soft">Microseconds of every process but the generators, until the last row was in the database. A bar with a gap near its end is cut.</p>
${cpuPicture(results)}
<h2>Over time</h2>
<div class="charts">${latencyPictures(results)}</div>
${rampPictures(results)}
<h2>All figures</h2>
${figures(report)}
</main>
</html>
`;
}

function verdict({ goals, brokenPromises }: BenchReport): string {
  const met = goals.filter((goal) => goal.met).length;
  const goalText = goals.length === 0 ? '' : ` ${met} of ${goals.length} goals met.`;
  if (brokenPromises.length === 0) {
    return `<p class="verdict"><span class="good">I1–I5 hold in every variant and round.</span>${goalText}</p>`;
  }
  const list = brokenPromises.map((sentence) => `<li>${escapeHtml(sentence)}</li>`).join('');
  return `<p class="verdict bad">Broken promises:</p><ul class="bad">${list}</ul>`;
}

function goalTable({ goals }: BenchReport): string {
  const rows = goals.map(
    ({ figure, goal, measured, met }) =>
      `<tr><td>${escapeHtml(figure)}</td><td>${escapeHtml(goal)}</td><td>${escapeHtml(measured)}</td><td class="${met ? 'good' : 'bad'}">${met ? 'met' : 'missed'}</td></tr>`,
  );
  return `<h2>Goals</h2><p class="soft">× means against the bare handler of this run, where nothing else is named.</p>
<div class="wide stacked"><table><tr><th>figure</th><th>goal</th><th>measured</th><th></th></tr>${rows.join('')}</table></div>`;
}

function figures({ results }: BenchReport): string {
  const head = [
    'variant',
    'req/s',
    'slowest–fastest round',
    ...latencyHeads('success'),
    ...latencyHeads('refusal'),
    ...latencyHeads('lag'),
    ...measuredParts.map((part) => `${part} µs`),
    'API MB',
    'Redis MB',
    'database MB',
    'errors',
  ];
  const rows = results.map((result) => [
    result.variant.id,
    count(result.perSecond),
    result.perSecondRange.map(count).join('–'),
    ...latencyCells(result.success),
    ...latencyCells(result.rejection),
    ...latencyCells(result.lag),
    ...measuredParts.map((part) => microseconds(result.cpuUsPerRequest[part])),
    ...(['api', 'redis', 'database'] as const).map((part) => megabytes(result.residentBytes[part])),
    String(result.errors),
  ]);
  const cells = (row: readonly string[], tag: string): string =>
    `<tr>${row.map((cell) => `<${tag}>${escapeHtml(cell)}</${tag}>`).join('')}</tr>`;
  return `<div class="wide"><table>${cells(head, 'th')}${rows.map((row) => cells(row, 'td')).join('')}</table></div>`;
}

const shown = [50, 99] as const;

function latencyHeads(what: string): string[] {
  return shown.map((percent) => `${what} p${percent} ms`);
}

function latencyCells(summary: LatencySummary | undefined): string[] {
  return shown.map((percent) =>
    summary === undefined ? '–' : milliseconds(summary.percentilesMs[percentiles.indexOf(percent)] ?? 0),
  );
}
