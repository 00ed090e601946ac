/** Maps addresses to pages. */
import { element } from '../dom.js';
import { empty, wholePage } from '../parts/states.js';
import { home } from '../route.js';
import type { Route } from '../route.js';
import type { View, ViewContext } from '../view.js';
import { couponsView } from './coupons.js';
import { detailView } from './detail.js';
import { eventView } from './event.js';
import { myCouponsView } from './my-coupons.js';
import { registerView } from './register.js';
import { sellView } from './sell.js';
import { signInView } from './sign-in.js';
import { signUpView } from './sign-up.js';

export function viewOf(route: Route, context: ViewContext): View {
  switch (route.page) {
    case 'coupons':
      return couponsView(context);
    case 'event':
      return eventView(context, route.couponId);
    case 'mine':
      return myCouponsView(context);
    case 'sell':
      return sellView(context);
    case 'register':
      return registerView(context);
    case 'detail':
      return detailView(context, route.couponId);
    case 'sign_in':
      return signInView(context, route.returnTo);
    case 'sign_up':
      return signUpView(context, route.returnTo);
    case 'not_found':
      return notFoundView(context);
  }
}

function notFoundView({ words }: ViewContext): View {
  const { title, text } = words.notFound;
  const link = element('a', { class: 'button', href: home }, words.notFound.home);
  return { title, root: element('div', { class: 'page' }, wholePage(empty(title, text, link))) };
}
