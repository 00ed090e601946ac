/** Shows a schema in TypeScript notation, with further constraints beside each field. */
import { element } from '../dom.js';
import type { Child } from '../dom.js';
import { nameOf } from './openapi.js';
import type { Schema } from './openapi.js';

const INDENT = '  ';

export function schemaBlock(schema: Schema): HTMLElement {
  return element('pre', { class: 'schema', tabindex: '0' }, element('code', {}, ...notation(schema, '')));
}

export function schemaAnchor(name: string): string {
  return `schema-${name}`;
}

/** On one line where nothing has fields of its own. */
export function notation(schema: Schema, indent: string): Child[] {
  if (schema.$ref !== undefined) {
    const name = nameOf(schema.$ref);
    return [element('a', { href: `#${schemaAnchor(name)}` }, name)];
  }
  const choices = schema.anyOf ?? schema.oneOf;
  if (choices !== undefined)
    return choices.flatMap((choice, index) => [index > 0 && ' | ', ...notation(choice, indent)]);
  if (schema.const !== undefined) return [JSON.stringify(schema.const)];
  if (schema.enum !== undefined) return [schema.enum.map((value) => JSON.stringify(value)).join(' | ')];
  if (schema.items !== undefined) return [...notation(schema.items, indent), '[]'];
  if (schema.properties !== undefined) return fields(schema, indent);
  return [schema.type ?? 'anything'];
}

function fields({ properties = {}, required = [] }: Schema, indent: string): Child[] {
  const inside = indent + INDENT;
  const lines = Object.entries(properties).flatMap(([name, schema]) => {
    const remark = remarkOn(schema);
    return [
      inside,
      element('span', { class: 'field' }, name),
      required.includes(name) ? ': ' : '?: ',
      ...notation(schema, inside),
      remark !== '' && element('span', { class: 'remark' }, `  // ${remark}`),
      '\n',
    ];
  });
  return ['{\n', ...lines, `${indent}}`];
}

/** Bounds, format, default and description, as far as they are given. */
export function remarkOn(schema: Schema): string {
  const { format, minimum, maximum, minLength, maxLength, description } = schema;
  const parts = [
    format,
    between(minimum, maximum, ''),
    between(minLength, maxLength, ' characters'),
    schema.default === undefined ? undefined : `default ${JSON.stringify(schema.default)}`,
    description?.replace(/`/g, ''),
  ];
  return parts.filter((part) => part !== undefined).join(', ');
}

function between(least: number | undefined, most: number | undefined, unit: string): string | undefined {
  // zod writes the exact range of a double where no bound was meant.
  const bounded =
    most === undefined || most >= Number.MAX_SAFE_INTEGER ? undefined : most.toLocaleString('en');
  if (least === undefined) return bounded === undefined ? undefined : `up to ${bounded}${unit}`;
  const from = least.toLocaleString('en');
  return bounded === undefined ? `from ${from}${unit}` : `${from} to ${bounded}${unit}`;
}
