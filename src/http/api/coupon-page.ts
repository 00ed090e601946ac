/**
 * Handles `GET /coupons/:id`: a page whose head describes the coupon to messengers that unfold a link.
 *
 * Messengers run no scripts and never see what follows a `#`, so the console's own address of a coupon says nothing to them. A browser goes
 * on to that address.
 */
import type { CouponRegistry, CouponView } from '../../engine/sellers/coupon-registry.js';
import { couponIdInPath } from '../wire/exchange.js';
import type { ApiRequest, Reply } from '../wire/exchange.js';
import { HTML_TYPE, PAGE_HEADERS } from '../wire/page-headers.js';

export class CouponPageHandlers {
  readonly #registry: CouponRegistry;
  readonly #publicUrl: string;

  /** @param publicUrl where browsers reach this installation; empty where that is not known. */
  constructor(registry: CouponRegistry, publicUrl: string) {
    this.#registry = registry;
    this.#publicUrl = publicUrl.replace(/\/+$/, '');
  }

  async show(request: ApiRequest): Promise<Reply> {
    const couponId = couponIdInPath(request);
    const coupon = couponId === undefined ? undefined : await this.#registry.find(couponId);
    return coupon === undefined ? page(404, missing()) : page(200, this.#describing(coupon));
  }

  #describing({ couponId, name, quantity, opensAtMs, display = {} }: CouponView): Document {
    const { image, description = defaultDescription(quantity, opensAtMs) } = display;
    return {
      title: name,
      description,
      meta: [
        ['og:type', 'website'],
        ['og:site_name', 'Seonchak'],
        ['og:title', name],
        ['og:description', description],
        ...(this.#publicUrl === '' ? [] : ([['og:url', `${this.#publicUrl}/coupons/${couponId}`]] as const)),
        ...(image === undefined ? [] : ([['og:image', image]] as const)),
        ['twitter:card', image === undefined ? 'summary' : 'summary_large_image'],
      ],
      console: `../#/coupons/${couponId}`,
    };
  }
}

interface Document {
  readonly title: string;
  readonly description: string;
  readonly meta: readonly (readonly [property: string, content: string])[];
  /** Where the console shows the coupon; absent: there is no such coupon. */
  readonly console?: string;
}

function missing(): Document {
  return {
    title: 'No such coupon / 없는 쿠폰',
    description: 'This link leads to no coupon. / 이 링크의 쿠폰을 찾을 수 없습니다.',
    meta: [],
  };
}

function defaultDescription(quantity: number, opensAtMs: number | undefined): string {
  const count = quantity.toLocaleString('en');
  const opening =
    opensAtMs === undefined
      ? ''
      : ` · ${new Date(opensAtMs).toISOString().slice(0, 16).replace('T', ' ')} UTC`;
  return `선착순 ${count}장 · first come, first served: ${count}${opening}`;
}

function page(status: 200 | 404, { title, description, meta, console }: Document): Reply {
  const body = `<!doctype html>
<html lang="ko">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<title>${escaped(title)} · Seonchak</title>
<meta name="description" content="${escaped(description)}">
${meta.map(([property, content]) => `<meta property="${property}" content="${escaped(content)}">\n`).join('')}<link rel="icon" href="../icon.svg" type="image/svg+xml">
${console === undefined ? '' : '<script src="../coupon-link.js"></script>\n'}</head>
<body>
<main>
<h1>${escaped(title)}</h1>
<p>${escaped(description)}</p>
<p><a id="console" href="${console ?? '../'}">${console === undefined ? '쿠폰 보기 / To the coupons' : '쿠폰 열기 / Open the coupon'}</a></p>
</main>
</body>
</html>
`;
  return { status, contentType: HTML_TYPE, headers: PAGE_HEADERS, body };
}

const entities: Readonly<Record<string, string>> = {
  ...{ '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;', "'": '&#39;' },
};

/** For text and for attributes in quotes. */
function escaped(text: string): string {
  return text.replace(/[&<>"']/g, (character) => entities[character] ?? character);
}
