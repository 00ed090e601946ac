/** Shows one route: its input and all of its answers. */
import { element } from '../dom.js';
import type { Child } from '../dom.js';
import { isProblem, nameOf } from './openapi.js';
import type { Content, Operation, Parameter, Schema } from './openapi.js';
import { notation, remarkOn, schemaAnchor } from './schema-view.js';

export function operationView(method: string, path: string, operation: Operation): HTMLElement {
  const { operationId, summary, description, parameters = [], requestBody, responses } = operation;
  const role = Object.keys(operation.security[0] ?? {})[0];
  return element(
    'section',
    { class: 'operation', id: operationId, 'aria-labelledby': `${operationId}-name` },
    element(
      'h3',
      { id: `${operationId}-name` },
      element('span', { class: `method method-${method}` }, method.toUpperCase()),
      ' ',
      element('code', {}, ...breakable(path)),
    ),
    element(
      'p',
      { class: 'summary' },
      `${summary}. `,
      element(
        'span',
        { class: 'quiet' },
        role === undefined ? 'No token needed.' : `With the token of a ${role}.`,
      ),
    ),
    description !== undefined && element('p', { class: 'quiet' }, plain(description)),
    parameters.length > 0 && table('Parameters', parameters.map(parameterRow)),
    requestBody !== undefined && table('Body', contentRows(requestBody.content)),
    table(
      'Answers',
      Object.entries(responses).flatMap(([status, { description: summary, content }]) =>
        answerRow(status, summary, content ?? {}),
      ),
    ),
  );
}

/** May be broken behind a slash, so that a phone shows all of it. */
function breakable(path: string): Child[] {
  return path.split('/').flatMap((part, index) => (index === 0 ? [part] : ['/', element('wbr'), part]));
}

function plain(text: string): string {
  return text.replace(/`/g, '');
}

function table(name: string, rows: readonly HTMLElement[]): HTMLElement {
  return element('dl', { class: 'parts' }, element('dt', {}, name), element('dd', {}, ...rows));
}

function row(head: Child, ...content: readonly Child[]): HTMLElement {
  return element(
    'div',
    { class: 'part' },
    element('span', { class: 'part-head' }, head),
    element('span', {}, ...content),
  );
}

function parameterRow({ name, in: place, schema }: Parameter): HTMLElement {
  const remark = remarkOn(schema);
  return row(
    element('code', {}, name),
    element('code', {}, ...notation(schema, '')),
    ` in the ${place}`,
    remark !== '' && `, ${remark}`,
  );
}

function contentRows(content: Readonly<Record<string, Content>>): HTMLElement[] {
  return Object.entries(content).map(([type, { schema }]) =>
    row(type, element('code', {}, ...notation(schema, ''))),
  );
}

function answerRow(status: string, summary: string, content: Readonly<Record<string, Content>>): HTMLElement {
  const entries = Object.entries(content);
  const problems = entries.flatMap(([, { schema }]) => problemNames(schema));
  if (problems.length > 0) {
    const links = problems.flatMap((name, index) => [
      index > 0 && ', ',
      element('a', { href: `#${schemaAnchor(name)}` }, codeOf(name)),
    ]);
    return row(element('span', { class: 'status status-problem' }, status), element('code', {}, ...links));
  }
  const forms = entries.flatMap(([type, { schema }], index) => [
    index > 0 ? ', or ' : ' ',
    element('code', {}, ...(schema.$ref === undefined ? [type] : notation(schema, ''))),
  ]);
  return row(element('span', { class: 'status' }, status), summary, ...forms);
}

function problemNames(schema: Schema): string[] {
  const references = schema.oneOf ?? [schema];
  return references.map(({ $ref = '' }) => nameOf($ref)).filter(isProblem);
}

/** `SoldOutProblem` → `sold_out` */
export function codeOf(name: string): string {
  return name
    .replace(/Problem$/, '')
    .replace(/(?!^)[A-Z]/g, (letter) => `_${letter}`)
    .toLowerCase();
}
