/** Converts the rules of redemption to and from columns of `coupon`. */
import type { Selectable } from 'kysely';
import { defaultRedemptionRules } from '../../engine/domain/redemption.js';
import type { RedemptionRules, RulesChange, Validity } from '../../engine/domain/redemption.js';
import type { CouponTable } from './schema.js';

export const RULE_COLUMNS = [
  'valid_until',
  'valid_hours',
  'valid_days',
  'valid_zone',
  'on_cancel',
  'redeem_by',
  'hold_seconds',
] as const satisfies readonly (keyof CouponTable)[];

type RuleRow = Pick<Selectable<CouponTable>, (typeof RULE_COLUMNS)[number]>;

/** False where every rule is the default. */
export function hasRules(row: RuleRow): boolean {
  return RULE_COLUMNS.some((column) => row[column] !== null);
}

export function rulesOf(row: RuleRow): RedemptionRules {
  return {
    validity: validityOf(row),
    onCancel: row.on_cancel ?? defaultRedemptionRules.onCancel,
    redeemBy: row.redeem_by ?? defaultRedemptionRules.redeemBy,
    ...(row.hold_seconds === null ? {} : { holdSeconds: row.hold_seconds }),
  };
}

function validityOf(row: RuleRow): Validity | undefined {
  if (row.valid_until !== null) return { untilMs: row.valid_until };
  if (row.valid_hours !== null) return { hours: row.valid_hours };
  if (row.valid_days !== null && row.valid_zone !== null)
    return { days: row.valid_days, zone: row.valid_zone };
  return undefined;
}

/** What is absent has no column here, so that an update leaves it. */
export function ruleColumns(rules: RedemptionRules | RulesChange): Partial<RuleRow> {
  return {
    ...('validity' in rules ? validityColumns(rules.validity ?? undefined) : {}),
    ...(rules.onCancel === undefined ? {} : { on_cancel: rules.onCancel }),
    ...(rules.redeemBy === undefined ? {} : { redeem_by: rules.redeemBy }),
    ...(rules.holdSeconds === undefined ? {} : { hold_seconds: rules.holdSeconds }),
  };
}

function validityColumns(
  validity: Validity | undefined,
): Pick<RuleRow, 'valid_until' | 'valid_hours' | 'valid_days' | 'valid_zone'> {
  const none = { valid_until: null, valid_hours: null, valid_days: null, valid_zone: null };
  if (validity === undefined) return none;
  if ('untilMs' in validity) return { ...none, valid_until: validity.untilMs };
  if ('hours' in validity) return { ...none, valid_hours: validity.hours };
  return { ...none, valid_days: validity.days, valid_zone: validity.zone };
}
