/** Names the scenarios that can show a planted bug at all. Of the others a history with the bug is one without, so none is run. */
import { exclusionBugs } from './planted-door-bugs.js';
import { holdBugs, recallBugs } from './planted-hold-bugs.js';
import { newsBugs } from './planted-news-bugs.js';
import { recoveryBugs } from './planted-recovery-bugs.js';
import type { Scenario } from './scenario.js';

type CanShow = (scenario: Scenario) => boolean;

const losesData: CanShow = ({ losses }) => losses.length > 0;
const losesKeys: CanShow = ({ losses }) => losses.includes('part');
const breaksNews: CanShow = ({ newsBreaks }) => newsBreaks > 0;
const delaysCommands: CanShow = ({ storeNetwork }) => storeNetwork.late > 0;
const losesReplies: CanShow = ({ storeNetwork }) => storeNetwork.replyLost > 0;
const hasUnits: CanShow = ({ perMember, perMemberLater }) => Math.max(perMember, perMemberLater) > 1;
const lowersLimit: CanShow = ({ perMember, perMemberLater }) => perMemberLater < perMember;
const hasHolds: CanShow = ({ holdMs }) => holdMs !== undefined;
const recalls: CanShow = (scenario) => scenario.recalls;
const hasSeveralCoupons: CanShow = ({ otherTerms }) => otherTerms.length > 0;

const excludesHolders: CanShow = (scenario) => scenario.excludes && hasSeveralCoupons(scenario);

const needs: Readonly<Record<string, CanShow>> = {
  ...Object.fromEntries(Object.keys(recoveryBugs).map((name) => [name, losesData])),
  ...Object.fromEntries(Object.keys(exclusionBugs).map((name) => [name, excludesHolders])),
  ...Object.fromEntries(Object.keys(holdBugs).map((name) => [name, hasHolds])),
  ...Object.fromEntries(Object.keys(recallBugs).map((name) => [name, recalls])),
  ...Object.fromEntries(Object.keys(newsBugs).map((name) => [name, breaksNews])),
  // Their plantings change the scenario, whatever was drawn.
  'verified on another server': () => true,
  'a refused save taken for a save': () => true,
  'revokes for a coupon in service': () => true,
  'a group of coupons is not fenced': () => true,
  'no check of the marker': losesKeys,
  'late command carried out': delaysCommands,
  'epoch not raised': losesData,
  'lost is called refused': losesReplies,
  "a refused coupon shifts the others' replies": hasSeveralCoupons,
  'a repeated call doubles all but its first coupon': hasSeveralCoupons,
  'a lost round is an attempt for its first coupon only': (scenario) =>
    hasSeveralCoupons(scenario) && losesReplies(scenario),
  'stock of the first coupon of a round': hasSeveralCoupons,
  'one unit taken back frees its member': (scenario) =>
    excludesHolders(scenario) && hasHolds(scenario) && hasUnits(scenario),
  'a recall takes what is confirmed': (scenario) => recalls(scenario) && hasHolds(scenario),
  'limit checked before membership': lowersLimit,
  'limit not followed': lowersLimit,
  'rows without their unit': hasUnits,
};

/** @param bug as named in planted-bugs.ts; one that is not listed may show in every scenario. */
export function canShow(bug: string): CanShow {
  return needs[bug] ?? (() => true);
}
