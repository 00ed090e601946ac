/** Draws the frame of the pages between which a seller moves. */
import { useConsole } from '../context.js';
import { useTitle } from '../hooks.js';
import { SellersOnly } from './states.js';
import { TabbedPage } from './tabbed-page.js';
import type { PageHead } from './tabbed-page.js';

export function SellerPage(page: PageHead) {
  const { words, session } = useConsole();
  useTitle(page.title);
  const { tabs } = words.shop;
  if (session.current?.role !== 'seller') {
    return (
      <div class="page">
        <SellersOnly wholePage />
      </div>
    );
  }
  const pages: readonly (readonly [string, string])[] = [
    ['#/sell', tabs.coupons],
    ['till', tabs.till],
    ['#/sell/keys', tabs.keys],
    ['#/sell/webhooks', tabs.webhooks],
  ];
  return <TabbedPage {...page} label={tabs.label} tabs={pages} />;
}
