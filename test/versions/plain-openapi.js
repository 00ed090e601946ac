const UNREADABLE = new Set(['contentSchema', 'contentMediaType', 'discriminator']);

/**
 * Simplifies an OpenAPI 3.1 document for generators from before 2023: they read 3.0 only, and know neither unions nor constants.
 *
 * What they cannot express is left open (any value), so a client never refuses an answer.
 *
 * @param {unknown} value the document, or a part of it
 */
export function simplified(value) {
  if (Array.isArray(value)) return value.map(simplified);
  if (typeof value !== 'object' || value === null) return value;
  const parts = Object.entries(value).filter(([key]) => !UNREADABLE.has(key));
  const {
    const: constant,
    enum: choices,
    ...schema
  } = withoutUnion(Object.fromEntries(parts.map(([key, part]) => [key, simplified(part)])));
  // An enumeration of numbers becomes code that does not compile.
  if (schema.type === 'integer' || schema.type === 'boolean') return schema;
  return {
    ...schema,
    ...(constant === undefined ? {} : { const: constant }),
    ...(choices === undefined ? {} : { enum: choices }),
  };
}

function withoutUnion({ anyOf, oneOf, ...schema }) {
  if (Array.isArray(schema.type) && !schema.type.includes('null')) return { ...schema, type: undefined };
  const union = anyOf ?? oneOf;
  if (!Array.isArray(union)) return schema;
  const [only, ...others] = union.filter(({ type }) => type !== 'null');
  const open = others.length + 1 < union.length ? { ...schema, nullable: true } : schema;
  if (others.length > 0) return open;
  return only.$ref === undefined ? { ...open, ...only } : { ...open, allOf: [only] };
}
