/**
 * Defines a button for a coupon on a page of a shop: countdown, download, result.
 *
 *   <script src="https://coupons.example/embed.js" async></script>
 *   <seonchak-coupon coupon="42" lang="ko"></seonchak-coupon>
 *   <script>document.querySelector('seonchak-coupon').token = () => fetch('/my-token').then((r) => r.text());</script>
 *
 * `token` is an access token of the member, or a function that returns one (or a promise of one). Without it, set the attribute `download` to
 * an address of the shop that downloads for its signed-in member and answers with the JSON of the API. The server has to name the origin of
 * the page in CORS_ORIGINS. What is inside the element stays there until the coupon is known, and where the server cannot be reached.
 *
 * The element sends `seonchak-outcome`, with the answer of the API as `detail`, and bubbles it.
 */
(() => {
  const server = new URL('.', document.currentScript.src);
  /** As long as a member waits for a definite answer. */
  const GIVE_UP_MS = 60_000;
  const RETRY_MS = 1_000;
  /** Nothing was attempted, or the outcome is not known; 502 and 504 are a proxy's. */
  const REPEATED = [429, 502, 503, 504];

  const words = {
    en: {
      download: 'Get the coupon',
      asking: 'Asking…',
      yours: 'You have it',
      opensIn: (time) => `Opens in ${time}`,
      left: (remaining, quantity) => `${remaining} of ${quantity} left`,
      issued: (issueNo) => `Yours: number ${issueNo}`,
      sold_out: 'Sold out',
      paused: 'Paused for a moment',
      closed: 'Closed',
      not_eligible: 'This coupon is for other members',
      limit_reached: 'You have as many as a member may have',
      unauthenticated: 'Sign in to get the coupon',
      again: 'No answer yet. Trying again…',
      unknown: 'No definite answer yet. Press again: what you have stays yours.',
      failed: 'That did not work. Try again.',
    },
    ko: {
      download: '쿠폰 받기',
      asking: '확인 중…',
      yours: '받은 쿠폰입니다',
      opensIn: (time) => `${time} 뒤에 열립니다`,
      left: (remaining, quantity) => `${quantity}장 중 ${remaining}장 남음`,
      issued: (issueNo) => `받았습니다: ${issueNo}번`,
      sold_out: '모두 소진되었습니다',
      paused: '잠시 멈췄습니다',
      closed: '종료되었습니다',
      not_eligible: '대상 회원이 아닙니다',
      limit_reached: '받을 수 있는 수량을 모두 받았습니다',
      unauthenticated: '로그인하면 받을 수 있습니다',
      again: '아직 답이 없습니다. 다시 시도하는 중…',
      unknown: '아직 확정되지 않았습니다. 다시 누르세요. 받은 쿠폰은 그대로입니다.',
      failed: '받지 못했습니다. 다시 시도하세요.',
    },
  };

  // A sheet made by a script needs no permission of the page's policy for styles.
  const sheet = new CSSStyleSheet();
  sheet.replaceSync(`
    :host { display: inline-block; font: inherit; }
    button { font: inherit; font-weight: 600; min-height: 2.75rem; padding: 0.5rem 1.25rem; border: 1px solid #0f6b5c;
      border-radius: 0.625rem; background: #0f6b5c; color: #fff; cursor: pointer; }
    button[aria-disabled='true'] { background: #6b7280; border-color: #6b7280; cursor: default; }
    button:focus-visible { outline: 3px solid #0f6b5c; outline-offset: 2px; }
    p { margin: 0.375rem 0 0; }
    p:empty { display: none; }`);

  class SeonchakCoupon extends HTMLElement {
    #coupon;
    #stream;
    #ticking;
    #aheadMs = 0;
    #asking = false;
    #settled = false;
    #button = document.createElement('button');
    #figures = document.createElement('p');
    #result = document.createElement('p');

    connectedCallback() {
      this.#result.setAttribute('role', 'status');
      this.#button.type = 'button';
      this.#button.addEventListener('click', () => void this.#press());
      this.#watch();
    }

    disconnectedCallback() {
      this.#stream?.close();
      clearInterval(this.#ticking);
    }

    get #words() {
      const language = this.closest('[lang]')?.lang ?? navigator.language;
      return language.toLowerCase().startsWith('ko') ? words.ko : words.en;
    }

    #watch() {
      this.#stream = new EventSource(new URL(`v1/coupons/${this.getAttribute('coupon')}/live`, server));
      this.#stream.addEventListener('message', ({ data }) => this.#learn(JSON.parse(data)));
    }

    #learn(coupon) {
      // Openings are judged by the clock of the store.
      this.#aheadMs = Date.parse(coupon.storeNow) - Date.now();
      if (this.#coupon === undefined) {
        const root = this.attachShadow({ mode: 'open' });
        root.adoptedStyleSheets = [sheet];
        root.append(this.#button, this.#figures, this.#result);
        this.#ticking = setInterval(() => this.#show(), 1_000);
      }
      this.#coupon = coupon;
      this.#show();
    }

    #show() {
      const { state, opensAt, remaining, quantity } = this.#coupon;
      const text = this.#words;
      const waitMs = opensAt === null ? 0 : Date.parse(opensAt) - Date.now() - this.#aheadMs;
      const waiting = state === 'scheduled' && waitMs > 0;
      // A member who holds the coupon may ask for the number whatever the state.
      const over = this.#settled || waiting || state === 'closed';
      this.#button.setAttribute('aria-disabled', String(over || this.#asking));
      this.#button.textContent = this.#asking
        ? text.asking
        : waiting
          ? text.opensIn(clock(waitMs))
          : this.#settled
            ? text.yours
            : (text[state] ?? text.download);
      this.#figures.textContent = text.left(remaining.toLocaleString(), quantity.toLocaleString());
    }

    async #press() {
      if (this.#button.getAttribute('aria-disabled') === 'true') return;
      this.#asking = true;
      this.#result.textContent = '';
      this.#show();
      const answer = await this.#untilDefinite();
      this.#asking = false;
      this.#settled = answer?.issueNo !== undefined;
      this.#show();
      const text = this.#words;
      const said = this.#settled ? text.issued(answer.issueNo) : (text[answer?.code] ?? text.failed);
      this.#result.textContent = answer === undefined ? text.unknown : said;
      this.dispatchEvent(
        new CustomEvent('seonchak-outcome', { detail: answer, bubbles: true, composed: true }),
      );
    }

    /** Repeating is always safe: a winner gets the same number again. */
    async #untilDefinite() {
      const giveUpAt = Date.now() + GIVE_UP_MS;
      while (Date.now() < giveUpAt) {
        let pauseMs = RETRY_MS;
        try {
          const response = await this.#send();
          if (!REPEATED.includes(response.status)) return await response.json();
          // A proxy may name a date instead of seconds.
          const asked = Number(response.headers.get('retry-after') ?? Number.NaN);
          if (Number.isFinite(asked)) pauseMs = asked * 1_000;
        } catch {
          // The connection broke: the answer is not known.
        }
        this.#result.textContent = this.#words.again;
        await new Promise((resolve) => setTimeout(resolve, pauseMs * (1 + Math.random())));
      }
      return undefined;
    }

    async #send() {
      const own = this.getAttribute('download');
      if (own !== null) return fetch(own, { method: 'POST', headers: { Accept: 'application/json' } });
      const token = typeof this.token === 'function' ? await this.token() : this.token;
      return fetch(new URL(`v1/coupons/${this.getAttribute('coupon')}/download`, server), {
        method: 'POST',
        headers: token === undefined ? {} : { Authorization: `Bearer ${token}` },
      });
    }
  }

  /** `1:02:03`, `2:03` */
  function clock(ms) {
    const seconds = Math.ceil(ms / 1_000);
    const parts = [Math.floor(seconds / 3_600), Math.floor(seconds / 60) % 60, seconds % 60];
    const shown = parts[0] === 0 ? parts.slice(1) : parts;
    return shown.map((part, place) => (place === 0 ? String(part) : String(part).padStart(2, '0'))).join(':');
  }

  customElements.define('seonchak-coupon', SeonchakCoupon);
})();
