/** Numbers and times as people of a language write them. */
import type { Discount } from './api/coupon.js';
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

export class Format {
  readonly #words: Words;
  readonly #whole: Intl.NumberFormat;
  readonly #brief: Intl.NumberFormat;
  readonly #decimal: Intl.NumberFormat;
  readonly #instant: Intl.DateTimeFormat;
  readonly #exact: Intl.DateTimeFormat;
  readonly #short: Intl.DateTimeFormat;

  constructor(language: Language, words: Words) {
    this.#words = words;
    this.#whole = new Intl.NumberFormat(language, { maximumFractionDigits: 0 });
    this.#brief = new Intl.NumberFormat(language, { notation: 'compact', maximumFractionDigits: 1 });
    this.#decimal = new Intl.NumberFormat(language, { maximumFractionDigits: 1 });
    this.#instant = new Intl.DateTimeFormat(language, {
      dateStyle: 'full',
      timeStyle: 'medium',
    });
    this.#exact = new Intl.DateTimeFormat(language, {
      year: 'numeric',
      month: '2-digit',
      day: '2-digit',
      hour: '2-digit',
      minute: '2-digit',
      second: '2-digit',
      fractionalSecondDigits: 3,
      hourCycle: 'h23',
    });
    this.#short = new Intl.DateTimeFormat(language, {
      month: 'short',
      day: 'numeric',
      hour: '2-digit',
      minute: '2-digit',
      hourCycle: 'h23',
    });
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

  instant(epochMs: number): string {
    return this.#instant.format(epochMs);
  }

  /** To the millisecond: who was first is a matter of these. */
  exact(epochMs: number): string {
    return this.#exact.format(epochMs);
  }

  short(epochMs: number): string {
    return this.#short.format(epochMs);
  }

  discount(discount: Discount): string {
    return discount.type === 'percent'
      ? this.#words.percentOff(this.#decimal.format(discount.value))
      : this.#words.amountOff(this.#whole.format(discount.value));
  }

  /** `02:03:04`, with the days before it when there are any. */
  clock(leftMs: number): string {
    const { days, hours, minutes, seconds } = countdownParts(leftMs);
    const clock = [hours, minutes, seconds].map((part) => String(part).padStart(2, '0')).join(':');
    return days === 0 ? clock : `${this.#words.time.days(this.whole(days))} ${clock}`;
  }

  duration(ms: number): string {
    const { time } = this.#words;
    if (ms < 1_000) return time.milliseconds(this.whole(ms));
    if (ms < MINUTE_MS) return time.seconds(this.#decimal.format(ms / 1_000));
    return time.minutes(this.#decimal.format(ms / MINUTE_MS));
  }
}
