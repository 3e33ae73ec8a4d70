/** The configuration as JSON Schema, and what is read of it to write types and a table. */
import { z } from 'zod';
import { configSchema } from '../config-schema.ts';

export type JsonSchema = z.core.JSONSchema.JSONSchema;
type Inner = JsonSchema['items'];

/** The configuration as its author writes it: what has a default may be left out. */
export const SETTINGS: JsonSchema = z.toJSONSchema(configSchema, { io: 'input' });

/** A key of an object. */
export interface Key {
  readonly name: string;
  readonly schema: JsonSchema;
  readonly isRequired: boolean;
}

/** The keys of an object; of a union of objects the keys of all, required where each of them requires it. */
export function keysOf(schema: JsonSchema): Key[] {
  const objects = schema.anyOf ?? [schema];
  const properties = new Map(objects.flatMap((object) => Object.entries(object.properties ?? {})));
  return [...properties].map(([name, property]) => ({
    name,
    schema: schemaIn(property),
    isRequired: objects.every(({ required }) => required?.includes(name)),
  }));
}

/** What a key, a list's elements or an object's values must be, where one schema says it. */
export function schemaIn(schema: Inner): JsonSchema {
  if (typeof schema === 'object' && !Array.isArray(schema)) return schema;
  throw new Error(`Reading the settings: must be one JSON Schema, found ${JSON.stringify(schema)}`);
}

/** The name of the schema that is meant by its id. */
export function nameOf($ref: string): string {
  return $ref.slice($ref.lastIndexOf('/') + 1);
}

/** The bounds of a whole number; those that zod puts on every whole number are none. */
export function rangeOf({ minimum, maximum }: JsonSchema): string | undefined {
  if (minimum === undefined || minimum === Number.MIN_SAFE_INTEGER) return undefined;
  if (maximum === undefined || maximum === Number.MAX_SAFE_INTEGER) return `${minimum} or more`;
  return `${minimum} to ${maximum}`;
}
