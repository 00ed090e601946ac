/** Shows placeholders for content that is loading, empty or unavailable. */
import type { ComponentChildren } from 'preact';
import type { Problem } from '../api/problem.js';
import { useConsole } from '../context.js';
import { problemText } from '../problem-text.js';
import { home, signInAddress } from '../route.js';

export function Loading() {
  const { words } = useConsole();
  return (
    <div class="state state-loading" role="status">
      <div class="spinner" aria-hidden="true" />
      <p>{words.loading}</p>
    </div>
  );
}

interface EmptyOptions {
  readonly title: string;
  readonly text: string;
  /** True on a page that shows nothing else: the text is the heading. */
  readonly wholePage?: boolean;
  readonly children?: ComponentChildren;
}

export function Empty({ title, text, wholePage, children }: EmptyOptions) {
  return (
    <div class="state">
      <StateTitle wholePage={wholePage}>{title}</StateTitle>
      <p>{text}</p>
      {children}
    </div>
  );
}

interface FailedOptions {
  readonly problem: Problem;
  /** Left out where trying again cannot help: then there is a way to what can be seen. */
  readonly retry?: (() => void) | undefined;
  readonly wholePage?: boolean;
}

export function Failed({ problem, retry, wholePage }: FailedOptions) {
  const { words } = useConsole();
  return (
    <div class="state state-failed" role="alert">
      <StateTitle wholePage={wholePage}>{words.loadFailed}</StateTitle>
      <p>{problemText(words, problem)}</p>
      {retry === undefined ? (
        <a class="button" href={home}>
          {words.notFound.home}
        </a>
      ) : (
        <button type="button" class="button" onClick={retry}>
          {words.tryAgain}
        </button>
      )}
    </div>
  );
}

function StateTitle({
  wholePage,
  children,
}: {
  readonly wholePage: boolean | undefined;
  readonly children: string;
}) {
  return wholePage === true ? <h1 class="state-title">{children}</h1> : <p class="state-title">{children}</p>;
}

/** Takes the place of a seller's page for everyone else. */
export function SellersOnly({ wholePage }: { readonly wholePage?: boolean }) {
  const { words, address } = useConsole();
  return (
    <Empty
      title={words.sell.sellersOnly}
      text={words.sell.sellersOnlyText}
      {...(wholePage === true && { wholePage })}
    >
      <a class="button" href={signInAddress(address)}>
        {words.account.signIn}
      </a>
    </Empty>
  );
}
