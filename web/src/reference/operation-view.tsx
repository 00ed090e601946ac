/** Shows one route: its input and all of its answers. */
import { Fragment } from 'preact';
import type { ComponentChildren } from 'preact';
import { isProblem, nameOf } from './openapi.js';
import type { Content, Operation, Parameter, Schema } from './openapi.js';
import { Curl, TryIt } from './try-it.js';
import { notation, remarkOn, schemaAnchor } from './schema-view.js';

interface OperationOptions {
  readonly method: string;
  readonly path: string;
  readonly operation: Operation;
}

export function OperationView({ method, path, operation }: OperationOptions) {
  const { operationId, summary, description, parameters = [], requestBody, responses } = operation;
  const role = Object.keys(operation.security[0] ?? {})[0];
  return (
    <section class="operation" id={operationId} aria-labelledby={`${operationId}-name`}>
      <h3 id={`${operationId}-name`}>
        <span class={`method method-${method}`}>{method.toUpperCase()}</span>{' '}
        <code>
          <Breakable path={path} />
        </code>
      </h3>
      <p class="summary">
        {summary}.{' '}
        <span class="quiet">{role === undefined ? 'No token needed.' : `With the token of a ${role}.`}</span>
      </p>
      {description !== undefined && <p class="quiet">{description.replace(/`/g, '')}</p>}
      {parameters.length > 0 && (
        <Table name="Parameters">
          {parameters.map((parameter) => (
            <ParameterRow key={parameter.name} parameter={parameter} />
          ))}
        </Table>
      )}
      {requestBody !== undefined && (
        <Table name="Body">
          {Object.entries(requestBody.content).map(([type, { schema }]) => (
            <Row key={type} head={type}>
              <code>{notation(schema, '')}</code>
            </Row>
          ))}
        </Table>
      )}
      <Table name="Answers">
        {Object.entries(responses).map(([status, answer]) => (
          <AnswerRow
            key={status}
            status={status}
            summary={answer.description}
            content={answer.content ?? {}}
          />
        ))}
      </Table>
      <Curl source={operation['x-codeSamples'][0]?.source ?? ''} />
      {/* An answer that never ends has no place in a page. */}
      {!isStream(operation) && <TryIt method={method} path={path} operation={operation} />}
    </section>
  );
}

function isStream({ responses }: Operation): boolean {
  return Object.values(responses).some(({ content = {} }) => 'text/event-stream' in content);
}

/** May be broken after a slash, so that a phone shows all of it. */
function Breakable({ path }: { readonly path: string }) {
  return path.split('/').map((part, index) => (
    <Fragment key={index}>
      {index > 0 && (
        <>
          /<wbr />
        </>
      )}
      {part}
    </Fragment>
  ));
}

function Table({ name, children }: { readonly name: string; readonly children: ComponentChildren }) {
  return (
    <dl class="parts">
      <dt>{name}</dt>
      <dd>{children}</dd>
    </dl>
  );
}

function Row({ head, children }: { readonly head: ComponentChildren; readonly children: ComponentChildren }) {
  return (
    <div class="part">
      <span class="part-head">{head}</span>
      <span>{children}</span>
    </div>
  );
}

function ParameterRow({ parameter: { name, in: place, schema } }: { readonly parameter: Parameter }) {
  const remark = remarkOn(schema);
  return (
    <Row head={<code>{name}</code>}>
      <code>{notation(schema, '')}</code>
      {` in the ${place}`}
      {remark !== '' && `, ${remark}`}
    </Row>
  );
}

interface AnswerOptions {
  readonly status: string;
  readonly summary: string;
  readonly content: Readonly<Record<string, Content>>;
}

function AnswerRow({ status, summary, content }: AnswerOptions) {
  const entries = Object.entries(content);
  const problems = entries.flatMap(([, { schema }]) => problemNames(schema));
  if (problems.length > 0) {
    return (
      <Row head={<span class="status status-problem">{status}</span>}>
        <code>
          {problems.map((name, index) => (
            <Fragment key={name}>
              {index > 0 && ', '}
              <a href={`#${schemaAnchor(name)}`}>{codeOf(name)}</a>
            </Fragment>
          ))}
        </code>
      </Row>
    );
  }
  return (
    <Row head={<span class="status">{status}</span>}>
      {summary}
      {entries.map(([type, { schema }], index) => (
        <Fragment key={type}>
          {index > 0 ? ', or ' : ' '}
          <code>{schema.$ref === undefined ? type : notation(schema, '')}</code>
        </Fragment>
      ))}
    </Row>
  );
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
