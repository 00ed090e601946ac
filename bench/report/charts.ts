/** Draws the charts of the report as SVG text. Widths are shares of the page, so no script is needed. */

import { median } from '../measure/variant-result.js';

const COLOURS = 8;
export const colour = (place: number): string => `var(--c${place % COLOURS})`;

/** Lines that cross in black and white differ by their dashes. */
const dashes = ['', '6 3', '2 3', '8 3 2 3', '12 4', '1 4', '4 1', '10 2 2 2 2 2'] as const;
const dash = (place: number): string => dashes[(place + Math.floor(place / COLOURS)) % dashes.length] ?? '';

export function escapeHtml(text: string): string {
  return text.replace(
    /[&<>"]/g,
    (sign) => ({ '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;' })[sign] ?? sign,
  );
}

export interface BarRow {
  readonly name: string;
  readonly value: string;
  readonly pieces: readonly { readonly amount: number; readonly colour: string; readonly name: string }[];
}

/** A bar this many times longer than the middle one is cut, or the others would all seem equal. */
const CUT_ABOVE_MEDIANS = 5;

/** One bar of one or more pieces for each row, all on one scale. */
export function bars(rows: readonly BarRow[]): string {
  const totals = rows.map(({ pieces }) => pieces.reduce((sum, piece) => sum + piece.amount, 0));
  const bound = CUT_ABOVE_MEDIANS * median(totals);
  const longest = Math.max(...totals.filter((total) => total <= bound), Number.MIN_VALUE);
  const body = rows.map((row, place) => {
    let from = 0;
    const rects = row.pieces.map((piece) => {
      const width = (piece.amount / longest) * 100;
      const rect = `<rect x="${from.toFixed(2)}%" width="${width.toFixed(2)}%" height="16" fill="${piece.colour}"><title>${escapeHtml(piece.name)}</title></rect>`;
      from += width;
      return rect;
    });
    const cut = (totals[place] ?? 0) > longest ? '<rect class="cut" x="97%" width="1%" height="16"/>' : '';
    return `<div class="row"><div class="name">${escapeHtml(row.name)}</div><div class="bar"><svg aria-hidden="true">${rects.join('')}${cut}</svg></div><div class="value">${escapeHtml(row.value)}</div></div>`;
  });
  return `<div class="bars">${body.join('\n')}</div>`;
}

export function legend(names: readonly string[], lines = false): string {
  const sample = (place: number): string =>
    lines
      ? `<line x1="0" x2="22" y1="5" y2="5" stroke="${colour(place)}" stroke-width="2.5" stroke-dasharray="${dash(place)}"/>`
      : `<rect width="14" height="10" fill="${colour(place)}"/>`;
  return `<div class="legend">${names
    .map((name, place) => `<span><svg aria-hidden="true">${sample(place)}</svg>${escapeHtml(name)}</span>`)
    .join('')}</div>`;
}

export interface Line {
  readonly name: string;
  readonly points: readonly (readonly [x: number, y: number])[];
}

export interface LineChart {
  readonly title: string;
  readonly lines: readonly Line[];
  readonly yLabel: string;
  readonly xLabel: string;
  readonly yScale: 'linear' | 'log';
  /** Where the x axis is marked; positions of the points are taken on the same scale. */
  readonly xMarks: readonly { readonly at: number; readonly text: string }[];
}

const WIDTH = 480;
const HEIGHT = 280;
const LEFT = 52;
const RIGHT = 22;
const TOP = 20;
const BOTTOM = 40;

export function lineChart(chart: LineChart): string {
  const values = chart.lines.flatMap((line) => line.points.map(([, y]) => y));
  const marks = chart.yScale === 'log' ? decadesAround(values) : stepsUpTo(Math.max(...values, 1));
  const [lowest = 0, highest = 1] = [marks[0], marks.at(-1)];
  const xs = [
    ...chart.xMarks.map((mark) => mark.at),
    ...chart.lines.flatMap((line) => line.points.map(([x]) => x)),
  ];
  const [first, last] = [Math.min(...xs), Math.max(...xs)];
  const x = (value: number): number =>
    LEFT + ((value - first) / Math.max(last - first, Number.MIN_VALUE)) * (WIDTH - LEFT - RIGHT);
  const onScale = (value: number): number =>
    chart.yScale === 'log' ? Math.log10(Math.max(value, lowest)) : value;
  const y = (value: number): number =>
    TOP +
    (1 - (onScale(value) - onScale(lowest)) / (onScale(highest) - onScale(lowest))) * (HEIGHT - TOP - BOTTOM);
  const grid = marks.map(
    (mark) =>
      `<line class="grid" x1="${LEFT}" x2="${WIDTH - RIGHT}" y1="${at(y(mark))}" y2="${at(y(mark))}"/>` +
      `<text x="${LEFT - 6}" y="${at(y(mark) + 4)}" text-anchor="end">${short(mark)}</text>`,
  );
  const ticks = chart.xMarks.map(
    (mark) =>
      `<text x="${at(x(mark.at))}" y="${HEIGHT - BOTTOM + 18}" text-anchor="middle">${mark.text}</text>`,
  );
  const lines = chart.lines.map((line, place) => {
    const points = line.points.map(([px, py]) => `${at(x(px))},${at(y(py))}`).join(' ');
    return `<polyline points="${points}" fill="none" stroke="${colour(place)}" stroke-width="2.2" stroke-linejoin="round" stroke-dasharray="${dash(place)}"><title>${escapeHtml(line.name)}</title></polyline>`;
  });
  const labels =
    `<text x="${LEFT}" y="12">${escapeHtml(chart.yLabel)}</text>` +
    `<text x="${WIDTH - RIGHT}" y="${HEIGHT - 4}" text-anchor="end">${escapeHtml(chart.xLabel)}</text>`;
  const names = chart.lines.map((line) => line.name);
  return `<figure><figcaption>${escapeHtml(chart.title)}</figcaption>
<svg viewBox="0 0 ${WIDTH} ${HEIGHT}" role="img" aria-label="${escapeHtml(chart.title)}">${grid.join('')}${ticks.join('')}${labels}${lines.join('')}</svg>
${legend(names, true)}</figure>`;
}

const at = (value: number): string => value.toFixed(1);

function short(value: number): string {
  return value >= 1_000 ? `${Number((value / 1_000).toFixed(1))}k` : String(Number(value.toFixed(2)));
}

function decadesAround(values: readonly number[]): number[] {
  const positive = values.filter((value) => value > 0);
  const from = Math.floor(Math.log10(Math.min(...positive, 1)));
  const to = Math.max(from + 1, Math.ceil(Math.log10(Math.max(...positive, 1))));
  return Array.from({ length: to - from + 1 }, (_, place) => 10 ** (from + place));
}

/** 0 to at least `most` in four to six round steps. */
function stepsUpTo(most: number): number[] {
  const rough = most / 5;
  const decade = 10 ** Math.floor(Math.log10(rough));
  const step = [1, 2, 2.5, 5, 10].map((factor) => factor * decade).find((one) => one >= rough) ?? rough;
  return Array.from({ length: Math.ceil(most / step) + 1 }, (_, place) => place * step);
}
