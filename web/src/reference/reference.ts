/** Shows the API reference under /reference, built in the browser from /openapi.json. */
import { element, fill } from '../dom.js';
import { applyTheme, chosenTheme } from '../theme.js';
import { isProblem } from './openapi.js';
import type { ApiDocument, Operation, Schema } from './openapi.js';
import { codeOf, operationView } from './operation-view.js';
import { schemaAnchor, schemaBlock } from './schema-view.js';

interface Route {
  readonly method: string;
  readonly path: string;
  readonly operation: Operation;
}

applyTheme(chosenTheme());
void show();

async function show(): Promise<void> {
  try {
    const answer = await fetch('./openapi.json');
    if (!answer.ok) throw new Error(`status ${answer.status}`);
    fill(document.body, ...page((await answer.json()) as ApiDocument));
    // The address may name a part that was not there when the page was loaded.
    document.getElementById(location.hash.slice(1))?.scrollIntoView();
  } catch {
    fill(
      document.body,
      element(
        'main',
        { class: 'reference' },
        element('p', {}, 'The description of the API could not be read.'),
      ),
    );
  }
}

function page(api: ApiDocument): HTMLElement[] {
  const routes = Object.entries(api.paths).flatMap(([path, item]) =>
    Object.entries(item).map(([method, operation]): Route => ({ method, path, operation })),
  );
  const groups = api.tags.map((tag) => ({
    ...tag,
    routes: routes.filter(({ operation }) => operation.tags[0] === tag.name),
  }));
  const schemas = Object.entries(api.components.schemas);
  const things = schemas.filter(([name]) => !isProblem(name));
  const problems = schemas.filter(([name]) => isProblem(name));
  return [
    element(
      'header',
      { class: 'reference-head' },
      element('h1', {}, 'API reference'),
      element(
        'p',
        { class: 'quiet' },
        `${api.info.title} ${api.info.version} · `,
        element('a', { href: './openapi.json' }, 'openapi.json'),
        ' · ',
        element('a', { href: './' }, 'console'),
      ),
    ),
    element(
      'nav',
      { class: 'reference-nav', 'aria-label': 'Routes' },
      ...groups.map(({ name, routes: own }) =>
        element(
          'details',
          { open: true },
          element('summary', {}, name),
          element(
            'ul',
            {},
            ...own.map(({ operation }) =>
              element('li', {}, element('a', { href: `#${operation.operationId}` }, operation.summary)),
            ),
          ),
        ),
      ),
      element('a', { href: '#schemas' }, 'Schemas'),
      element('a', { href: '#problems' }, 'Problems'),
    ),
    element(
      'main',
      { class: 'reference' },
      ...groups.flatMap(({ name, description, routes: own }) => [
        element('h2', {}, name),
        element('p', { class: 'quiet' }, description),
        ...own.map(({ method, path, operation }) => operationView(method, path, operation)),
      ]),
      element('h2', { id: 'schemas' }, 'Schemas'),
      ...things.map(([name, schema]) => named(name, name, schema)),
      element('h2', { id: 'problems' }, 'Problems'),
      element('p', { class: 'quiet' }, 'Identified by their code, which never changes.'),
      ...problems.map(([name, schema]) => named(name, codeOf(name), schema)),
    ),
  ];
}

function named(name: string, title: string, schema: Schema): HTMLElement {
  return element(
    'section',
    { class: 'named', id: schemaAnchor(name) },
    element('h3', {}, element('code', {}, title)),
    schema.description !== undefined && element('p', { class: 'quiet' }, schema.description),
    schemaBlock(schema),
  );
}
