/** Draws the frame of the pages between which an administrator moves. */
import { useConsole } from '../context.js';
import { useTitle } from '../hooks.js';
import { signInAddress } from '../route.js';
import { Empty } from './states.js';
import { TabbedPage } from './tabbed-page.js';
import type { PageHead } from './tabbed-page.js';

export function AdminPage({ under, ...page }: PageHead & { readonly under?: string }) {
  const { words, session, address } = useConsole();
  useTitle(page.title);
  const { tabs, adminsOnly, adminsOnlyText } = words.admin;
  if (session.current?.role !== 'admin') {
    return (
      <div class="page">
        <Empty title={adminsOnly} text={adminsOnlyText} wholePage>
          <a class="button" href={signInAddress(address)}>
            {words.account.signIn}
          </a>
        </Empty>
      </div>
    );
  }
  const pages: readonly (readonly [string, string])[] = [
    ['#/admin', tabs.health],
    ['#/admin/coupons', tabs.coupons],
    ['#/admin/accounts', tabs.accounts],
    ['#/admin/audit', tabs.audit],
  ];
  return <TabbedPage {...page} label={tabs.label} tabs={pages} under={under} />;
}
