/**
 * JSON as it was written. Of two keys of one name in an object `JSON.parse` keeps the last, and drops the other
 * without a word: here that is noticed, and the text kept as it is.
 */
import { isJsonObject } from './json.ts';
import { endOfString, type JsonScan, scanJson, skipSpace } from './json-scan.ts';

const [QUOTE, COLON, COMMA] = [0x22, 0x3a, 0x2c];
const OPENING = new Set([0x5b, 0x7b]);
const CLOSING = new Set([0x5d, 0x7d]);

/** A JSON value that could not be parsed without a change: its own text. */
export class UnparsedText {
  readonly text: string;

  constructor(text: string) {
    this.text = text;
  }
}

/** True where some object of the scanned text has a key twice: more keys are written than were read. */
export function hasRepeatedKey({ keys }: JsonScan, value: unknown): boolean {
  return keys !== countKeys(value);
}

/** The elements of the array that stands under `key` of the text's object; those with a repeated key as texts. */
export function keepRepeatedKeys(text: string, key: string, values: readonly unknown[]): readonly unknown[] {
  const written = elementsOf(text, key);
  return values.map((value, index) => {
    const own = written[index];
    return own !== undefined && hasRepeatedKey(scanJson(own), value) ? new UnparsedText(own) : value;
  });
}

function countKeys(value: unknown): number {
  if (Array.isArray(value)) return value.reduce<number>((sum, element) => sum + countKeys(element), 0);
  if (!isJsonObject(value)) return 0;
  let keys = 0;
  for (const name in value) keys += 1 + countKeys(value[name]);
  return keys;
}

/** The texts of the elements of the array under a key of the outermost object. */
function elementsOf(text: string, key: string): string[] {
  const start = text.indexOf('[', startOfValue(text, key));
  const elements: string[] = [];
  let depth = 0;
  let from = start + 1;
  for (let at = start; at < text.length; at += 1) {
    const code = text.charCodeAt(at);
    if (code === QUOTE) at = endOfString(text, at);
    else if (OPENING.has(code)) depth += 1;
    else if (CLOSING.has(code)) depth -= 1;
    if (depth === 0 || (depth === 1 && code === COMMA)) {
      elements.push(text.slice(from, at).trim());
      from = at + 1;
    }
    if (depth === 0) return elements;
  }
  return elements;
}

/** Where the value of a key of the outermost object starts. */
function startOfValue(text: string, key: string): number {
  let depth = 0;
  for (let at = 0; at < text.length; at += 1) {
    const code = text.charCodeAt(at);
    if (OPENING.has(code)) depth += 1;
    else if (CLOSING.has(code)) depth -= 1;
    if (code !== QUOTE) continue;
    const end = endOfString(text, at);
    const next = skipSpace(text, end + 1);
    if (depth === 1 && text.charCodeAt(next) === COLON && JSON.parse(text.slice(at, end + 1)) === key)
      return next + 1;
    at = end;
  }
  return text.length;
}
