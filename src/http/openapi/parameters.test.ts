/** Tests that the parameters of the OpenAPI document are consistent, as linters ask for. */
import { Ajv2020 } from 'ajv/dist/2020.js';
import t from 'tap';
import { openApiDocument } from './document.js';

interface Parameter {
  readonly name: string;
  readonly schema?: { readonly default?: unknown };
}

t.test('the default of a parameter is a value of its schema', (t) => {
  const ajv = new Ajv2020({ strict: false, validateFormats: false });
  const { paths } = openApiDocument() as {
    readonly paths: Readonly<
      Record<string, Readonly<Record<string, { readonly parameters?: readonly Parameter[] }>>>
    >;
  };
  let defaults = 0;
  for (const [path, operations] of Object.entries(paths)) {
    for (const [method, { parameters = [] }] of Object.entries(operations)) {
      for (const { name, schema } of parameters) {
        if (schema?.default === undefined) continue;
        defaults += 1;
        t.ok(ajv.validate(schema, schema.default), `${method} ${path}: ${name}`);
      }
    }
  }
  t.not(defaults, 0);
  t.end();
});
