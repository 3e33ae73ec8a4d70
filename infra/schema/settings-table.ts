/** The configuration as a table of the README: made of the schema that checks it. */
import { type JsonSchema, type Key, keysOf, nameOf, rangeOf, SETTINGS, schemaIn } from './settings-schema.ts';

const MARKS = [
  '<!-- configuration: written by npm run generate -->',
  '<!-- end of configuration -->',
] as const;

/** Texts of a format, as its reader calls them. */
const TEXTS: ReadonlyMap<string | undefined, string> = new Map([
  ['email', 'an e-mail address'],
  ['date-time', 'an ISO 8601 instant'],
]);

/** The README with the table of today between its marks. @throws where a mark is missing */
export function withTable(readme: string): string {
  const [begin, end] = MARKS;
  const [from, to] = [readme.indexOf(begin), readme.indexOf(end)];
  if (from < 0 || to < from)
    throw new Error(`Writing the table: the README must have ${begin} before ${end}`);
  return `${readme.slice(0, from)}${begin}\n${writeTable()}${readme.slice(to)}`;
}

function writeTable(): string {
  const rows = keysOf(SETTINGS).flatMap(rowsOf);
  const lines = [['key', 'value', 'default', 'meaning'], ['---', '---', '---', '---'], ...rows];
  return lines.map((cells) => `| ${cells.join(' | ')} |\n`).join('');
}

/** A key; after one that holds objects by name, the keys of such an object. */
function rowsOf(key: Key): string[][] {
  const { $ref } = typeof key.schema.additionalProperties === 'object' ? key.schema.additionalProperties : {};
  if ($ref === undefined) return [rowOf(key.name, key)];
  const inner = keysOf(schemaIn(SETTINGS.$defs?.[nameOf($ref)]));
  return [rowOf(`${key.name}.<name>`, key), ...inner.map((each) => rowOf(`…${each.name}`, each))];
}

function rowOf(name: string, { schema, isRequired }: Key): string[] {
  const standard = isRequired ? 'required' : code(schema.default);
  return [`\`${name}\``, oneOf(valuesOf(schema)), standard, schema.description ?? ''].map((cell) =>
    cell.replaceAll('|', '\\|'),
  );
}

/** What may stand there, in words. */
function valuesOf(schema: JsonSchema): string[] {
  if (schema.const !== undefined) return [code(schema.const)];
  if (schema.enum !== undefined) return schema.enum.map(code);
  if (schema.anyOf !== undefined) return schema.anyOf.flatMap(valuesOf);
  switch (schema.type) {
    case 'array':
      return ['a list'];
    case 'object':
      return ['an object'];
    case 'integer':
      return [rangeOf(schema) ?? 'a whole number'];
    case 'string':
      return [TEXTS.get(schema.format) ?? 'a text'];
    case 'boolean':
      return ['`true`', '`false`'];
    case 'null':
      return ['`null`'];
    default:
      throw new Error(`Writing the table: must be a schema of one type, found ${JSON.stringify(schema)}`);
  }
}

function oneOf(values: readonly string[]): string {
  return [values.slice(0, -1).join(', '), ...values.slice(-1)].filter((part) => part !== '').join(' or ');
}

function code(value: unknown): string {
  return `\`${JSON.stringify(value)}\``;
}
