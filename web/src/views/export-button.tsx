/** Saves all issuances of a coupon as a file. */
import { useState } from 'preact/hooks';
import { useConsole } from '../context.js';
import { problemText } from '../problem-text.js';

export function ExportButton({ couponId }: { readonly couponId: number }) {
  const { words, api, notify } = useConsole();
  const [busy, setBusy] = useState(false);

  async function exportAll(): Promise<void> {
    if (busy) return;
    setBusy(true);
    const result = await api.exportCsv(couponId);
    setBusy(false);
    if (result.ok) saveAs(result.value, `coupon-${couponId}-issuances.csv`);
    else notify(problemText(words, result.problem), 'bad');
  }

  return (
    <button type="button" class="button button-small" aria-busy={busy} onClick={() => void exportAll()}>
      {busy ? words.detail.exporting : words.detail.export}
    </button>
  );
}

function saveAs(content: Blob, fileName: string): void {
  const address = URL.createObjectURL(content);
  const link = document.createElement('a');
  link.href = address;
  link.download = fileName;
  link.click();
  // The browser reads it after this turn.
  window.setTimeout(() => URL.revokeObjectURL(address), 60_000);
}
