/** Defines the headers of every HTML page that this server sends. */

export const HTML_TYPE = 'text/html; charset=utf-8';

/**
 * Nothing from elsewhere, no inline script or style, no frame around it. Trusted Types: the console builds its pages from
 * elements, never from text that is parsed as HTML, and a browser that knows the rule holds it to that.
 */
export const PAGE_HEADERS = {
  'Content-Security-Policy':
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; connect-src 'self'; " +
    "manifest-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'; " +
    "require-trusted-types-for 'script'; trusted-types 'none'",
  'Referrer-Policy': 'no-referrer',
  'Permissions-Policy': 'camera=(), geolocation=(), microphone=(), payment=()',
  'Cross-Origin-Opener-Policy': 'same-origin',
  'X-Frame-Options': 'DENY',
};
