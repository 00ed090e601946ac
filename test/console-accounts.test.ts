/** Tests accounts in a real browser: sign-up where it is closed, change and reset of the password, deletion. */
import t from 'tap';
import { startBrowser } from './clients/browser.js';
import { HttpClient } from './clients/http-client.js';
import { startMailReceiver } from './servers/mail-receiver.js';
import { startSeonchak } from './servers/seonchak.js';
import { startEmbedded } from './system/embedded-back-end.js';

const english = {
  forgot: 'Forgot your password?',
  field: 'E-mail address',
  send: 'Send the link',
  sent: 'If there is an account with this address, the link is on its way.',
  done: 'Your new password is set',
  signIn: 'Sign in',
  mine: 'My coupons',
};

const korean: typeof english = {
  forgot: '비밀번호를 잊으셨나요?',
  field: '이메일',
  send: '링크 보내기',
  sent: '이 주소로 가입된 계정이 있으면 링크가 곧 도착합니다.',
  done: '새 비밀번호를 설정했습니다',
  signIn: '로그인',
  mine: '내 쿠폰',
};

const backEnd = await startEmbedded();
t.teardown(() => backEnd.stop());
const server = await startSeonchak({ ...backEnd.settings, SELLER_SIGNUP: 'closed' });
t.teardown(() => server.stop());
const browser = await startBrowser();
t.teardown(() => browser.close());

t.test(
  'where sellers cannot sign up, the page says so; a member signs up, changes the password, and leaves',
  async (t) => {
    const page = await browser.person();
    await page.goto(`${server.origin}/#/sign-up`);
    await page.getByText('Sellers cannot sign up here.').waitFor();
    t.equal(await page.getByText('Give out coupons').count(), 0);
    await page.getByLabel('E-mail address').fill('member@example.com');
    await page.getByLabel('Password').fill('correct horse battery');
    await page.getByRole('button', { name: 'Create account' }).click();
    await page.getByRole('link', { name: 'My coupons' }).waitFor();

    await page.getByRole('link', { name: 'My account' }).click();
    await page.getByLabel('Current password').fill('something else');
    await page.getByLabel('New password').fill('another horse battery');
    await page.getByRole('button', { name: 'Change', exact: true }).click();
    await page.getByText('The current password is wrong.').waitFor();
    await page.getByLabel('Current password').fill('correct horse battery');
    await page.getByRole('button', { name: 'Change', exact: true }).click();
    await page.getByText('The password was changed.').waitFor();
    await page.getByRole('button', { name: 'Sign out' }).click();
    await page.getByRole('link', { name: 'Sign in' }).click();
    await page.getByLabel('E-mail address').fill('member@example.com');
    await page.getByLabel('Password', { exact: true }).fill('another horse battery');
    await page.getByRole('button', { name: 'Sign in' }).first().click();
    await page.getByRole('link', { name: 'My account' }).click();

    await page.getByRole('button', { name: 'Delete' }).click();
    const dialog = page.getByRole('dialog');
    await dialog.getByLabel('Password').fill('another horse battery');
    await dialog.getByRole('button', { name: 'Delete' }).click();
    await page.getByText('Your account was deleted.').waitFor();
    await page.goto(`${server.origin}/#/forgot`);
    await page.getByLabel('E-mail address').fill('member@example.com');
    await page.getByRole('button', { name: 'Send the link' }).click();
    await page.getByText('No mail is sent here. Ask the operator for a link.').waitFor();
    t.same(browser.complaints, []);
  },
);

t.test('where members cannot sign up the page says who signs them in, in both languages', async (t) => {
  const data = await startEmbedded();
  t.teardown(() => data.stop());
  for (const [sellers, hasForm, texts] of [
    ['open', true, ['Members do not sign up here: the shop signs you in.', '쇼핑몰']],
    ['closed', false, ['Sellers cannot sign up here. Ask the operator for an account.', '운영자에게']],
  ] as const) {
    const closed = await startSeonchak({ ...data.settings, MEMBER_SIGNUP: 'closed', SELLER_SIGNUP: sellers });
    t.teardown(() => closed.stop());
    for (const [locale, text] of [
      ['en-US', texts[0]],
      ['ko-KR', texts[1]],
    ] as const) {
      const page = await browser.person({ locale });
      await page.goto(`${closed.origin}/#/sign-up`);
      await page.getByRole('main').getByText(text).waitFor();
      t.equal(await page.locator('input[type=password]').count(), hasForm ? 1 : 0, `${sellers} ${locale}`);
      if (!hasForm) {
        const members =
          locale === 'en-US' ? 'Members do not sign up here' : '회원은 여기에서 가입하지 않습니다.';
        await page.getByText(members).waitFor();
        await page.getByRole('main').getByRole('link').click();
        await page.locator('input[type=password]').waitFor();
      }
      await page.context().close();
    }
    await closed.stop();
  }
  t.same(browser.complaints, []);
});

t.test('a forgotten password is replaced by a link that comes by mail', async (t) => {
  const [receiver, data] = await Promise.all([startMailReceiver(), startEmbedded()]);
  t.teardown(() => Promise.all([receiver.stop(), data.stop()]));
  const mailing = await startSeonchak({
    ...data.settings,
    ...{ SMTP_URL: `smtp://127.0.0.1:${receiver.port}`, SMTP_FROM: 'coupons@shop.test' },
    PUBLIC_URL: 'https://coupons.example',
  });
  t.teardown(() => mailing.stop());
  const email = 'forgot@shop.test';
  const client = new HttpClient(mailing.origin, 1);
  t.teardown(() => client.close());
  const body = { email, password: 'correct horse battery', role: 'member' };
  await client.call('/v1/accounts', { method: 'POST', body });

  for (const [count, locale, { forgot, field, send, sent, done, signIn, mine }] of [
    [1, 'en-US', english],
    [2, 'ko-KR', korean],
  ] as const) {
    const page = await browser.person({ locale });
    await page.goto(`${mailing.origin}/#/sign-in`);
    await page.getByRole('link', { name: forgot }).click();
    // The page before has a field of the same name.
    await page.getByRole('button', { name: send }).waitFor();
    await page.getByLabel(field).fill(email);
    await page.getByRole('button', { name: send }).click();
    await page.getByRole('status').filter({ hasText: sent }).waitFor();

    const mail = await receiver.received(count);
    const [, link = ''] = /https:\/\/coupons\.example\/(reset#[\w-]{43})/.exec(mail) ?? [];
    await page.goto(`${mailing.origin}/${link}`);
    const password = `a horse in ${locale}`;
    await page.getByRole('textbox').fill(password);
    await page.keyboard.press('Enter');
    await page.getByRole('heading', { name: done }).waitFor();
    await page.goto(`${mailing.origin}/#/sign-in`);
    await page.getByLabel(field).fill(email);
    await page.locator('input[type=password]').fill(password);
    await page.getByRole('main').getByRole('button', { name: signIn }).first().click();
    await page.getByRole('link', { name: mine }).waitFor();
  }

  // The page keeps secret whether there is an account.
  const page = await browser.person();
  await page.goto(`${mailing.origin}/#/forgot`);
  await page.getByLabel(english.field).fill('nobody@shop.test');
  await page.getByRole('button', { name: english.send }).click();
  await page.getByRole('status').filter({ hasText: english.sent }).waitFor();
  t.equal(receiver.mails.length, 2);
  t.same(browser.complaints, []);
});
