/** Hands the compact decisions about a batch to its downloads, in the order of the batch. */
import type { AdmitDecisions } from '../ports/admission.js';
import type { DownloadOutcome, PendingDownload } from '../domain/download.js';
import { StoreCorruptError } from '../domain/errors.js';

/**
 * @param refused the outcome for members without a coupon; needed whenever the decisions have a refusal.
 * @throws StoreCorruptError when the decisions do not fit the batch; then no download has been settled.
 */
export function settleDecided(
  downloads: readonly PendingDownload[],
  decisions: AdmitDecisions,
  refused: DownloadOutcome | undefined,
): void {
  const { already, firstIssueNo, issuedCount, storeNowMs } = decisions;
  if (!fits(decisions, downloads.length, refused !== undefined)) {
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
    } else if (issued < issuedCount) {
      download.settle({ outcome: 'issued', issueNo: firstIssueNo + issued, issuedAtMs: storeNowMs });
      issued += 1;
    } else if (refused !== undefined) {
      download.settle(refused);
    }
  }
}

/** Every member gets exactly one answer. Checked before the first is given, because an answer cannot be taken back. */
function fits({ already, issuedCount }: AdmitDecisions, members: number, refuses: boolean): boolean {
  const decided = already.length + issuedCount;
  if (decided > members || (decided < members && !refuses)) return false;
  return already.every(({ index }, place) => index > (already[place - 1]?.index ?? -1) && index < members);
}
