/** Lists improper HTTP requests, byte for byte. */

type MalformedRequest = readonly [
  name: string,
  pieces: readonly string[],
  /**
   * What our server sends back. `undefined`: no answer that resembles success may come; the library keeps silent or
   * cuts the connection.
   */
  answer: RegExp | undefined,
];

function byteByByte(text: string): string[] {
  return Array.from(text);
}

/** @param token of a seller: whatever of these is taken for a request after all ends as `wrong_role`, and takes no unit. */
export function malformedRequests(path: string, token: string): readonly MalformedRequest[] {
  const head = `POST ${path} HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer ${token}\r\n`;
  const session = 'POST /v1/sessions HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\n';
  return [
    ['no Host', [`POST ${path} HTTP/1.1\r\nAuthorization: Bearer ${token}\r\n\r\n`], /^HTTP\/1\.1 400 /],
    ['120 headers', [`${head}${'a: b\r\n'.repeat(120)}\r\n`], undefined],
    ['NUL in a header', [`${head}a: b\0c\r\n\r\n`], undefined],
    [
      'two Content-Length',
      [`${session}Content-Length: 2\r\nContent-Length: 3\r\n\r\n{}`],
      /^HTTP\/1\.1 400 /,
    ],
    // A download reads no body, so it checks no length; the seller's token is what it refuses.
    [
      'two Content-Length on a download',
      [`${head}Content-Length: 0\r\nContent-Length: 3\r\n\r\n`],
      /^HTTP\/1\.1 403 /,
    ],
    [
      'Content-Length with Transfer-Encoding',
      [`${session}Content-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n`],
      /^HTTP\/1\.1 400 /,
    ],
    ['negative Content-Length', [`${session}Content-Length: -1\r\n\r\n`], /^HTTP\/1\.1 400 /],
    ['Content-Length of 10^20', [`${session}Content-Length: 1${'0'.repeat(20)}\r\n\r\n`], /^HTTP\/1\.1 400 /],
    ['HTTP/1.0', [`POST ${path} HTTP/1.0\r\nHost: x\r\n\r\n`], /^HTTP\/1\.1 505 /],
    ['bare LF', [`POST ${path} HTTP/1.1\nHost: x\n\n`], /^HTTP\/1\.1 505 /],
    ['a TLS hello on the plain port', [`\x16\x03\x01\x02\x00\x01\x00${'x'.repeat(300)}`], /^HTTP\/1\.1 505 /],
    [
      'headers byte by byte',
      [`POST ${path} HTTP/1.1\r\n`, ...byteByByte(`Host: x\r\nAuthorization: Bearer ${token}\r\n\r\n`)],
      /^HTTP\/1\.1 403 [^]*wrong_role/,
    ],
    // The library requires the request line in one piece.
    ['a request line byte by byte', byteByByte(`${head}\r\n`), /^HTTP\/1\.1 (505|403) /],
    [
      'body byte by byte',
      [`${session}Content-Length: 32\r\n\r\n`, ...byteByByte('{"email":"a@example.com","b":12}')],
      /^HTTP\/1\.1 400 [^]*"code":/,
    ],
    [
      'body over the limit',
      [`${session}Content-Length: 9000000\r\n\r\n${'x'.repeat(100_000)}`],
      /^HTTP\/1\.1 413 [^]*body_too_large/,
    ],
    [
      'headers over 4 KB in pieces',
      [head, ...Array.from({ length: 40 }, () => `a: ${'x'.repeat(2_000)}\r\n`)],
      undefined,
    ],
    [
      'wrong method',
      [`PUT ${path} HTTP/1.1\r\nHost: x\r\n\r\n`],
      /^HTTP\/1\.1 405 [^]*Allow: POST[^]*method_not_allowed/,
    ],
    [
      '%00 in the path',
      ['POST /v1/coupons/%00/download HTTP/1.1\r\nHost: x\r\n\r\n'],
      /^HTTP\/1\.1 40[14] [^]*"code":/,
    ],
    [
      '%2e%2e in the path',
      ['GET /v1/%2e%2e/%2e%2e/etc/passwd HTTP/1.1\r\nHost: x\r\n\r\n'],
      /^HTTP\/1\.1 404 [^]*not_found/,
    ],
    [
      'invalid UTF-8',
      [`${session}Content-Length: 12\r\n\r\n{"email":"\xff\xfe`],
      /^HTTP\/1\.1 400 [^]*"code":/,
    ],
  ];
}
