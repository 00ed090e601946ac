/** Tests sending over real sockets: signatures, addresses, redirects, receivers that hang. */
import { createServer, type IncomingMessage, type RequestListener } from 'node:http';
import type { AddressInfo } from 'node:net';
import { Webhook } from 'standardwebhooks';
import { verifyWebhook } from '@seonchak/client';
import t, { type Test } from 'tap';
import { isPublicAddress, isPublicHost, lookupPublic } from './public-addresses.js';
import { newWebhookSecret } from './signature.js';
import { webhookAccess } from './webhook-access.js';

const message = { id: 'msg_1_0_7', body: '{"couponId":42,"events":[]}' };
const secret = newWebhookSecret();
const signing = { secret, previousSecret: undefined };

async function receiver(t: Test, listener: RequestListener): Promise<string> {
  const server = createServer(listener);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  t.teardown(() => {
    server.closeAllConnections();
    server.close();
  });
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}/hook`;
}

async function textOf(request: IncomingMessage): Promise<string> {
  let text = '';
  for await (const chunk of request) text += String(chunk);
  return text;
}

const access = webhookAccess({ allowPrivate: true, timeoutMs: 1_000 });
const strict = webhookAccess({ allowPrivate: false, timeoutMs: 1_000 });
t.teardown(() => Promise.all([access.close(), strict.close()]));

t.test('the independent library verifies what is sent', async (t) => {
  const verified: unknown[] = [];
  const url = await receiver(t, (request, response) => {
    void textOf(request).then((body) => {
      verified.push(new Webhook(secret).verify(body, request.headers as Record<string, string>));
      verified.push(request.headers['webhook-id'], request.headers['content-type'], request.method);
      response.writeHead(204).end();
    });
  });
  t.same(await access.send({ url, ...signing }, message), { status: 204, result: 'delivered' });
  t.same(verified, [JSON.parse(message.body), message.id, 'application/json', 'POST']);
});

t.test('while a secret is rotated either one verifies, and afterwards the new one alone', async (t) => {
  const sent: { readonly headers: Record<string, string>; readonly body: string }[] = [];
  const url = await receiver(t, (request, response) => {
    void textOf(request).then((body) => {
      sent.push({ headers: request.headers as Record<string, string>, body });
      response.writeHead(204).end();
    });
  });
  const next = newWebhookSecret();
  for (const untilMs of [Date.now() + 60_000, Date.now() - 1])
    await access.send({ url, secret: next, previousSecret: { secret, untilMs } }, message);
  const [during, after] = sent;
  if (during === undefined || after === undefined) throw new Error('not sent');
  for (const one of [secret, next]) {
    t.ok(new Webhook(one).verify(during.body, during.headers));
    await t.resolves(verifyWebhook({ secret: one, ...during }), 'and so does the client');
  }
  t.ok(new Webhook(next).verify(after.body, after.headers));
  t.throws(() => new Webhook(secret).verify(after.body, after.headers));
  await t.resolves(verifyWebhook({ secret: [secret, next], ...after }), 'a receiver with both secrets');
});

t.test('a redirect is not followed, and every other answer but 2xx is a failure', async (t) => {
  const asked: string[] = [];
  const url = await receiver(t, (request, response) => {
    asked.push(request.url ?? '');
    request.resume();
    const status = Number(/\d+/.exec(request.url ?? '')?.[0] ?? 302);
    response.writeHead(status, { location: '/elsewhere' }).end('x'.repeat(100_000));
  });
  t.same(await access.send({ url: `${url}/302`, ...signing }, message), { status: 302, result: 'redirect' });
  t.same(asked, ['/hook/302']);
  for (const status of [400, 410, 500])
    t.same(await access.send({ url: `${url}/${status}`, ...signing }, message), { status, result: 'status' });
});

t.test('a receiver that hangs, hangs up or is not there is a failure in time', async (t) => {
  const silent = await receiver(t, () => undefined);
  t.same(await access.send({ url: silent, ...signing }, message), { status: undefined, result: 'timeout' });
  const rude = await receiver(t, (request) => request.socket.destroy());
  t.same(await access.send({ url: rude, ...signing }, message), { status: undefined, result: 'connection' });
  const endless = await receiver(t, (_request, response) => response.writeHead(200).write('x'));
  t.same(await access.send({ url: endless, ...signing }, message), { status: 200, result: 'delivered' });
  t.same(await access.send({ url: 'http://127.0.0.1:1/', ...signing }, message), {
    status: undefined,
    result: 'connection',
  });
});

t.test('nothing is sent to addresses that are not public, by number or by name', async (t) => {
  let asked = 0;
  const url = await receiver(t, (_request, response) => {
    asked += 1;
    response.end();
  });
  const { port } = new URL(url);
  for (const host of [
    '127.0.0.1',
    'localhost',
    '[::1]',
    '[::ffff:127.0.0.1]',
    '0x7f.1',
    '2130706433',
    '127.1',
  ]) {
    const sent = await strict.send({ url: `http://${host}:${port}/`, ...signing }, message);
    t.same(sent, { status: undefined, result: 'address' }, host);
  }
  t.equal(asked, 0);
});

