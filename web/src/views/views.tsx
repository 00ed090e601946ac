/** Maps addresses to pages. */
import { useEffect } from 'preact/hooks';
import { useConsole } from '../context.js';
import { useTitle } from '../hooks.js';
import { Empty, Loading } from '../parts/states.js';
import { home } from '../route.js';
import type { Route } from '../route.js';
import { CouponsPage } from './coupons.js';
import { EventPage } from './event.js';
import { bundle, Later } from './later.js';
import { SignInPage } from './sign-in.js';

const ownPages = bundle(() => import('./own-pages.js'));
const sellerPages = bundle(() => import('./seller-pages.js'));
const adminPages = bundle(() => import('./admin-pages.js'));

/** Pages that everyone visits are at hand, so that a crowd waits for nothing; the others are loaded when they are visited. */
export function PageOf({ route }: { readonly route: Route }) {
  switch (route.page) {
    case 'coupons':
      return <CouponsPage />;
    case 'event':
      return <EventPage couponId={route.couponId} />;
    case 'sign_in':
      return <SignInPage returnTo={route.returnTo} />;
    case 'till':
      return <ToTill />;
    case 'not_found':
      return <NotFoundPage />;
    case 'mine':
      return <Later from={ownPages}>{({ MyCouponsPage }) => <MyCouponsPage />}</Later>;
    case 'account':
      return <Later from={ownPages}>{({ AccountPage }) => <AccountPage />}</Later>;
    case 'forgot':
      return <Later from={ownPages}>{({ ForgotPage }) => <ForgotPage />}</Later>;
    case 'sign_up':
      return <Later from={ownPages}>{({ SignUpPage }) => <SignUpPage returnTo={route.returnTo} />}</Later>;
    case 'sell':
      return <Later from={sellerPages}>{({ SellPage }) => <SellPage />}</Later>;
    case 'register':
      return <Later from={sellerPages}>{({ RegisterPage }) => <RegisterPage />}</Later>;
    case 'keys':
      return <Later from={sellerPages}>{({ KeysPage }) => <KeysPage />}</Later>;
    case 'webhooks':
      return <Later from={sellerPages}>{({ WebhooksPage }) => <WebhooksPage />}</Later>;
    case 'detail':
      return <Later from={sellerPages}>{({ DetailPage }) => <DetailPage couponId={route.couponId} />}</Later>;
    case 'rules':
      return <Later from={sellerPages}>{({ RulesPage }) => <RulesPage couponId={route.couponId} />}</Later>;
    case 'redemptions':
      return (
        <Later from={sellerPages}>
          {({ RedemptionsPage }) => <RedemptionsPage couponId={route.couponId} />}
        </Later>
      );
    case 'holds':
      return <Later from={sellerPages}>{({ HoldsPage }) => <HoldsPage couponId={route.couponId} />}</Later>;
    case 'health':
      return <Later from={adminPages}>{({ HealthPage }) => <HealthPage />}</Later>;
    case 'all_coupons':
      return <Later from={adminPages}>{({ AllCouponsPage }) => <AllCouponsPage />}</Later>;
    case 'accounts':
      return <Later from={adminPages}>{({ AccountsPage }) => <AccountsPage />}</Later>;
    case 'audit':
      return <Later from={adminPages}>{({ AuditPage }) => <AuditPage />}</Later>;
    case 'comparison':
      return (
        <Later from={adminPages}>
          {({ ComparisonPage }) => <ComparisonPage couponId={route.couponId} />}
        </Later>
      );
  }
}

/** A document of its own: only there the camera may be used. */
function ToTill() {
  useEffect(() => location.replace('till'), []);
  return <Loading />;
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
