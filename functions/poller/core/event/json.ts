/**
 * JSON without loss: a number keeps its digits, also one beyond what a double holds. `JSON.parse` with source access and
 * `JSON.rawJSON` do it (V8 since Node 22); TypeScript does not know them yet.
 */
import { scanJson } from './json-scan.ts';

declare global {
  interface JSON {
    parse(
      text: string,
      reviver: (key: string, value: unknown, context: { source?: string }) => unknown,
    ): unknown;
    rawJSON(text: string): { readonly rawJSON: string };
    isRawJSON(value: unknown): value is { readonly rawJSON: string };
  }
}

export type JsonObject = Readonly<Record<string, unknown>>;

/** The value of a JSON text. @throws SyntaxError where the text is no JSON */
export function parseJson(text: string, { hasChangingNumber } = scanJson(text)): unknown {
  if (!hasChangingNumber) {
    const value: unknown = JSON.parse(text);
    return value;
  }
  return JSON.parse(text, (_key, value, { source }) =>
    typeof value === 'number' && source !== undefined && String(value) !== source
      ? JSON.rawJSON(source)
      : value,
  );
}

export function isJsonObject(value: unknown): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value) && !JSON.isRawJSON(value);
}

/** A string as it is, a number as its digits; undefined for anything else and for the empty string. */
export function readText(value: unknown): string | undefined {
  if (typeof value === 'string') return value === '' ? undefined : value;
  if (typeof value === 'number') return String(value);
  return JSON.isRawJSON(value) ? value.rawJSON : undefined;
}
