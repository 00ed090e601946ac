/**
 * Defines faults: events that should not happen, unlike outcomes, which are values.
 *
 * Every fault has one literal `code`. `message` may be shown to anyone; internal details go to `cause`.
 */
export class SeonchakError extends Error {
  static readonly code: string = 'internal_error';
  readonly code: string;

  constructor(message: string, options?: ErrorOptions) {
    super(message, options);
    this.name = new.target.name;
    this.code = new.target.code;
  }
}

/** The store did not take the command: nothing was attempted, so repeating it is always safe. */
export class StoreUnavailableError extends SeonchakError {
  static override readonly code: string = 'store_unavailable';
}

/** Several things are wrong at once, each with an error of its own. */
export class SeveralFaultsError extends AggregateError {}

/** Redis and the database are not of one installation, or not of one life of it: nothing was attempted. An operator has to decide. */
export class StoresMixedUpError extends StoreUnavailableError {
  static override readonly code = 'stores_mixed_up';
}

/** Redis has the keys of another version of Seonchak: nothing was attempted. An operator has to move them. */
export class LayoutMismatchError extends StoreUnavailableError {
  static override readonly code = 'layout_mismatch';
}

/** The coupon is out of service while it is verified or rebuilt. It returns to service automatically. */
export class CouponRecoveringError extends SeonchakError {
  static override readonly code = 'coupon_recovering';
}

/** The command left and no answer came back: it may or may not have been carried out. */
export class StoreOutcomeUnknownError extends SeonchakError {
  static override readonly code = 'store_outcome_unknown';
}

/** A store could not be asked, or did not answer: it passes, and is not a bug. */
export function isStoreFault(fault: unknown): fault is StoreUnavailableError | StoreOutcomeUnknownError {
  return fault instanceof StoreUnavailableError || fault instanceof StoreOutcomeUnknownError;
}

/** The store's content contradicts itself or us: a bug or tampering, never a passing condition. */
export class StoreCorruptError extends SeonchakError {
  static override readonly code = 'store_corrupt';
}

/** Configuration that cannot be used. `faults` names every variable concerned, one line each. */
export class ConfigError extends SeonchakError {
  static override readonly code = 'config_invalid';
  readonly faults: readonly string[];

  /** @param found by whichever part knows the rule, with or without a full stop; each is printed as a sentence. */
  constructor(found: readonly string[]) {
    const faults = found.map((fault) => (/[.?!]$/.test(fault) ? fault : `${fault}.`));
    super(`Invalid configuration:\n${faults.map((fault) => `  - ${fault}`).join('\n')}`);
    this.faults = faults;
  }
}
