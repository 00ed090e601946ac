/** Compares the answers to clients with the final content of the stores, by the promises I1–I8, I10 and I12. */
import { checkAnswers, wonByLateCommand } from './check-answers.js';
import { checkEligible } from './check-eligible.js';
import { checkHolds } from './check-holds.js';
import { checkRecalls } from './check-recalls.js';
import { checkSellers } from './check-sellers.js';
import { checkIssuances } from './check-issuances.js';
import { checkUnits } from './check-units.js';
import type { History, Verdict } from './history.js';
import { PossibleTerms } from './possible-terms.js';
import { AcknowledgedIssuances } from './acknowledged-issuances.js';

/** An empty list of violations means that every promise was kept; losses are counted apart. */
export function checkHistory(history: History): Verdict {
  const facts = new AcknowledgedIssuances(history);
  const terms = new PossibleTerms(history);
  return {
    violations: [
      ...checkIssuances(facts, terms),
      ...checkUnits(facts),
      ...checkHolds(facts),
      ...checkRecalls(facts),
      ...checkAnswers(facts, terms),
      ...checkEligible(facts),
      ...checkSellers(history, terms),
    ],
    wonByLateCommand: wonByLateCommand(facts),
    lost: new Set(facts.acknowledged.filter((win) => facts.isLost(win)).map((win) => win.issueNo)).size,
  };
}
