/** Maps addresses to pages. */
import { useConsole } from '../context.js';
import { useTitle } from '../hooks.js';
import { Empty } from '../parts/states.js';
import { home } from '../route.js';
import type { Route } from '../route.js';
import { AccountPage } from './account.js';
import { CouponsPage } from './coupons.js';
import { DetailPage } from './detail.js';
import { EventPage } from './event.js';
import { ForgotPage } from './forgot.js';
import { KeysPage } from './keys.js';
import { MyCouponsPage } from './my-coupons.js';
import { RegisterPage } from './register.js';
import { SellPage } from './sell.js';
import { SignInPage } from './sign-in.js';
import { SignUpPage } from './sign-up.js';
import { WebhooksPage } from './webhooks.js';

export function PageOf({ route }: { readonly route: Route }) {
  switch (route.page) {
    case 'coupons':
      return <CouponsPage />;
    case 'event':
      return <EventPage couponId={route.couponId} />;
    case 'mine':
      return <MyCouponsPage />;
    case 'sell':
      return <SellPage />;
    case 'register':
      return <RegisterPage />;
    case 'account':
      return <AccountPage />;
    case 'forgot':
      return <ForgotPage />;
    case 'keys':
      return <KeysPage />;
    case 'webhooks':
      return <WebhooksPage />;
    case 'detail':
      return <DetailPage couponId={route.couponId} />;
    case 'sign_in':
      return <SignInPage returnTo={route.returnTo} />;
    case 'sign_up':
      return <SignUpPage returnTo={route.returnTo} />;
    case 'not_found':
      return <NotFoundPage />;
  }
}

function NotFoundPage() {
  const { notFound } = useConsole().words;
  useTitle(notFound.title);
  return (
    <div class="page">
      <Empty title={notFound.title} text={notFound.text} wholePage>
        <a class="button" href={home}>
          {notFound.home}
        </a>
      </Empty>
    </div>
  );
}
