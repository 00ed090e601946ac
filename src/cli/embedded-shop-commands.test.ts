import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import t from 'tap';
import { emptyFolder, runSeonchak } from '../../test/clients/seonchak-command.js';
import { startSeonchak } from '../../test/servers/seonchak.js';
import { signToken } from '../../test/clients/tokens.js';

t.test('an operator lists the orders of an issuance and cancels one', async (t) => {
  const folder = await emptyFolder();
  t.teardown(() => folder.remove());
  const server = await startSeonchak({ DATA_DIR: folder.path });
  t.teardown(() => server.stop());
  const settings = { DATA_DIR: folder.path };
  const send = async (path: string, role: 'seller' | 'member', body: object = {}): Promise<void> => {
    const authorization = `Bearer ${await signToken('9', role)}`;
    const headers = { authorization, 'content-type': 'application/json' };
    await fetch(server.origin + path, { method: 'POST', headers, body: JSON.stringify(body) });
  };
  await send('/v1/coupons', 'seller', { name: 'A', quantity: 1 });
  await send('/v1/coupons/1/download', 'member');
  await send('/v1/coupons/1/issuances/1/redemptions', 'seller', { orderId: 'A-1' });

  t.match((await runSeonchak(['redemption', 'list', '1', '1'], settings)).stdout, /^A-1 .*seller 9$/m);
  const cancelled = await runSeonchak(['redemption', 'cancel', '1', '1', 'A-1'], settings);
  t.equal(cancelled.stdout, 'order A-1 is cancelled; number 1 is usable now\n');
  t.match(JSON.parse((await runSeonchak(['redemption', 'list', '1', '1', '--json'], settings)).stdout), {
    ...{ couponId: 1, issueNo: 1 },
    redemptions: [{ orderId: 'A-1', cancelledAt: /Z$/ }],
  });
  t.match((await runSeonchak(['audit'], settings)).stdout, /operator .*redemption_cancelled +coupon 1/);
  for (const [words, exitCode] of [
    [['list', '1', '2'], 1],
    [['cancel', '1', '1', 'A-2'], 1],
    [['cancel', '1', '1', 'a b'], 2],
    [['list', '1', '0'], 2],
  ] as const) {
    t.equal((await runSeonchak(['redemption', ...words], settings)).exitCode, exitCode, words.join(' '));
  }
});

t.test('an operator loads the list of a coupon from a file, and replaces it', async (t) => {
  const folder = await emptyFolder();
  t.teardown(() => folder.remove());
  const server = await startSeonchak({ DATA_DIR: folder.path });
  t.teardown(() => server.stop());
  const settings = { DATA_DIR: folder.path };
  await fetch(`${server.origin}/v1/coupons`, {
    method: 'POST',
    headers: {
      authorization: `Bearer ${await signToken('9', 'seller')}`,
      'content-type': 'application/json',
    },
    body: JSON.stringify({ name: 'A', quantity: 9, eligibility: { audience: true } }),
  });
  const file = join(folder.path, 'members.csv');
  const audience = (...words: string[]) => runSeonchak(['audience', ...words], settings);
  const load = async (lines: readonly string[], ...words: string[]) => {
    await writeFile(file, lines.join('\r\n'));
    return audience('load', '1', '--file', file, ...words);
  };
  const many = Array.from({ length: 1_200 }, (_, place) => `m-${place},name`);
  t.equal(
    (await load(['member_id,name', ...many, ''])).stdout,
    'coupon 1: 1200 members, 1200 added, 0 removed\n',
  );
  t.same(JSON.parse((await load(['m-7', 'new', 'new'], '--replace', '--json')).stdout), {
    ...{ couponId: 1, members: 2, added: 1, removed: 1_199 },
  });
  t.equal(
    (await audience('show', '1', '--member', 'm-8')).stdout,
    'coupon 1: 2 members\nm-8 is not on the list\n',
  );
  t.same(JSON.parse((await audience('show', '1', '--member', 'm-7', '--json')).stdout), {
    ...{ couponId: 1, members: 2, member: 'm-7', listed: true },
  });
  t.match(await load(['fine', 'a\u0000', 'x', 'b\u0001']), {
    exitCode: 2,
    stderr: /: 2, 4\. Nothing was done/,
  });
  t.match(await load(['', 'member_id']), { exitCode: 0 }, 'a heading is one in the first line only');
  t.match(await load(['"member_id","grade"', '"7","gold"', ' "say ""8""" ', '9,"a, b"'], '--replace'), {
    stdout: /^coupon 1: 3 members, /,
  });
  for (const member of ['7', 'say "8"', '9']) {
    t.match((await audience('show', '1', '--member', member)).stdout, /is on the list/, 'without its quotes');
  }
  await writeFile(file, Buffer.from('b0a10a', 'hex'));
  t.match(
    await audience('load', '1', '--file', file, '--replace'),
    { exitCode: 2, stderr: /members\.csv is not UTF-8\. Save it as UTF-8 .*\[usage_invalid\]$/m },
    'one letter in CP949 would have replaced the list',
  );
  t.equal((await audience('show', '1')).stdout, 'coupon 1: 3 members\n');
  t.match(await audience('show', '2'), { exitCode: 1, stderr: /Coupon 2 does not exist\./ });
  t.match((await runSeonchak(['audit'], settings)).stdout, /audience_changed +coupon 1/);
});

