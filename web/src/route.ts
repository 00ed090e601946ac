/**
 * Finds the page that an address names. Behind the `#`, so that the server has one page and a reverse proxy nothing to
 * know.
 */

export type Route =
  | {
      readonly page:
        | 'coupons'
        | 'mine'
        | 'sell'
        | 'register'
        | 'account'
        | 'forgot'
        | 'keys'
        | 'webhooks'
        | 'till'
        | 'not_found';
    }
  | { readonly page: 'health' | 'all_coupons' | 'accounts' | 'audit' }
  | { readonly page: 'sign_in' | 'sign_up'; readonly returnTo: string }
  | {
      readonly page: 'event' | 'detail' | 'rules' | 'holds' | 'redemptions' | 'comparison';
      readonly couponId: number;
    };

/** Pages about one coupon, by the parts of the address before and after its number. */
const couponPages: Readonly<
  Record<string, 'event' | 'detail' | 'rules' | 'holds' | 'redemptions' | 'comparison'>
> = {
  coupons: 'event',
  sell: 'detail',
  'sell/rules': 'rules',
  'sell/holds': 'holds',
  'sell/redemptions': 'redemptions',
  'admin/coupons': 'comparison',
};

export const home = '#/';

export function eventAddress(couponId: number): string {
  return `#/coupons/${couponId}`;
}

export function detailAddress(couponId: number): string {
  return `#/sell/${couponId}`;
}

export function comparisonAddress(couponId: number): string {
  return `#/admin/coupons/${couponId}`;
}

export function rulesAddress(couponId: number): string {
  return `#/sell/${couponId}/rules`;
}

export function holdsAddress(couponId: number): string {
  return `#/sell/${couponId}/holds`;
}

export function redemptionsAddress(couponId: number): string {
  return `#/sell/${couponId}/redemptions`;
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
    case '/till':
      return { page: 'till' };
    case '/sell/webhooks':
      return { page: 'webhooks' };
    case '/admin':
      return { page: 'health' };
    case '/admin/coupons':
      return { page: 'all_coupons' };
    case '/admin/accounts':
      return { page: 'accounts' };
    case '/admin/audit':
      return { page: 'audit' };
    case '/sign-in':
      return { page: 'sign_in', returnTo };
    case '/sign-up':
      return { page: 'sign_up', returnTo };
  }
  const [, section = '', id, part = ''] =
    /^\/(coupons|sell|admin\/coupons)\/([1-9]\d{0,14})(\/[a-z]+)?$/.exec(path) ?? [];
  const page = couponPages[section + part];
  return id === undefined || page === undefined ? { page: 'not_found' } : { page, couponId: Number(id) };
}
