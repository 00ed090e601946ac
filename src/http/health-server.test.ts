import t from 'tap';
import { HealthHandlers } from './api/health.js';
import { startHealthServer } from './health-server.js';
import { exchangeBytes } from './testing/client.js';
import { PortInUseError } from './wire/listen.js';

t.test('probes of balancers are answered in HTTP/1.0, with and without Host', async (t) => {
  let ready = true;
  const handlers = new HealthHandlers({
    readiness: () => Promise.resolve({ ready, reasons: ready ? [] : ['This process is stopping.'] }),
  });
  const server = await startHealthServer(handlers, { host: '127.0.0.1', port: 0 });
  t.teardown(() => server.stop());
  const ask = async (line: string, headers = ''): Promise<string> =>
    (await exchangeBytes(server.port, [`${line}\r\n${headers}\r\n`], (text) => text.includes('\r\n\r\n')))
      .received;
  for (const headers of ['', 'Host: x\r\n']) {
    t.match(await ask('GET /healthz HTTP/1.0', headers), /^HTTP\/1\.1 200 /);
    t.match(await ask('HEAD /healthz HTTP/1.0', headers), /^HTTP\/1\.1 200 /);
    t.match(await ask('GET /readyz HTTP/1.0', headers), /^HTTP\/1\.1 200 /);
  }
  t.match(await ask('GET /healthz HTTP/1.1', 'Host: x\r\n'), /^HTTP\/1\.1 200 [^]*"ok"/);
  ready = false;
  t.match(await ask('GET /readyz HTTP/1.0'), /^HTTP\/1\.1 503 [^]*"code":"not_ready"/);
  t.match(await ask('GET /healthz HTTP/1.0'), /^HTTP\/1\.1 200 /);
  t.match(await ask('POST /healthz HTTP/1.0'), /^HTTP\/1\.1 405 /);
  t.match(await ask('GET /v1/coupons HTTP/1.0'), /^HTTP\/1\.1 404 /);
  await t.rejects(startHealthServer(handlers, { host: '127.0.0.1', port: server.port }), PortInUseError);
});
