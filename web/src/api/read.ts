/** Checks and takes apart the unknown content of answers. */

/** The answer is not as the contract has it: an older server, or something between us and it. */
export class UnexpectedAnswerError extends Error {}

export type Fields = Readonly<Record<string, unknown>>;

export function fieldsOf(value: unknown): Fields {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) {
    throw new UnexpectedAnswerError('expected an object');
  }
  return value as Fields;
}

export function numberIn(fields: Fields, name: string): number {
  const value = fields[name];
  if (typeof value !== 'number') throw new UnexpectedAnswerError(`${name} is not a number`);
  return value;
}

export function textIn(fields: Fields, name: string): string {
  const value = fields[name];
  if (typeof value !== 'string') throw new UnexpectedAnswerError(`${name} is not text`);
  return value;
}

export function textOrNothingIn(fields: Fields, name: string): string | undefined {
  return fields[name] === null || fields[name] === undefined ? undefined : textIn(fields, name);
}

export function instantIn(fields: Fields, name: string): number {
  const epochMs = Date.parse(textIn(fields, name));
  if (Number.isNaN(epochMs)) throw new UnexpectedAnswerError(`${name} is not an instant`);
  return epochMs;
}

export function instantOrNothingIn(fields: Fields, name: string): number | undefined {
  return fields[name] === null || fields[name] === undefined ? undefined : instantIn(fields, name);
}

export function listIn<Item>(fields: Fields, name: string, read: (value: unknown) => Item): Item[] {
  const value = fields[name];
  if (!Array.isArray(value)) throw new UnexpectedAnswerError(`${name} is not a list`);
  return value.map(read);
}
