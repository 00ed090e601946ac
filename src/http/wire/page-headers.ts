/** Defines the headers of every HTML page that this server sends. */

export const HTML_TYPE = 'text/html; charset=utf-8';

/** What one page may do that the others may not; see docs/adr/0099. */
interface PageNeeds {
  /** Shows images of coupons, whose sellers choose where they are. */
  readonly images?: boolean;
  readonly camera?: boolean;
}

/**
 * Nothing from elsewhere, no inline script or style, no frame around it. Trusted Types: the console builds its pages from
 * elements, never from text that is parsed as HTML, and a browser that knows the rule holds it to that.
 */
export function pageHeaders({ images = false, camera = false }: PageNeeds = {}): Record<string, string> {
  return {
    'Content-Security-Policy':
      `default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:${images ? ' https:' : ''}; ` +
      "connect-src 'self'; manifest-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'; " +
      "require-trusted-types-for 'script'; trusted-types 'none'",
    'Referrer-Policy': 'no-referrer',
    'Permissions-Policy': `camera=(${camera ? 'self' : ''}), geolocation=(), microphone=(), payment=()`,
    'Cross-Origin-Opener-Policy': 'same-origin',
    'X-Frame-Options': 'DENY',
  };
}
