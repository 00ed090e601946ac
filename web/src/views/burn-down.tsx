/** Shows the burn-down of a coupon: earlier points from the recorded issuances, later ones from the live view. */
import { useEffect, useMemo, useRef, useState } from 'preact/hooks';
import type { Coupon, LiveUpdate } from '../api/coupon.js';
import { useConsole } from '../context.js';
import { Segments } from '../parts/field.js';
import type { BurnDownChart, ChartRange } from './burn-down-chart.js';
import { BurnDownData, readPast } from './burn-down-data.js';

interface BurnDownOptions {
  /** As it was when the page was opened. */
  readonly coupon: Coupon;
  readonly update: LiveUpdate | undefined;
  readonly nowMs: () => number;
}

export function BurnDown({ coupon, update, nowMs }: BurnDownOptions) {
  const { words, format, api } = useConsole();
  const [range, setRange] = useState<ChartRange>('all');
  const data = useMemo(() => new BurnDownData(), [coupon.id]);
  const place = useRef<HTMLDivElement>(null);
  const chart = useRef<BurnDownChart | undefined>(undefined);
  const shown = useRef({ range, format });
  shown.current = { range, format };

  useEffect(() => {
    let left = false;
    // The figures of the page do not wait for the library that draws: half of what the page needs is in it.
    void import('./burn-down-chart.js').then(({ BurnDownChart }) => {
      if (left || place.current === null) return;
      chart.current = new BurnDownChart(place.current, data, shown.current.format, nowMs);
      chart.current.show(shown.current.range, shown.current.format);
    }, noChart);
    void readPast(api, coupon).then((past) => {
      if (left) return;
      data.prepend(past);
      chart.current?.drawSoon();
    });
    return () => {
      left = true;
      chart.current?.end();
      chart.current = undefined;
    };
  }, [coupon.id]);
  useEffect(() => {
    if (update === undefined) return;
    data.add(update);
    chart.current?.drawSoon();
  }, [update]);
  useEffect(() => chart.current?.show(range, format), [range, format]);

  const spoken =
    update && words.detail.chartSpoken(format.whole(update.remaining), format.rate(update.issuedPerSecond));
  return (
    <section class="panel">
      <div class="panel-head">
        <h2>{words.detail.chart}</h2>
        <Segments
          label={words.detail.chart}
          value={range}
          choices={[
            ['all', words.detail.chartAll],
            ['minute', words.detail.chartMinute],
          ]}
          onChange={setRange}
        />
      </div>
      <ul class="legend" aria-hidden="true">
        <li data-kind="remaining">{words.detail.remaining}</li>
        <li data-kind="speed">{words.detail.perSecond}</li>
      </ul>
      <div class="chart" role="img" aria-label={spoken ?? words.detail.chart} ref={place} />
      <p class="chart-empty quiet" hidden={update !== undefined && update.issued > 0}>
        {words.detail.chartEmpty}
      </p>
    </section>
  );
}

/** The legend and the spoken sentence stay, and every figure is beside the chart: a page without it is worth showing. */
function noChart(): void {}
