/**
 * Serves the cheapest possible download: bearer header, token cache, constant answer of realistic length.
 *
 * The handler verifies nothing and decides nothing. The difference of another variant to this one is the price of its
 * decision.
 */
import uWS from 'uWebSockets.js';

const port = Number(process.env['PORT']);
const answer =
  '{"outcome":"issued","couponId":42,"memberId":"123456","issueNo":123456,"issuedAt":"2026-11-22T12:00:00.123Z"}';
const tokens = new Map<string, true>();

uWS
  .App()
  .post('/v1/coupons/:id/download', (response, request) => {
    const authorization = request.getHeader('authorization');
    if (!tokens.has(authorization)) tokens.set(authorization, true);
    response.writeStatus('201 Created').writeHeader('Content-Type', 'application/json').end(answer);
  })
  .listen('127.0.0.1', port, (socket) => {
    if (socket === false) process.exit(1);
    process.stdout.write('ready\n');
  });
process.once('SIGTERM', () => process.exit());
