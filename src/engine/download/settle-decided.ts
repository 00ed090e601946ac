/** Hands the compact decisions about a batch to its downloads, in the order of the batch. */
import type { AdmitDecisions } from '../ports/admission.js';
import type { DownloadOutcome, PendingDownload } from '../domain/download.js';
import { StoreCorruptError } from '../domain/errors.js';

/**
 * @param downloads those that only ask come last.
 * @param refused the outcome for members without a coupon; needed whenever the decisions have a refusal.
 * @throws StoreCorruptError when the decisions do not fit the batch; then no download has been settled.
 */
export function settleDecided(
  downloads: readonly PendingDownload[],
  decisions: AdmitDecisions,
  refused: DownloadOutcome | undefined,
): void {
  const { already, firstIssueNo, issuedCount, storeNowMs } = decisions;
  if (!fits(decisions, downloads, refused !== undefined)) {
    throw new StoreCorruptError(
      'Unexpected reply from the admission store: its decisions are for other members than the batch has.',
    );
  }
  let alreadyPlace = 0;
  let issued = 0;
  for (let index = 0; index < downloads.length; index += 1) {
    const download = downloads[index];
    if (download === undefined) continue;
    const held = already[alreadyPlace];
    if (held?.index === index) {
      alreadyPlace += 1;
      download.settle({ outcome: 'already_issued', issueNo: held.issueNo, issuedAtMs: held.issuedAtMs });
    } else if (download.refusedAs !== undefined) {
      download.settle(download.refusedAs);
    } else if (issued < issuedCount) {
      download.settle({ outcome: 'issued', issueNo: firstIssueNo + issued, issuedAtMs: storeNowMs });
      issued += 1;
    } else if (refused !== undefined) {
      download.settle(refused);
    }
  }
}

/** Every member gets exactly one answer. Checked before the first is given, because an answer cannot be taken back. */
function fits(
  { already, issuedCount }: AdmitDecisions,
  downloads: readonly PendingDownload[],
  refuses: boolean,
): boolean {
  const members = downloads.length;
  let unlisted = members - already.length;
  let before = -1;
  for (const { index } of already) {
    if (index <= before || index >= members) return false;
    before = index;
  }
  // From the end to the first who may win: with no asker the loop ends at once.
  let place = already.length - 1;
  for (let index = members - 1; index >= 0 && downloads[index]?.refusedAs !== undefined; index -= 1) {
    if (already[place]?.index === index) place -= 1;
    else unlisted -= 1;
  }
  return refuses ? issuedCount < unlisted : issuedCount === unlisted;
}
