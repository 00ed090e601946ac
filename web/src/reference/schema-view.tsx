/** Shows a schema in TypeScript notation, with further constraints beside each field. */
import { Fragment } from 'preact';
import type { ComponentChildren } from 'preact';
import { nameOf } from './openapi.js';
import type { Schema } from './openapi.js';

const INDENT = '  ';

export function SchemaBlock({ schema }: { readonly schema: Schema }) {
  return (
    <pre class="schema" tabIndex={0}>
      <code>{notation(schema, '')}</code>
    </pre>
  );
}

export function schemaAnchor(name: string): string {
  return `schema-${name}`;
}

/** On one line where nothing has fields of its own. */
export function notation(schema: Schema, indent: string): ComponentChildren {
  if (schema.$ref !== undefined) {
    const name = nameOf(schema.$ref);
    return <a href={`#${schemaAnchor(name)}`}>{name}</a>;
  }
  const choices = schema.anyOf ?? schema.oneOf;
  if (choices !== undefined) {
    return choices.map((choice, index) => (
      <Fragment key={index}>
        {index > 0 && ' | '}
        {notation(choice, indent)}
      </Fragment>
    ));
  }
  if (schema.const !== undefined) return JSON.stringify(schema.const);
  if (schema.enum !== undefined) return schema.enum.map((value) => JSON.stringify(value)).join(' | ');
  if (schema.items !== undefined) return <>{notation(schema.items, indent)}[]</>;
  if (schema.properties !== undefined) return fields(schema, indent);
  return schema.type ?? 'anything';
}

function fields({ properties = {}, required = [] }: Schema, indent: string): ComponentChildren {
  const inside = indent + INDENT;
  return (
    <>
      {'{\n'}
      {Object.entries(properties).map(([name, schema]) => {
        const remark = remarkOn(schema);
        return (
          <Fragment key={name}>
            {inside}
            <span class="field-name">{name}</span>
            {required.includes(name) ? ': ' : '?: '}
            {notation(schema, inside)}
            {remark !== '' && <span class="remark">{`  // ${remark}`}</span>}
            {'\n'}
          </Fragment>
        );
      })}
      {`${indent}}`}
    </>
  );
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
