/**
 * Lists the phrases that were once translated word by word, each with its plain form. The tests of documents and of comments share it.
 *
 * Not searched for: quoted text and code (`…`, "…", {@link …}), which may be the name of a contract, such as the reply 'gone' of a script.
 */
export interface TranslatedPhrase {
  readonly phrase: RegExp;
  readonly plainly: string;
}

export const TRANSLATED_PHRASES: readonly TranslatedPhrase[] = [
  { phrase: /\bby itself\b|\bby themselves\b|\bof itself\b/i, plainly: 'automatically' },
  { phrase: /\bstorms?\b/i, plainly: 'burst, peak load' },
  { phrase: /\bnarrow place/i, plainly: 'bottleneck' },
  { phrase: /\bmend(?:s|ed|ing)?\b/i, plainly: 'fix, repair' },
  { phrase: /\bnobody\b|\bwhoever\b|\bwho has\b/i, plainly: 'no process, no member, the caller' },
  { phrase: /\b(?:some|any|every)body\b/i, plainly: 'a member, any caller, every process' },
  { phrase: /\btold\b|\btells?\b|\btelling\b/i, plainly: 'return, report, log; acknowledged' },
  { phrase: /\bhears?\b|\bheard\b/i, plainly: 'receives, is called with' },
  { phrase: /\b(?:give[sn]?|gave) (?:(?!it\b)\w+ ){0,2}back\b/i, plainly: 'return, release' },
  { phrase: /\bhalf[- ]done\b/i, plainly: 'incomplete, unfinished' },
  { phrase: /\btickets? of presence\b/i, plainly: 'presence ticket' },
  { phrase: /\bstrangers?\b/i, plainly: 'untrusted clients' },
  { phrase: /\bgone\b/i, plainly: 'sold out, removed, disconnected, missing' },
  { phrase: /\b(?:is|are|was|were|be|been|goes?|went) away\b/i, plainly: 'unreachable' },
  { phrase: /\bso (?:many|much)\b/i, plainly: 'N, this many' },
  { phrase: /\bturn(?:s|ed|ing)? away\b|\blets? go\b/i, plainly: 'refuse; release' },
  { phrase: /\bput into words\b/i, plainly: 'formatted' },
  { phrase: /\blook(?:s|ed|ing)?\b/i, plainly: 'poll, check, read; seem' },
  { phrase: /(?<!\bone (?:\w+ )?)\bat a time\b/i, plainly: 'concurrent' },
  { phrase: /\bdear(?:er|est)?\b/i, plainly: 'expensive' },
  { phrase: /\b(?:the|its|their) past\b/i, plainly: 'its data' },
  { phrase: /\bask(?:s|ed|ing)? again\b/i, plainly: 'a retry' },
  { phrase: /\bask too often\b/i, plainly: 'too many requests' },
  { phrase: /\bnowhere\b/i, plainly: 'missing from both stores' },
  { phrase: /\bstands?\b|\bstood\b/i, plainly: 'exists, holds, is' },
  { phrase: /\bat rest\b|\brests\b|\brested\b|\bresting\b/i, plainly: 'idle; cooldown; is based on' },
  { phrase: /\bannouncements?\b|\bannounced (?:coupon|top-up)/i, plainly: 'mark pending; publish' },
  { phrase: /\bstrays?\b/i, plainly: 'orphaned' },
  { phrase: /\bas long as the process turns\b/i, plainly: 'while the event loop is running' },
  { phrase: /\ba person has to decide\b/i, plainly: 'needs a manual decision' },
  { phrase: /\bsomething that must not be\b/i, plainly: 'unexpected reply: expected …, got …' },
  { phrase: /\bmeets? (?:downloads?|the recorder|requests?)\b/i, plainly: 'error while …' },
  { phrase: /\b(?:is|are|was|were|be|found|all) in order\b/i, plainly: 'consistent, valid' },
  { phrase: /\bhindrances?\b|\battest|\bvouch/i, plainly: 'reason, inspect, mark verified' },
  { phrase: /\bsays?\b|\bsaid\b/i, plainly: 'states, shows, reports, names; has the reply …' },
  { phrase: /\bforgets?\b|\bforgetting\b|\bforgot\b/i, plainly: 'drops, loses, removes, omits' },
  { phrase: /\bgo(?:es|ing)? on\b|\bwent on\b/i, plainly: 'continues' },
  { phrase: /\bwr(?:ite|ites|itten|ote) down\b/i, plainly: 'stores, records' },
  {
    phrase: /(?<!\bthere )\bis no (?!longer|more|less|later|earlier|older|newer|faster|such|need)/i,
    plainly: 'is not a …; there is no …',
  },
  {
    phrase: /\bof before\b|\bthe one before\b|\b(?:version|release|commit) before(?=[.,;]| \w+s\b)/i,
    plainly: 'the previous …; from before …',
  },
  {
    phrase: /\bwants?\b(?! to)|\bbelieves?\b|\bthinks?\b/i,
    plainly: 'needs, requests; nothing is personified',
  },
];

/** In documents only: the tests and the bench press the button of the console. */
export const DOCUMENTS_ONLY: readonly TranslatedPhrase[] = [
  {
    phrase: /\bpress(?:es|ed)?\b(?! (?:Enter|Ctrl|the button))/i,
    plainly: 'request; a button is pressed in the console',
  },
];

export function withoutQuotes(text: string): string {
  return text.replace(/\{@link [^}]*\}|`[^`]*`|"[^"]*"|'[\w-]*'/g, '');
}
