/**
 * Finds the page that an address names. Behind the `#`, so that the server has one page and a reverse proxy nothing to
 * know.
 */

export type Route =
  | {
      readonly page:
        'coupons' | 'mine' | 'sell' | 'register' | 'account' | 'forgot' | 'keys' | 'webhooks' | 'not_found';
    }
  | { readonly page: 'sign_in' | 'sign_up'; readonly returnTo: string }
  | { readonly page: 'event' | 'detail'; readonly couponId: number };

export const home = '#/';

export function eventAddress(couponId: number): string {
  return `#/coupons/${couponId}`;
}

export function detailAddress(couponId: number): string {
  return `#/sell/${couponId}`;
}

export function signInAddress(returnTo: string): string {
  return `#/sign-in?to=${encodeURIComponent(returnTo)}`;
}

export function routeOf(hash: string): Route {
  const [path = '', query = ''] = hash.replace(/^#/, '').split('?');
  // Only an address of this console: a link must not lead elsewhere after signing in.
  const to = new URLSearchParams(query).get('to') ?? '';
  const returnTo = to.startsWith('#/') ? to : '';
  switch (path) {
    case '':
    case '/':
    case '/coupons':
      return { page: 'coupons' };
    case '/me':
      return { page: 'mine' };
    case '/account':
      return { page: 'account' };
    case '/forgot':
      return { page: 'forgot' };
    case '/sell':
      return { page: 'sell' };
    case '/sell/new':
      return { page: 'register' };
    case '/sell/keys':
      return { page: 'keys' };
    case '/sell/webhooks':
      return { page: 'webhooks' };
    case '/sign-in':
      return { page: 'sign_in', returnTo };
    case '/sign-up':
      return { page: 'sign_up', returnTo };
  }
  const [, section, id] = /^\/(coupons|sell)\/([1-9]\d{0,14})$/.exec(path) ?? [];
  if (id === undefined) return { page: 'not_found' };
  return { page: section === 'sell' ? 'detail' : 'event', couponId: Number(id) };
}
