/** Tests the page behind a shared link, and the fields of a coupon that it shows. */
import t from 'tap';
import { call } from '../testing/client.js';
import { openShop } from '../testing/shop.js';

const IMAGE = 'https://shop.example/drop.png?a=1&b=2';

const shop = await openShop(t, { settings: { publicUrl: 'https://coupons.example' } });
const { url, seller: token } = shop;

/** The content of a `meta` element, as a crawler reads it. */
function metaOf(page: string, name: string): string | undefined {
  const [, content] = new RegExp(`<meta (?:property|name)="${name}" content="([^"]*)">`).exec(page) ?? [];
  return content
    ?.replace(/&quot;/g, '"')
    .replace(/&#39;/g, "'")
    .replace(/&lt;/g, '<')
    .replace(/&gt;/g, '>')
    .replace(/&amp;/g, '&');
}

t.test('image and description are registered, changed, taken away, and shown', async (t) => {
  const path = await shop.coupon({ image: IMAGE, description: '  두 줄\n설명 ' });
  const first = await call(url, `GET ${path}`);
  t.match(first.body, { image: IMAGE, description: '두 줄\n설명' });
  const change = (body: object, etag?: string) =>
    call(url, `PATCH ${path}`, { token, body, headers: etag === undefined ? {} : { 'if-match': etag } });
  const etag = String(first.headers.etag);
  const changed = await change({ description: 'Another' }, etag);
  t.match(changed, { status: 200, body: { image: IMAGE, description: 'Another' } });
  t.not(changed.headers.etag, etag, 'a change is another revision');
  t.equal((await change({ description: 'Late' }, etag)).status, 412);
  t.equal((await change({ description: 'Another' })).headers.etag, changed.headers.etag, 'the same is none');
  t.match((await change({ image: null })).body, { image: null, description: 'Another' });
  t.match((await call(url, 'GET /v1/coupons')).body, { items: [{ image: null, description: 'Another' }] });
  const { body: plain } = await call(url, `GET ${await shop.coupon()}`);
  t.match(plain, { image: null, description: null });
  const log = await shop.auditLog.entries(999, 999);
  t.match(log.find(({ action }) => action === 'coupon_amended')?.detail, { description: 'Another' });
});

t.test('what a messenger or a page could take for something else is refused', async (t) => {
  for (const [field, value] of [
    ['image', 'http://shop.example/a.png'],
    ['image', 'javascript:alert(1)'],
    ['image', `https://shop.example/${'x'.repeat(500)}`],
    ['description', ''],
    ['description', 'x'.repeat(301)],
    ['description', 'a\u202eb'],
    ['description', 'a\u0000b'],
  ] as const) {
    const body = { name: 'x', quantity: 1, [field]: value };
    t.match(await call(url, 'POST /v1/coupons', { token, body }), {
      status: 400,
      body: { errors: [{ field }] },
    });
  }
});

t.test('the page of a coupon describes it in its head, whatever its name', async (t) => {
  const name = `"><script>alert('1')</script> & 치킨`;
  const path = await shop.coupon({ name, image: IMAGE, description: `<b>"50%"</b> & more` });
  const id = path.split('/').at(-1) ?? '';
  const { status, headers, text } = await call(url, `GET /coupons/${id}`);
  t.equal(status, 200);
  t.match(headers, { 'content-type': 'text/html; charset=utf-8' });
  t.match(headers['content-security-policy'], /script-src 'self'/);
  t.equal(metaOf(text, 'og:title'), name);
  t.equal(metaOf(text, 'description'), `<b>"50%"</b> & more`);
  t.equal(metaOf(text, 'og:description'), `<b>"50%"</b> & more`);
  t.equal(metaOf(text, 'og:image'), IMAGE);
  t.equal(metaOf(text, 'og:url'), `https://coupons.example/coupons/${id}`);
  t.equal(metaOf(text, 'twitter:card'), 'summary_large_image');
  t.same([...text.matchAll(/<script\b[^>]*>/g)].map(String), ['<script src="../coupon-link.js">']);
  t.match(text, `href="../#/coupons/${id}"`);
  const head = await call(url, `HEAD /coupons/${id}`);
  t.same([head.status, head.text], [200, '']);
});

t.test('without a description the page says how many there are, and when', async (t) => {
  const path = await shop.coupon({ quantity: 1_000, opensAt: '2099-01-01T00:00:00Z' });
  const { text } = await call(url, `GET ${path.replace('/v1', '')}`);
  t.equal(
    metaOf(text, 'og:description'),
    '선착순 1,000장 · first come, first served: 1,000 · 2099-01-01 00:00 UTC',
  );
  t.equal(metaOf(text, 'og:image'), undefined);
  t.equal(metaOf(text, 'twitter:card'), 'summary');
});

t.test('the page is in the language of its reader, and in both for a messenger', async (t) => {
  const path = (await shop.coupon({ quantity: 1_000 })).replace('/v1', '');
  for (const [header, lang, description, link] of [
    ['ko-KR,ko;q=0.9,en;q=0.8', 'ko', '선착순 1,000장', '쿠폰 열기'],
    ['en-US,en;q=0.9,ko;q=0.8', 'en', 'First come, first served: 1,000', 'Open the coupon'],
    ['fr', 'en', 'First come, first served: 1,000', 'Open the coupon'],
    ['', 'ko', '선착순 1,000장 · first come, first served: 1,000', '쿠폰 열기 / Open the coupon'],
  ] as const) {
    const { text, headers } = await call(url, `GET ${path}`, { headers: { 'accept-language': header } });
    t.equal(/<html lang="(.*?)">/.exec(text)?.[1], lang, header);
    t.equal(metaOf(text, 'description'), description);
    t.match(text, `>${link}</a>`);
    t.match(headers['vary'], /Accept-Language/);
  }
});

t.test('a link to no coupon leads to a page with 404', async (t) => {
  for (const id of ['999', '01', 'x', '%3Cscript%3E']) {
    const { status, headers, text } = await call(url, `GET /coupons/${id}`);
    t.equal(status, 404, id);
    t.equal(headers['content-type'], 'text/html; charset=utf-8');
    t.match(text, /No such coupon/);
    t.notMatch(text, /<script/);
  }
});
