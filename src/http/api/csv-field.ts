/**
 * Writes a field of a CSV file so that a spreadsheet shows its exact text.
 *
 * A spreadsheet reads `007` as 7, `1e5` as 100000, `-2` and `=1+1` as formulas and `mar1` as a date, and no setting of
 * CSV prevents that. A field that could be taken for anything but text is written `="007"`: a formula whose value is
 * that text. Whole numbers up to eleven digits are left as they are, because a spreadsheet shows them unchanged.
 * Programs read the NDJSON of the same route, which has no such rule.
 */

/** What a spreadsheet shows as a number, unchanged. */
const plainNumber = /^(0|[1-9]\d{0,10})$/;
/** Begins with a letter and contains neither what separates fields nor what a formula needs. */
const plainText = /^\p{L}[\p{L}\p{M}\p{N}._@|:/ -]*$/u;
/** Words that a spreadsheet reads as dates or truth values. */
const wordWithMeaning = /^(jan|feb|mar|apr|may|jun|jul|aug|sep|oct|nov|dec|true|false)/i;

export function csvField(text: string): string {
  if (plainNumber.test(text) || (plainText.test(text) && !wordWithMeaning.test(text))) return text;
  return `"=""${text.replaceAll('"', '""""')}"""`;
}