t.test('an operator makes a key, and with it a file of members is granted', async (t) => {
  const folder = await emptyFolder();
  t.teardown(() => folder.remove());
  const server = await startSeonchak({ DATA_DIR: folder.path });
  t.teardown(() => server.stop());
  const settings = { DATA_DIR: folder.path };
  const authorization = `Bearer ${await signToken('9', 'seller')}`;
  await fetch(`${server.origin}/v1/coupons`, {
    method: 'POST',
    headers: { authorization, 'content-type': 'application/json' },
    body: JSON.stringify({ name: 'A', quantity: 1_500 }),
  });
  const key = (
    await runSeonchak(['key', 'create', '--seller', '9', '--scopes', 'issue,read,redeem,manage'], settings)
  ).stdout.trim();
  t.match(key, /^sck_1_[0-9A-Za-z]{43}$/);
  // Known to the server within a second.
  await new Promise((resolve) => setTimeout(resolve, 1_000));
  const file = join(folder.path, 'members.csv');
  await writeFile(
    file,
    ['member_id,name', ...Array.from({ length: 2_000 }, (_, place) => `m-${place},x`), ''].join('\r\n'),
  );
  const grant = (...words: string[]) =>
    runSeonchak(['grant', '1', '--file', file, '--server', server.origin, ...words], {
      ...settings,
      SEONCHAK_KEY: key,
    });
  t.equal((await grant('--dry-run')).stdout, '2000 members, 2 requests\n');
  t.same(JSON.parse((await grant('--json')).stdout), {
    couponId: 1,
    outcomes: { issued: 1_500, sold_out: 500 },
    undecided: 0,
  });
  t.match(JSON.parse((await grant('--json')).stdout), { outcomes: { already_issued: 1_500, sold_out: 500 } });
  t.match((await runSeonchak(['audit'], settings)).stdout, /key 1 .*granted +coupon 1/);
  const keyed = { ...settings, SEONCHAK_KEY: key };
  const call = (words: readonly string[]) => runSeonchak([...words, '--server', server.origin], keyed);
  t.equal((await call(['recall', '1', '--dry-run'])).stdout, '1500 unused issuances, 0 not recorded yet\n');
  t.match(await call(['recall', '1', '--yes']), { exitCode: 1, stderr: /Pause or close the coupon first/ });
  t.match(await call(['recall', '1']), { exitCode: 2, stderr: /Add --yes/ });
  t.match(await call(['hold', 'release', '1', '1']), { exitCode: 1, stderr: /no holdSeconds/ });
  const asSeller = { method: 'POST', headers: { authorization, 'content-type': 'application/json' } };
  await fetch(`${server.origin}/v1/coupons/1/pause`, asSeller);
  t.same(JSON.parse((await call(['recall', '1', '--yes', '--json'])).stdout), {
    couponId: 1,
    recalled: 1_500,
  });
  t.equal((await call(['recall', '1', '--yes'])).stdout, '0 issuances of coupon 1 are taken back\n');
  const held = JSON.stringify({ name: 'B', quantity: 2, holdSeconds: 600 });
  await fetch(`${server.origin}/v1/coupons`, { ...asSeller, body: held });
  await fetch(`${server.origin}/v1/members/m/coupons/2/download`, {
    ...asSeller,
    headers: { authorization: `Bearer ${key}` },
  });
  const status = async () =>
    JSON.parse((await runSeonchak(['status', '2', '--json'], settings)).stdout) as object;
  t.match(await status(), { recorded: 1, held: 1, holdSeconds: 600 });
  t.match(
    (await runSeonchak(['status', '2'], settings)).stdout,
    /each +hold +for +name\n.* 1 +600s +all +B\n$/,
  );
  t.equal(
    (await call(['hold', 'release', '2', '1'])).stdout,
    'number 1 of coupon 2 is released; 2 units remain\n',
  );
  t.match(await status(), { recorded: 0, held: 0 });
  await fetch(`${server.origin}/v1/members/m/coupons/2/download`, {
    ...asSeller,
    headers: { authorization: `Bearer ${key}` },
  });
  const confirm = (order: string) => call(['hold', 'confirm', '2', '2', order]);
  t.match(await confirm('an order'), { exitCode: 2, stderr: /not an order id/ });
  for (let times = 1; times <= 2; times += 1)
    t.equal((await confirm('A-1')).stdout, 'number 2 of coupon 2 is confirmed for order A-1\n');
  t.match(await confirm('A-2'), { exitCode: 1, stderr: /another id has confirmed/ });
  t.match(await call(['hold', 'confirm', '2', '1', 'A-1']), { exitCode: 1, stderr: /refund/ });
  t.match(await status(), { recorded: 1, held: 0 });
  t.match(
    (await runSeonchak(['key', 'list'], settings)).stdout,
    /^1 +9 +made at the command line +issue,redeem,read,manage/m,
  );
  t.equal((await runSeonchak(['key', 'revoke', '1'], settings)).exitCode, 0);
  await new Promise((resolve) => setTimeout(resolve, 1_000));
  t.match(await grant(), { exitCode: 1, stderr: /refused/ });
  for (const [words, exitCode] of [
    [['key', 'revoke', '7'], 1],
    [['key', 'create', '--seller', '9', '--scopes', 'all'], 2],
    [['grant', '1', '--file', join(folder.path, 'none.csv')], 2],
    [['grant', '1', '--file', file], 2],
  ] as const) {
    t.equal((await runSeonchak(words, settings)).exitCode, exitCode, words.join(' '));
  }
});