t.test('a name is judged by all of its addresses, at the moment of the connection', async (t) => {
  const resolved = await new Promise<{ readonly code?: string | undefined }>((resolve) => {
    lookupPublic('localhost', { all: true }, (fault) => resolve(fault ?? {}));
  });
  t.equal(resolved.code, 'ADDRESS_REFUSED');
  const single = await new Promise<{ readonly code?: string | undefined }>((resolve) => {
    lookupPublic('localhost', {}, (fault) => resolve(fault ?? {}));
  });
  t.equal(single.code, 'ADDRESS_REFUSED');
});

t.test('public and other addresses', (t) => {
  for (const address of ['8.8.8.8', '1.1.1.1', '2606:4700::1111', '::ffff:8.8.8.8'])
    t.ok(isPublicAddress(address), address);
  const others = [
    ...['0.0.0.0', '10.1.2.3', '100.64.0.1', '127.0.0.1', '169.254.169.254', '172.16.0.1', '192.168.0.1'],
    ...['192.0.2.1', '198.18.0.1', '224.0.0.1', '240.0.0.1', '255.255.255.255', '::', '::1', 'fe80::1'],
    ...[
      'fc00::1',
      'fd12::1',
      'ff02::1',
      '::ffff:10.0.0.1',
      '64:ff9b::a00:1',
      '2002:a00:1::',
      '2001:db8::1',
      '::7f00:1',
      'fe00::1',
      '4000::1',
      'x',
    ],
  ];
  for (const address of others) t.notOk(isPublicAddress(address), address);
  t.ok(isPublicHost('shop.example'), 'a name is looked up later');
  t.notOk(isPublicHost('[fe80::1]'));
  t.end();
});

t.test('URLs of webhooks', (t) => {
  t.equal(strict.faultOfUrl('https://shop.example/hook?x=1'), undefined);
  for (const url of [
    ...[
      'http://shop.example/',
      'ftp://shop.example/',
      'shop.example',
      '',
      'https://',
      'https://u:p@shop.example/',
    ],
    ...[
      'https://u@shop.example/',
      'https://127.0.0.1/',
      'https://[::1]/',
      'https://10.0.0.1/',
      'https://0x7f.1/',
    ],
    ...['https://169.254.169.254/latest', 'https://shop.example/#x'],
  ])
    t.type(strict.faultOfUrl(url), 'string', url);
  t.equal(access.faultOfUrl('http://127.0.0.1:8080/'), undefined, 'test installations');
  t.type(access.faultOfUrl('http://u:p@127.0.0.1/'), 'string');
  t.end();
});
