/** Formats a rule of eligibility as text. */
import type { Eligibility } from '../api/coupon.js';
import type { ConsoleContext } from '../context.js';
import { claimValuesText } from './claim-values.js';

/** @param members on the list, where it has been counted. */
export function ruleText(
  { words, format }: Pick<ConsoleContext, 'words' | 'format'>,
  rule: Eligibility | undefined,
  members: number | undefined,
): string {
  const { rules } = words;
  if (rule === undefined) return rules.noRule;
  const parts = Object.entries(rule.claims ?? {}).map(([name, values]) =>
    rules.claimIs(name, values.map((value) => claimValuesText([value])).join(rules.or)),
  );
  if (rule.audience === true) parts.push(rules.listed(members === undefined ? '…' : format.whole(members)));
  if (rule.notIssued !== undefined) parts.push(rules.notHolding(rule.notIssued.join(', ')));
  return parts.join(rules.and);
}
