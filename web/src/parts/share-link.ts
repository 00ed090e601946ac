/** Passes the link of a coupon on: to the device's own sheet where there is one, otherwise to the clipboard. */
import { useConsole } from '../context.js';

interface LinkSharing {
  readonly copy: () => Promise<void>;
  readonly share: () => Promise<void>;
}

export function useLinkSharing({ id, name }: { readonly id: number; readonly name: string }): LinkSharing {
  const { words, notify } = useConsole();
  // The path, not the address after a #: messengers describe only the former.
  const link = new URL(`coupons/${id}`, location.href).href;

  async function copy(): Promise<void> {
    try {
      await navigator.clipboard.writeText(link);
      notify(words.detail.copied);
    } catch {
      // Not allowed here (plain http on another machine): the address itself can be copied by hand.
      notify(link);
    }
  }

  async function share(): Promise<void> {
    // Browsers have it only where the device has a sheet, and only over https.
    if (!('share' in navigator)) return copy();
    try {
      await navigator.share({ title: name, url: link });
    } catch (fault) {
      // The reader has closed the sheet.
      if (fault instanceof DOMException && fault.name === 'AbortError') return;
      await copy();
    }
  }

  return { copy, share };
}
