/** Draws the burn-down chart: the remaining stock as an area, the rate as a line. */
import uPlot from 'uplot';
import type { LiveUpdate } from '../api/coupon.js';
import { element, setText } from '../dom.js';
import { choice } from '../parts/field.js';
import { colour, THEME_EVENT } from '../theme.js';
import type { ViewContext } from '../view.js';
import { BurnDownData } from './burn-down-data.js';
import type { PastPoint } from './burn-down-data.js';

const HEIGHT = 260;
const MINUTE_SECONDS = 60;
/** The chart is drawn at most this often; numbers come five times a second at most. */
const DRAW_EVERY_MS = 200;
/** A narrower scale would show every second as an event. */
const LEAST_SECONDS = 20;

export interface BurnDown {
  readonly root: HTMLElement;
  add(update: LiveUpdate): void;
  prepend(past: readonly PastPoint[]): void;
  end(): void;
}

export function burnDown(context: ViewContext, nowMs: () => number): BurnDown {
  const { words, format } = context;
  const data = new BurnDownData();
  const place = element('div', { class: 'chart', role: 'img' });
  const emptyNote = element('p', { class: 'chart-empty quiet' }, words.detail.chartEmpty);
  const range = choice<'all' | 'minute'>({
    label: words.detail.chart,
    name: 'range',
    value: 'all',
    style: 'segments',
    choices: [
      { value: 'all', label: words.detail.chartAll },
      { value: 'minute', label: words.detail.chartMinute },
    ],
    onChange: () => draw(),
  });
  const root = element(
    'section',
    { class: 'panel' },
    element('div', { class: 'panel-head' }, element('h2', {}, words.detail.chart), range.root),
    legend(context),
    place,
    emptyNote,
  );

  let quantity = 1;
  let chart: uPlot | undefined;
  let waiting: number | undefined;

  function draw(): void {
    waiting = undefined;
    const first = data.times[0];
    if (first === undefined || !place.isConnected) return;
    chart ??= new uPlot(options(place.clientWidth), [[], [], []], place);
    const now = nowMs() / 1_000;
    const from = range.value === 'minute' ? now - MINUTE_SECONDS : first;
    // The line is drawn to the present: no news means no change.
    const times = [...data.times, Math.max(now, data.times.at(-1) ?? now)];
    const remaining = [...data.remaining, data.remaining.at(-1) ?? 0];
    const perSecond = [...data.perSecond, data.perSecond.at(-1) ?? 0];
    chart.setData([times, remaining, perSecond], false);
    chart.batch(() => {
      chart?.setScale('x', { min: from, max: Math.max(now, from + LEAST_SECONDS) });
      chart?.setScale('left', { min: 0, max: quantity });
      chart?.setScale('speed', { min: 0, max: niceAbove(Math.max(5, ...perSecond)) });
    });
  }

  function drawSoon(): void {
    waiting ??= window.setTimeout(draw, DRAW_EVERY_MS);
  }

  function options(width: number): uPlot.Options {
    const stepped = uPlot.paths.stepped?.({ align: 1 });
    const steppedBack = uPlot.paths.stepped?.({ align: -1 });
    const axis = {
      stroke: () => colour('--ink-2'),
      grid: { stroke: () => colour('--line'), width: 1 },
      ticks: { show: false },
      font: `12px ${colour('--font')}`,
    };
    const speedAxis = {
      ...axis,
      scale: 'speed',
      side: 1,
      size: 56,
      grid: { show: false },
      values: (_: uPlot, splits: number[]) =>
        splits.map((split) => (Number.isInteger(split) ? format.whole(split) : '')),
    };
    return {
      width,
      height: HEIGHT,
      legend: { show: false },
      cursor: { points: { show: false }, drag: { x: false, y: false } },
      padding: [12, 4, 0, 4],
      scales: { x: { time: true, auto: false }, left: { auto: false }, speed: { auto: false } },
      axes: [
        {
          ...axis,
          size: 32,
          space: 84,
          grid: { show: false },
          values: (_, splits) => splits.map((split) => timeLabel(split)),
        },
        {
          ...axis,
          scale: 'left',
          size: 60,
          values: (_, splits) => splits.map((split) => (Number.isInteger(split) ? format.brief(split) : '')),
        },
        speedAxis,
      ],
      series: [
        {},
        {
          scale: 'left',
          stroke: () => colour('--accent'),
          fill: () => colour('--accent-wash'),
          width: 2,
          ...(stepped === undefined ? {} : { paths: stepped }),
          points: { show: false },
        },
        {
          scale: 'speed',
          stroke: () => colour('--stamp'),
          width: 1.5,
          // A speed is one of the time before it.
          ...(steppedBack === undefined ? {} : { paths: steppedBack }),
          points: { show: false },
        },
      ],
    };
  }

  const resized = new ResizeObserver(() => {
    if (chart !== undefined && place.clientWidth > 0) {
      chart.setSize({ width: place.clientWidth, height: HEIGHT });
    }
  });
  resized.observe(place);
  const redraw = (): void => chart?.redraw(false);
  document.addEventListener(THEME_EVENT, redraw);
  // The present moves on even when nothing is issued.
  const ticking = window.setInterval(drawSoon, 1_000);

  return {
    root,
    add(update) {
      quantity = Math.max(1, update.quantity);
      emptyNote.hidden = update.issued > 0;
      data.add(update);
      const left = format.whole(update.remaining);
      place.setAttribute('aria-label', words.detail.chartSpoken(left, format.rate(update.issuedPerSecond)));
      drawSoon();
    },
    prepend(past) {
      data.prepend(past);
      drawSoon();
    },
    end() {
      resized.disconnect();
      document.removeEventListener(THEME_EVENT, redraw);
      window.clearInterval(ticking);
      window.clearTimeout(waiting);
      chart?.destroy();
    },
  };
}

function legend({ words }: ViewContext): HTMLElement {
  const entry = (kind: string, text: string): HTMLElement => {
    const item = element('li', { 'data-kind': kind });
    setText(item, text);
    return item;
  };
  return element(
    'ul',
    { class: 'legend', 'aria-hidden': 'true' },
    entry('remaining', words.detail.remaining),
    entry('speed', words.detail.perSecond),
  );
}

function timeLabel(seconds: number): string {
  return new Date(seconds * 1_000).toLocaleTimeString(undefined, {
    hour: '2-digit',
    minute: '2-digit',
    second: '2-digit',
    hourCycle: 'h23',
  });
}

/** A round number not below: a scale that follows every new value trembles. */
function niceAbove(value: number): number {
  const unit = 10 ** Math.floor(Math.log10(value));
  return unit * (value <= unit ? 1 : value <= 2 * unit ? 2 : value <= 5 * unit ? 5 : 10);
}
