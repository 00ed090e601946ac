/** Recognises an address or a network in the configuration. */
import { isIP } from 'node:net';

/** Whether the text is an address or a network that `ClientAddresses` takes. */
export function isNetwork(text: string): boolean {
  const [address = '', bits, ...rest] = text.split('/');
  const family = isIP(address);
  if (family === 0 || rest.length > 0) return false;
  return bits === undefined || (/^\d{1,3}$/.test(bits) && Number(bits) <= (family === 6 ? 128 : 32));
}
