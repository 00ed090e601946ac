/** Records the answers of a generator as plain numbers, so that hundreds of thousands stay cheap. */

/** A member who was answered `issued`. Times are monotonic microseconds, the same clock in every process of the machine. */
export interface Win {
  readonly couponId: number;
  readonly memberId: number;
  readonly issueNo: number;
  readonly sentUs: number;
  readonly answeredUs: number;
}

/** A member who was answered `already_issued`. */
export type RepeatedAnswer = Pick<Win, 'couponId' | 'memberId' | 'issueNo'>;

const WIN_NUMBERS = 5;
const REMINDER_NUMBERS = 3;
const FIRST_ROOM = 4_096;

/** Grows by doubling; a plain array of doubles would be boxed on its way through IPC. */
class NumberLog {
  #numbers = new Float64Array(FIRST_ROOM);
  #length = 0;

  push(...numbers: readonly number[]): void {
    if (this.#length + numbers.length > this.#numbers.length) {
      const wider = new Float64Array(this.#numbers.length * 2);
      wider.set(this.#numbers);
      this.#numbers = wider;
    }
    this.#numbers.set(numbers, this.#length);
    this.#length += numbers.length;
  }

  taken(): Float64Array {
    return this.#numbers.slice(0, this.#length);
  }
}

/** Keeps every win, and one reminder for each member and coupon; a second one is compared with the first. */
export class AnswerLog {
  readonly #wins = new NumberLog();
  readonly #reminders = new NumberLog();
  readonly #reminded = new Map<number, number>();
  #contradictions = 0;

  win(couponId: number, memberId: number, issueNo: number, sentUs: number, answeredUs: number): void {
    this.#wins.push(couponId, memberId, issueNo, sentUs, answeredUs);
  }

  reminder(couponId: number, memberId: number, issueNo: number): void {
    // Members are fewer than 2^24 and coupons fewer than 2^29, so the pair is one exact number.
    const pair = couponId * 2 ** 24 + memberId;
    const before = this.#reminded.get(pair);
    if (before === undefined) {
      this.#reminded.set(pair, issueNo);
      this.#reminders.push(couponId, memberId, issueNo);
    } else if (before !== issueNo) {
      this.#contradictions += 1;
    }
  }

  taken(): AcknowledgedNumbers {
    return {
      wins: this.#wins.taken(),
      reminders: this.#reminders.taken(),
      contradictions: this.#contradictions,
    };
  }
}

export interface AcknowledgedNumbers {
  readonly wins: Float64Array;
  readonly reminders: Float64Array;
  /** Reminders that named another number than the previous one. */
  readonly contradictions: number;
}

export function winsOf({ wins }: AcknowledgedNumbers): Win[] {
  return recordsOf(
    wins,
    WIN_NUMBERS,
    ([couponId = 0, memberId = 0, issueNo = 0, sentUs = 0, answeredUs = 0]) => ({
      couponId,
      memberId,
      issueNo,
      sentUs,
      answeredUs,
    }),
  );
}

export function remindersOf({ reminders }: AcknowledgedNumbers): RepeatedAnswer[] {
  return recordsOf(reminders, REMINDER_NUMBERS, ([couponId = 0, memberId = 0, issueNo = 0]) => ({
    couponId,
    memberId,
    issueNo,
  }));
}

function recordsOf<Item>(numbers: Float64Array, width: number, read: (record: Float64Array) => Item): Item[] {
  return Array.from({ length: numbers.length / width }, (_, place) =>
    read(numbers.subarray(place * width, (place + 1) * width)),
  );
}
