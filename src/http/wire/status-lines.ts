/** Formats status lines and headers of responses. */

const reasonPhrases: Readonly<Record<number, string>> = {
  200: 'OK',
  201: 'Created',
  304: 'Not Modified',
  400: 'Bad Request',
  401: 'Unauthorized',
  403: 'Forbidden',
  404: 'Not Found',
  405: 'Method Not Allowed',
  408: 'Request Timeout',
  409: 'Conflict',
  412: 'Precondition Failed',
  413: 'Content Too Large',
  414: 'URI Too Long',
  415: 'Unsupported Media Type',
  422: 'Unprocessable Content',
  429: 'Too Many Requests',
  431: 'Request Header Fields Too Large',
  500: 'Internal Server Error',
  503: 'Service Unavailable',
};

export const JSON_TYPE = 'application/json';
export const PROBLEM_TYPE = 'application/problem+json';

/**
 * Status line and header lines as one text for `writeStatus`, which puts it after `HTTP/1.1 ` as it is: one call into the native
 * code instead of one for each line. Only our own constants and numbers may go in: nothing is escaped here.
 */
export function responseHead(
  status: number,
  contentType: string,
  headers: Readonly<Record<string, string>> = {},
): string {
  const lines = [`${status} ${reasonPhrases[status] ?? 'Unknown'}`, `Content-Type: ${contentType}`];
  for (const [name, value] of Object.entries(headers)) lines.push(`${name}: ${value}`);
  return lines.join('\r\n');
}
