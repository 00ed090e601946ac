/** Draws the frame of the pages between which a seller moves: tabs, heading and the action of the page. */
import type { ComponentChildren } from 'preact';
import { useConsole } from '../context.js';
import { useTitle } from '../hooks.js';
import { SellersOnly } from './states.js';

interface SellerPageOptions {
  readonly title: string;
  readonly lead: string;
  readonly action?: ComponentChildren;
  readonly children: ComponentChildren;
}

export function SellerPage({ title, lead, action, children }: SellerPageOptions) {
  const { words, session, address } = useConsole();
  useTitle(title);
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
    ['#/sell/keys', tabs.keys],
    ['#/sell/webhooks', tabs.webhooks],
  ];
  return (
    <div class="page">
      <nav class="tabs" aria-label={tabs.label}>
        {pages.map(([to, text]) => (
          <a key={to} href={to} aria-current={to === address ? 'page' : undefined}>
            {text}
          </a>
        ))}
      </nav>
      <header class="page-head">
        <div>
          <h1>{title}</h1>
          <p class="lead">{lead}</p>
        </div>
        {action}
      </header>
      {children}
    </div>
  );
}
