/** Shows the API reference under /reference, built in the browser from /openapi.json. */
import { render } from 'preact';
import { applyTheme, chosenTheme } from '../theme.js';
import { isProblem } from './openapi.js';
import type { ApiDocument, Operation, Schema } from './openapi.js';
import { TokenField } from './try-it.js';
import { codeOf, OperationView } from './operation-view.js';
import { schemaAnchor, SchemaBlock } from './schema-view.js';

interface Route {
  readonly method: string;
  readonly path: string;
  readonly operation: Operation;
}

applyTheme(chosenTheme());
void show();

async function show(): Promise<void> {
  document.body.replaceChildren();
  try {
    const answer = await fetch('./openapi.json');
    if (!answer.ok) throw new Error(`status ${answer.status}`);
    render(<Reference api={(await answer.json()) as ApiDocument} />, document.body);
    // The address may name a part that was not there when the page was loaded.
    document.getElementById(location.hash.slice(1))?.scrollIntoView();
  } catch {
    render(
      <main class="reference">
        <p>The description of the API could not be read.</p>
      </main>,
      document.body,
    );
  }
}

function Reference({ api }: { readonly api: ApiDocument }) {
  const routes = Object.entries(api.paths).flatMap(([path, item]) =>
    Object.entries(item).map(([method, operation]): Route => ({ method, path, operation })),
  );
  // On a phone the list is above the routes: folded, so that these come within reach.
  const beside = matchMedia('(min-width: 52rem)').matches;
  const groups = api.tags.map((tag) => ({
    ...tag,
    routes: routes.filter(({ operation }) => operation.tags[0] === tag.name),
  }));
  const schemas = Object.entries(api.components.schemas);
  return (
    <>
      <header class="reference-head">
        <h1>API reference</h1>
        <p class="quiet">
          {api.info.title} {api.info.version} · <a href="./openapi.json">openapi.json</a> ·{' '}
          <a href="./postman.json">Postman collection</a> · <a href="./">console</a>
        </p>
      </header>
      <nav class="reference-nav" aria-label="Routes">
        {groups.map(({ name, routes: own }) => (
          <details key={name} open={beside}>
            <summary>{name}</summary>
            <ul>
              {own.map(({ operation }) => (
                <li key={operation.operationId}>
                  <a href={`#${operation.operationId}`}>{operation.summary}</a>
                </li>
              ))}
            </ul>
          </details>
        ))}
        <a href="#schemas">Schemas</a>
        <a href="#problems">Problems</a>
      </nav>
      <main class="reference">
        <TokenField />
        {groups.map(({ name, description, routes: own }) => (
          <>
            <h2>{name}</h2>
            <p class="quiet">{description}</p>
            {own.map((route) => (
              <OperationView key={route.operation.operationId} {...route} />
            ))}
          </>
        ))}
        <h2 id="schemas">Schemas</h2>
        {schemas
          .filter(([name]) => !isProblem(name))
          .map(([name, schema]) => (
            <Named key={name} name={name} title={name} schema={schema} />
          ))}
        <h2 id="problems">Problems</h2>
        <p class="quiet">Identified by their code, which never changes.</p>
        {schemas
          .filter(([name]) => isProblem(name))
          .map(([name, schema]) => (
            <Named key={name} name={name} title={codeOf(name)} schema={schema} />
          ))}
      </main>
    </>
  );
}

function Named({
  name,
  title,
  schema,
}: {
  readonly name: string;
  readonly title: string;
  readonly schema: Schema;
}) {
  return (
    <section class="named" id={schemaAnchor(name)}>
      <h3>
        <code>{title}</code>
      </h3>
      {schema.description !== undefined && <p class="quiet">{schema.description}</p>}
      <SchemaBlock schema={schema} />
    </section>
  );
}
