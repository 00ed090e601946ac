/**
 * Exports a histogram that was counted elsewhere.
 *
 * prom-client can only observe single values.
 */
import { Histogram } from 'prom-client';
import type { MetricObjectWithValues, MetricValueWithName, Registry } from 'prom-client';
import type { Tally } from '../../engine/domain/counters.js';

type HistogramValues = MetricObjectWithValues<MetricValueWithName<'le'>>;

export class TallyHistogram extends Histogram<'le'> {
  readonly #tally: Tally;
  readonly #name: string;
  /** Only for the fields around the values: asking our own base class would ask us again. */
  readonly #described: Histogram<'le'>;
  readonly #divisor: number;

  /** @param divisor from the tally's unit to that of the metric, such as 1,000 from milliseconds to seconds. */
  constructor(registry: Registry, name: string, help: string, tally: Tally, divisor: number) {
    super({ name, help, registers: [registry] });
    this.#tally = tally;
    this.#name = name;
    this.#described = new Histogram({ name, help, registers: [] });
    this.#divisor = divisor;
  }

  override async get(): Promise<HistogramValues> {
    const { bounds, counts, count, sum } = this.#tally;
    const name = this.#name;
    let upTo = 0;
    const values: MetricValueWithName<'le'>[] = bounds.map((bound, place) => {
      upTo += counts[place] ?? 0;
      return { metricName: `${name}_bucket`, labels: { le: bound / this.#divisor }, value: upTo };
    });
    values.push(
      { metricName: `${name}_bucket`, labels: { le: '+Inf' }, value: count },
      { metricName: `${name}_sum`, labels: {}, value: sum / this.#divisor },
      { metricName: `${name}_count`, labels: {}, value: count },
    );
    return { ...(await this.#described.get()), values };
  }

  /** The form the library asks for when it writes text; absent from its types. */
  getForPromString(): Promise<HistogramValues> {
    return this.get();
  }
}
