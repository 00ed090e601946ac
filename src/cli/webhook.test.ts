/** Tests `seonchak webhook` beside a server whose relay delivers. */
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import t from 'tap';
import { HttpClient } from '../../test/clients/http-client.js';
import { emptyFolder, runSeonchak } from '../../test/clients/seonchak-command.js';
import { signToken } from '../../test/clients/tokens.js';
import { startSeonchak, TEST_SECRET } from '../../test/servers/seonchak.js';

const POLL_MS = 20;

t.test('a disabled webhook is listed, tried, enabled, and goes on; issuances are replayed', async (t) => {
  const folder = await emptyFolder();
  t.teardown(() => folder.remove());
  const got: string[] = [];
  let status = 410;
  const receiver = createServer((request, response) => {
    let body = '';
    request.on('data', (chunk: Buffer) => (body += String(chunk)));
    request.on('end', () => {
      const { events } = JSON.parse(body) as { events: { id: string; type: string }[] };
      if (status === 204) got.push(...events.map(({ id, type }) => (type === 'webhook.test' ? type : id)));
      response.writeHead(status).end();
    });
  });
  await new Promise<void>((resolve) => receiver.listen(0, '127.0.0.1', resolve));
  t.teardown(() => {
    receiver.closeAllConnections();
    receiver.close();
  });
  const settings = { DATA_DIR: folder.path, WEBHOOK_ALLOW_PRIVATE: '1', JWT_SECRET: TEST_SECRET };
  const server = await startSeonchak(settings);
  t.teardown(() => server.stop());
  const client = new HttpClient(server.origin, 2);
  t.teardown(() => client.close());
  const token = await signToken('9', 'seller');
  const seller = async (path: string, body?: object) =>
    (await client.call(path, { token, ...(body === undefined ? {} : { method: 'POST', body }) })).body;
  const until = async (isSo: () => boolean | Promise<boolean>): Promise<void> => {
    while (!(await isSo())) await new Promise((resolve) => setTimeout(resolve, POLL_MS));
  };
  const request = async (member: string): Promise<void> => {
    await client.call('/v1/coupons/1/download', { method: 'POST', token: await signToken(member, 'member') });
  };
  const url = `http://127.0.0.1:${(receiver.address() as AddressInfo).port}/`;
  await seller('/v1/coupons', { name: 'A', quantity: 10 });
  await seller('/v1/webhooks', { url, kinds: ['issuance.recorded'] });
  await request('m1');
  const listed = async () => (await seller('/v1/webhooks'))['items'] as { state: string }[];
  await until(async () => (await listed())[0]?.state === 'disabled');

  const list = await runSeonchak(['webhook', 'list'], settings);
  t.match(list.stdout, new RegExp(`^1 +9 +disabled .*${url}`, 'm'));
  t.match(await runSeonchak(['webhook', 'test', '1'], settings), {
    exitCode: 1,
    stderr: /did not arrive: status, status 410/,
  });
  status = 204;
  t.match(await runSeonchak(['webhook', 'test', '1'], settings), {
    exitCode: 0,
    stdout: /arrived: delivered, status 204/,
  });
  t.match(await runSeonchak(['webhook', 'enable', '1'], settings), {
    exitCode: 0,
    stdout: 'webhook 1 is enabled\n',
  });
  await until(() => got.length === 2);
  t.same(got, ['webhook.test', 'iss_1_1'], 'it goes on where it stopped');
  t.match((await runSeonchak(['audit'], settings)).stdout, /webhook_disabled[^]*webhook_enabled/);
  await request('m2');
  await until(() => got.length === 3);
  const replay = await runSeonchak(['webhook', 'replay', '1', '1'], settings);
  t.match(replay, { exitCode: 0, stdout: 'numbers 1 to 2 of coupon 1 are delivered to webhook 1 again\n' });
  await until(() => got.length === 5);
  t.same(got.slice(2), ['iss_1_2', 'iss_1_1', 'iss_1_2']);
  const counted = async (series: string): Promise<number> => {
    const { text } = (await client.call('/metrics')).body as { readonly text: string };
    return Number(
      text
        .split('\n')
        .find((line) => line.startsWith(`${series} `))
        ?.slice(series.length),
    );
  };
  // Test messages are not counted. A delivery is counted when its response has arrived, which is after the receiver has the body.
  await until(async () => (await counted('seonchak_webhook_deliveries_total{result="delivered"}')) >= 3);
  t.equal(await counted('seonchak_webhook_deliveries_total{result="delivered"}'), 3);
  t.equal(await counted('seonchak_webhook_deliveries_total{result="status"}'), 1, 'refused with 410');
  await until(async () => (await counted('seonchak_webhook_lag_seconds')) === 0);
  status = 410;
  await request('m3');
  await until(async () => (await counted('seonchak_webhooks_disabled')) === 1);
  for (const words of [
    ['test', '7'],
    ['enable', '7'],
    ['replay', '7', '1'],
    ['replay', '1', '7'],
  ])
    t.equal((await runSeonchak(['webhook', ...words], settings)).exitCode, 1, words.join(' '));
});
