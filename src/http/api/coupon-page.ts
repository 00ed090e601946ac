/**
 * Handles `GET /coupons/:id`: a page whose head describes the coupon to messengers that unfold a link.
 *
 * Messengers run no scripts and never see what follows a `#`, so the console's own address of a coupon shows them nothing. A browser
 * opens that address.
 */
import type { CouponRegistry, CouponView } from '../../engine/sellers/coupon-registry.js';
import { couponIdInPath } from '../wire/exchange.js';
import type { ApiRequest, Reply } from '../wire/exchange.js';
import { preferredLanguage } from '../wire/preferred-type.js';
import { HTML_TYPE, pageHeaders } from '../wire/page-headers.js';

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
    const language = languageOf(request);
    return coupon === undefined
      ? page(404, language, missing(language))
      : page(200, language, this.#describing(coupon, language));
  }

  #describing(
    { couponId, name, quantity, opensAtMs, display = {} }: CouponView,
    language: PageLanguage,
  ): Document {
    const { image, description = defaultDescription(quantity, opensAtMs, language) } = display;
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

/** Messengers name no language, and show what they read to everyone. */
type PageLanguage = 'ko' | 'en' | 'both';

function languageOf({ acceptLanguage }: ApiRequest): PageLanguage {
  if (acceptLanguage === '') return 'both';
  return preferredLanguage(acceptLanguage, ['ko', 'en']) ?? 'en';
}

function inLanguage(language: PageLanguage, ko: string, en: string, between = ' / '): string {
  return { ko, en, both: `${ko}${between}${en}` }[language];
}

function missing(language: PageLanguage): Document {
  return {
    title: inLanguage(language, '없는 쿠폰', 'No such coupon'),
    description: inLanguage(language, '이 링크의 쿠폰을 찾을 수 없습니다.', 'This link leads to no coupon.'),
    meta: [],
  };
}

function defaultDescription(quantity: number, opensAtMs: number | undefined, language: PageLanguage): string {
  const count = quantity.toLocaleString('en');
  const opening =
    opensAtMs === undefined
      ? ''
      : ` · ${new Date(opensAtMs).toISOString().slice(0, 16).replace('T', ' ')} UTC`;
  const text = inLanguage(language, `선착순 ${count}장`, `first come, first served: ${count}`, ' · ');
  return text.charAt(0).toUpperCase() + text.slice(1) + opening;
}

function page(
  status: 200 | 404,
  language: PageLanguage,
  { title, description, meta, console }: Document,
): Reply {
  const leads =
    console === undefined
      ? inLanguage(language, '쿠폰 보기', 'To the coupons')
      : inLanguage(language, '쿠폰 열기', 'Open the coupon');
  const body = `<!doctype html>
<html lang="${language === 'en' ? 'en' : 'ko'}">
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
<p><a id="console" href="${console ?? '../'}">${leads}</a></p>
</main>
</body>
</html>
`;
  return { status, contentType: HTML_TYPE, headers: { ...pageHeaders(), Vary: 'Accept-Language' }, body };
}

const entities: Readonly<Record<string, string>> = {
  ...{ '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;', "'": '&#39;' },
};

/** For text and for attributes in quotes. */
function escaped(text: string): string {
  return text.replace(/[&<>"']/g, (character) => entities[character] ?? character);
}
