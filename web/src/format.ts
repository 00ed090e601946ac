/** Formats numbers and times as people of a language write them. */
import type { Coupon, Discount } from './api/coupon.js';
import type { Words } from './language/en.js';
import type { Language } from './language/language.js';

const DAY_MS = 86_400_000;
const HOUR_MS = 3_600_000;
const MINUTE_MS = 60_000;

export interface CountdownParts {
  readonly days: number;
  readonly hours: number;
  readonly minutes: number;
  readonly seconds: number;
}

/** Rounded up to whole seconds, so that the zero is shown at the opening and not a second before. */
export function countdownParts(leftMs: number): CountdownParts {
  const left = Math.max(0, Math.ceil(leftMs / 1_000)) * 1_000;
  return {
    days: Math.floor(left / DAY_MS),
    hours: Math.floor((left % DAY_MS) / HOUR_MS),
    minutes: Math.floor((left % HOUR_MS) / MINUTE_MS),
    seconds: Math.floor((left % MINUTE_MS) / 1_000),
  };
}

/** ₩ has none, $ has two, د.ك has three. */
export function fractionDigits(currency: string): number {
  const format = new Intl.NumberFormat('en', { style: 'currency', currency });
  return format.resolvedOptions().maximumFractionDigits ?? 0;
}

export class Format {
  readonly #language: Language;
  readonly #words: Words;
  readonly #whole: Intl.NumberFormat;
  readonly #brief: Intl.NumberFormat;
  readonly #decimal: Intl.NumberFormat;
  readonly #minute: Intl.DateTimeFormat;
  readonly #second: Intl.DateTimeFormat;
  readonly #time: Intl.DateTimeFormat;
  readonly #timeToSecond: Intl.DateTimeFormat;

  constructor(language: Language, words: Words) {
    this.#language = language;
    this.#words = words;
    this.#whole = new Intl.NumberFormat(language, { maximumFractionDigits: 0 });
    this.#brief = new Intl.NumberFormat(language, { notation: 'compact', maximumFractionDigits: 1 });
    this.#decimal = new Intl.NumberFormat(language, { maximumFractionDigits: 1 });
    const minute = {
      year: 'numeric',
      month: 'short',
      day: 'numeric',
      hour: '2-digit',
      minute: '2-digit',
      hourCycle: 'h23',
    } as const;
    this.#minute = new Intl.DateTimeFormat(language, minute);
    const time = { hour: '2-digit', minute: '2-digit', hourCycle: 'h23' } as const;
    this.#time = new Intl.DateTimeFormat(language, time);
    this.#timeToSecond = new Intl.DateTimeFormat(language, { ...time, second: '2-digit' });
    this.#second = new Intl.DateTimeFormat(language, { ...minute, second: '2-digit' });
  }

  whole(value: number): string {
    return this.#whole.format(value);
  }

  /** For the scale of a chart, which has room for six digits: `1.5M`, `150만`. */
  brief(value: number): string {
    return value < 1_000_000 ? this.#whole.format(value) : this.#brief.format(value);
  }

  rate(value: number): string {
    return value >= 10 ? this.#whole.format(value) : this.#decimal.format(value);
  }

  /** A moment that a person chose, such as an opening: by the minute, with the seconds where there are any. */
  moment(epochMs: number): string {
    const format = Math.floor(epochMs / 1_000) % 60 === 0 ? this.#minute : this.#second;
    return format.format(epochMs);
  }

  /** A moment at which something happened: always with its seconds, so that a column of them is even. */
  happened(epochMs: number): string {
    return this.#second.format(epochMs);
  }

  /** Formats a moment of the present day: `14:05`. */
  timeOfDay(epochMs: number): string {
    return this.#time.format(epochMs);
  }

  /** Formats a moment for the axis of a chart: `14:05:09`. */
  timeToSecond(epochMs: number): string {
    return this.#timeToSecond.format(epochMs);
  }

  /** From when to when a coupon is given out. */
  window({ opensAtMs, closesAtMs }: Pick<Coupon, 'opensAtMs' | 'closesAtMs'>): string {
    const words = this.#words;
    if (opensAtMs === undefined && closesAtMs === undefined) return words.coupons.always;
    const from = opensAtMs === undefined ? words.noLimitStart : this.moment(opensAtMs);
    const to = closesAtMs === undefined ? words.noLimitEnd : this.moment(closesAtMs);
    return `${from} – ${to}`;
  }

  discount(discount: Discount): string {
    return discount.type === 'percent'
      ? this.#words.percentOff(this.#decimal.format(discount.value))
      : this.#words.amountOff(this.money(discount.value, discount.currency));
  }

  /** @param value in the smallest unit of the currency. */
  money(value: number, currency: string): string {
    const format = new Intl.NumberFormat(this.#language, {
      style: 'currency',
      currency,
      currencyDisplay: 'narrowSymbol',
      trailingZeroDisplay: 'stripIfInteger',
    });
    return format.format(value / 10 ** fractionDigits(currency));
  }

  /** The sign that `money` writes: `₩`, `$`. */
  currencySign(currency: string): string {
    const style = { style: 'currency', currency, currencyDisplay: 'narrowSymbol' } as const;
    const parts = new Intl.NumberFormat(this.#language, style).formatToParts(0);
    return parts.find(({ type }) => type === 'currency')?.value ?? currency;
  }

  /** `02:03:04`, with the days before it when there are any. */
  clock(leftMs: number): string {
    const { days, hours, minutes, seconds } = countdownParts(leftMs);
    const clock = [hours, minutes, seconds].map((part) => String(part).padStart(2, '0')).join(':');
    return days === 0 ? clock : `${this.#words.time.days(this.whole(days))} ${clock}`;
  }

  /** `09:05`, with hours where there are any: what is left of a hold. */
  timer(leftMs: number): string {
    return this.clock(leftMs).replace(/^00:/, '');
  }

  duration(ms: number): string {
    const { time } = this.#words;
    if (ms < MINUTE_MS) return time.seconds(this.#decimal.format(ms / 1_000));
    return time.minutes(this.#decimal.format(ms / MINUTE_MS));
  }
}
