/** Sets a new password with the one-time link whose text is after the `#` of the address. */
import { preferredLanguage } from '../language/language.js';
import { resetWords } from './reset-words.js';

const PASSWORD_LENGTH_MIN = 8;
const PASSWORD_LENGTH_MAX = 128;

const language = preferredLanguage();
const words = resetWords[language];

const main = part('main', HTMLElement);
const form = part('form', HTMLFormElement);
const input = part('#password', HTMLInputElement);
const button = part('button', HTMLButtonElement);
const fault = part('#fault', HTMLElement);

document.documentElement.lang = language;
document.title = `${words.title} · Seonchak`;
part('h1', HTMLElement).textContent = words.title;
part('label', HTMLElement).textContent = words.password;
part('#password-hint', HTMLElement).textContent = words.hint;
part('#after a', HTMLElement).textContent = words.home;
button.textContent = words.submit;

const link = window.location.hash.slice(1);
form.hidden = link === '';
part('#lead', HTMLElement).textContent = link === '' ? words.noLink : words.lead;
main.hidden = false;

// Another link was opened in this tab.
window.addEventListener('hashchange', () => window.location.reload());

form.addEventListener('submit', (event) => {
  event.preventDefault();
  if (button.getAttribute('aria-busy') === 'true') return;
  void submit();
});

async function submit(): Promise<void> {
  const { length } = Array.from(input.value.normalize('NFKC'));
  if (length < PASSWORD_LENGTH_MIN || length > PASSWORD_LENGTH_MAX) {
    show(words.tooShort);
    return;
  }
  show('');
  button.setAttribute('aria-busy', 'true');
  const status = await send().catch(() => 0);
  button.removeAttribute('aria-busy');
  if (status === 200) finish();
  else show(status === 410 ? words.invalid : status === 429 ? words.tooMany : words.failed);
}

async function send(): Promise<number> {
  const { status } = await fetch('./v1/passwords', {
    method: 'POST',
    headers: { 'Content-Type': 'application/json' },
    body: JSON.stringify({ token: link, password: input.value }),
  });
  return status;
}

function show(text: string): void {
  fault.textContent = text;
  if (text === '') input.removeAttribute('aria-invalid');
  else {
    input.setAttribute('aria-invalid', 'true');
    input.focus();
  }
}

function finish(): void {
  // Used up: it should neither stay in the history nor be sent again.
  window.history.replaceState(null, '', window.location.pathname);
  form.remove();
  const heading = part('h1', HTMLElement);
  heading.textContent = words.done;
  heading.tabIndex = -1;
  heading.focus();
  part('#lead', HTMLElement).textContent = words.doneLead;
}

function part<Found extends HTMLElement>(selector: string, kind: new () => Found): Found {
  const found = document.querySelector(selector);
  if (!(found instanceof kind)) throw new Error(`The page has no ${selector}`);
  return found;
}
