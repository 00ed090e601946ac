/** Shows the burn-down of a coupon: earlier points from the recorded issuances, later ones from the live view. */
import { useEffect, useMemo, useRef, useState } from 'preact/hooks';
import type { Coupon, LiveUpdate } from '../api/coupon.js';
import { useConsole } from '../context.js';
import { Choice } from '../parts/field.js';
import { BurnDownChart } from './burn-down-chart.js';
import type { ChartRange } from './burn-down-chart.js';
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

  useEffect(() => {
    if (place.current === null) return;
    let left = false;
    const drawn = new BurnDownChart(place.current, data, format, nowMs);
    chart.current = drawn;
    void readPast(api, coupon).then((past) => {
      if (left) return;
      data.prepend(past);
      drawn.drawSoon();
    });
    return () => {
      left = true;
      drawn.end();
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
        <Choice
          label={words.detail.chart}
          value={range}
          style="segments"
          choices={[
            { value: 'all', label: words.detail.chartAll },
            { value: 'minute', label: words.detail.chartMinute },
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
