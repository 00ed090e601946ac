/** Bundles the pages of one’s own coupons and account: a browser loads them with the first page of them that is visited. */
export { AccountPage } from './account.js';
export { ForgotPage } from './forgot.js';
export { MyCouponsPage } from './my-coupons.js';
export { SignUpPage } from './sign-up.js';
