/** Draws the burn-down chart: the remaining stock as an area, the rate as a line. */
import uPlot from 'uplot';
import type { Format } from '../format.js';
import { colour, THEME_EVENT } from '../theme.js';
import type { BurnDownData } from './burn-down-data.js';

const HEIGHT = 260;
const MINUTE_SECONDS = 60;
/** The chart is drawn at most this often; numbers come five times a second at most. */
const DRAW_EVERY_MS = 200;
/** A narrower scale would show every second as an event. */
const LEAST_SECONDS = 20;

export type ChartRange = 'all' | 'minute';

export class BurnDownChart {
  readonly #place: HTMLElement;
  readonly #data: BurnDownData;
  readonly #nowMs: () => number;
  readonly #resized: ResizeObserver;
  readonly #ticking: number;
  #waiting: number | undefined;
  #chart: uPlot | undefined;
  #format: Format;
  #range: ChartRange = 'all';

  constructor(place: HTMLElement, data: BurnDownData, format: Format, nowMs: () => number) {
    this.#place = place;
    this.#data = data;
    this.#format = format;
    this.#nowMs = nowMs;
    this.#resized = new ResizeObserver(() => this.#resize());
    this.#resized.observe(place);
    document.addEventListener(THEME_EVENT, this.#redraw);
    // The present moves on even when nothing is issued.
    this.#ticking = window.setInterval(() => this.drawSoon(), 1_000);
  }

  show(range: ChartRange, format: Format): void {
    this.#range = range;
    this.#format = format;
    this.#draw();
  }

  drawSoon(): void {
    this.#waiting ??= window.setTimeout(() => this.#draw(), DRAW_EVERY_MS);
  }

  end(): void {
    this.#resized.disconnect();
    document.removeEventListener(THEME_EVENT, this.#redraw);
    window.clearInterval(this.#ticking);
    window.clearTimeout(this.#waiting);
    this.#chart?.destroy();
  }

  #draw(): void {
    window.clearTimeout(this.#waiting);
    this.#waiting = undefined;
    const data = this.#data;
    const first = data.times[0];
    if (first === undefined || !this.#place.isConnected) return;
    this.#chart ??= new uPlot(this.#options(this.#place.clientWidth), [[], [], []], this.#place);
    const chart = this.#chart;
    const now = this.#nowMs() / 1_000;
    const from = this.#range === 'minute' ? now - MINUTE_SECONDS : first;
    // The line is drawn to the present: no news means no change.
    const times = [...data.times, Math.max(now, data.times.at(-1) ?? now)];
    const remaining = [...data.remaining, data.remaining.at(-1) ?? 0];
    const perSecond = [...data.perSecond, data.perSecond.at(-1) ?? 0];
    chart.setData([times, remaining, perSecond], false);
    chart.batch(() => {
      chart.setScale('x', { min: from, max: Math.max(now, from + LEAST_SECONDS) });
      chart.setScale('left', { min: 0, max: data.highest });
      chart.setScale('speed', { min: 0, max: niceAbove(Math.max(5, ...perSecond)) });
    });
  }

  readonly #redraw = (): void => this.#chart?.redraw(false);

  #resize(): void {
    if (this.#chart === undefined || this.#place.clientWidth === 0) return;
    this.#chart.setSize({ width: this.#place.clientWidth, height: HEIGHT });
  }

  #options(width: number): uPlot.Options {
    const stepped = uPlot.paths.stepped?.({ align: 1 });
    const steppedBack = uPlot.paths.stepped?.({ align: -1 });
    const axis = {
      stroke: () => colour('--ink-2'),
      grid: { stroke: () => colour('--line'), width: 1 },
      ticks: { show: false },
      font: `12px ${colour('--font')}`,
    };
    const whole = (text: (value: number) => string) => (_: uPlot, splits: number[]) =>
      splits.map((split) => (Number.isInteger(split) ? text(split) : ''));
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
          values: (_, splits) => splits.map((split) => this.#format.timeToSecond(split * 1_000)),
        },
        { ...axis, scale: 'left', size: 60, values: whole((value) => this.#format.brief(value)) },
        {
          ...axis,
          scale: 'speed',
          side: 1,
          size: 56,
          grid: { show: false },
          values: whole((value) => this.#format.whole(value)),
        },
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
}

/** A round number not below: a scale that follows every new value trembles. */
function niceAbove(value: number): number {
  const unit = 10 ** Math.floor(Math.log10(value));
  return unit * (value <= unit ? 1 : value <= 2 * unit ? 2 : value <= 5 * unit ? 5 : 10);
}
