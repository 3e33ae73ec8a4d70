/** The settings as TypeScript interfaces, for who uses the construct: made of the schema that checks them. */
import wrapAnsi from 'wrap-ansi';
import { type JsonSchema, type Key, keysOf, nameOf, rangeOf, SETTINGS, schemaIn } from './settings-schema.ts';

const LINE_WIDTH = 110;

const HEAD =
  '// Written by `npm run generate`, of infra/config-schema.ts and settingsShape in functions/poller/input/request.ts.';

/** The text of infra/constructs/settings.ts. */
export function writeInterfaces(): string {
  const named = Object.entries(SETTINGS.$defs ?? {}).toReversed();
  const interfaces = [...named, ['HubSpotEventsSettings', SETTINGS] as const];
  return `${HEAD}\n${interfaces.map(([name, schema]) => writeInterface(name, schema)).join('')}`;
}

function writeInterface(name: string, schema: JsonSchema): string {
  const keys = keysOf(schema).map(writeKey).join('');
  return `\n${writeComment(schema, '')}export interface ${name} {\n${keys}}\n`;
}

function writeKey({ name, schema, isRequired }: Key): string {
  // The checked configuration, which has every default in its place, is taken as settings too.
  const type = isRequired || schema.default !== undefined ? typeOf(schema) : `${typeOf(schema)} | undefined`;
  return `${writeComment(schema, '  ')}  readonly ${name}${isRequired ? '' : '?'}: ${type};\n`;
}

/** The description, the range that a type cannot say, and the default. */
function writeComment(schema: JsonSchema, indent: string): string {
  const range = [schema, ...(schema.anyOf ?? [])].map(rangeOf).find((found) => found !== undefined);
  const parts = [
    schema.description,
    range === undefined ? undefined : `Whole number, ${range}.`,
    schema.default === undefined ? undefined : `@default ${JSON.stringify(schema.default)}`,
  ];
  const text = parts.filter((part) => part !== undefined).join(' ');
  const line = `${indent}/** ${text} */\n`;
  if (line.length <= LINE_WIDTH) return line;
  const lines = wrapAnsi(text.replace(' @default', '\n@default'), LINE_WIDTH - `${indent} * `.length).split(
    '\n',
  );
  return [`${indent}/**`, ...lines.map((each) => `${indent} * ${each}`), `${indent} */\n`].join('\n');
}

function typeOf(schema: JsonSchema): string {
  if (schema.$ref !== undefined) return nameOf(schema.$ref);
  if (schema.const !== undefined) return literal(schema.const);
  if (schema.enum !== undefined) return schema.enum.map(literal).join(' | ');
  if (schema.anyOf !== undefined) return unionOf(schema.anyOf.map(typeOf));
  switch (schema.type) {
    case 'array':
      return `readonly ${elementOf(typeOf(schemaIn(schema.items)))}[]`;
    case 'object':
      return `Readonly<Record<string, ${typeOf(schemaIn(schema.additionalProperties))}>>`;
    case 'integer':
      return 'number';
    case 'string':
    case 'number':
    case 'boolean':
    case 'null':
      return schema.type;
    default:
      throw new Error(`Writing a type: must be a schema of one type, found ${JSON.stringify(schema)}`);
  }
}

/** A text of its own says nothing beside every text. */
function unionOf(types: readonly string[]): string {
  const all = types.includes('string') ? types.filter((type) => !type.startsWith("'")) : types;
  return [...new Set(all)].join(' | ');
}

function elementOf(type: string): string {
  return /[ |]/.test(type) ? `(${type})` : type;
}

function literal(value: unknown): string {
  return typeof value === 'string' ? `'${value}'` : JSON.stringify(value);
}
