/** Draws the frame of pages between which one moves by tabs: tabs, heading and the action of the page. */
import type { ComponentChildren } from 'preact';
import { useConsole } from '../context.js';

export interface PageHead {
  readonly title: string;
  readonly lead: string;
  readonly action?: ComponentChildren;
  readonly children: ComponentChildren;
}

interface TabbedPageOptions extends PageHead {
  readonly label: string;
  /** Addresses and their names. */
  readonly tabs: readonly (readonly [string, string])[];
  /** The tab of a page that has no tab of its own. */
  readonly under?: string | undefined;
}

export function TabbedPage({ label, tabs, under, title, lead, action, children }: TabbedPageOptions) {
  const { address } = useConsole();
  const current = under ?? address;
  return (
    <div class="page">
      <nav class="tabs" aria-label={label}>
        {tabs.map(([to, text]) => (
          <a key={to} href={to} aria-current={to === current ? 'page' : undefined}>
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
