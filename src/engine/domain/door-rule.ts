/**
 * Defines what a coupon asks of a member before the store is asked: its door rule.
 *
 * The front end judges the rule; admission knows nothing of it. The catalogue keeps the rule with the coupon.
 */

import type { Eligibility } from './eligibility.js';

/** A field that is absent asks nothing. A rule has at least one field. */
export interface DoorRule {
  /** A download needs a presence ticket. */
  readonly presence?: true;
  /** Who may have the coupon. */
  readonly eligibility?: Eligibility;
  /** Asks nothing: how long an issuance is held, for the answers that show the end. */
  readonly holdMs?: number;
  /** How many units a member may have: from 2, since one is the default. */
  readonly perMember?: number;
}

/** What a seller changes of a rule: a field that is absent stays, `null` removes one. */
export type DoorChange = { readonly [Field in keyof DoorRule]?: DoorRule[Field] | null };

/** The rule after a change; `undefined` where it asks nothing any more. */
export function doorAfter(rule: DoorRule | undefined, change: DoorChange): DoorRule | undefined {
  const fields = Object.entries({ ...rule, ...change }).filter(([, value]) => value !== null);
  return fields.length === 0 ? undefined : Object.fromEntries(fields);
}

/** Fields are compared in a fixed order, and values as they are written. */
export function sameDoor(one: DoorRule | undefined, other: DoorRule | undefined): boolean {
  return doorText(one) === doorText(other);
}

function doorText(rule: DoorRule | undefined): string {
  return JSON.stringify(Object.entries(rule ?? {}).sort(([one], [other]) => (one < other ? -1 : 1)));
}
