/** Makes names of requests that may be sent again. */

/** `crypto.randomUUID` is missing where the console is served over plain HTTP. */
export function randomKey(): string {
  const bytes = crypto.getRandomValues(new Uint8Array(16));
  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, '0')).join('');
}
