/** What a JSON text shows before it is parsed: one pass over what stands between its strings. */

export interface JsonScan {
  /** The keys that are written, in all its objects together. */
  readonly keys: number;
  /** True where a number may change as a double: one of 16 characters or more, or with an exponent (1e400). */
  readonly hasChangingNumber: boolean;
}

const [QUOTE, BACKSLASH, COLON, MINUS, POINT, PLUS] = [0x22, 0x5c, 0x3a, 0x2d, 0x2e, 0x2b];
const [ZERO, NINE, SMALL_E] = [0x30, 0x39, 0x65];

/** So many characters a number may have, without its sign, and be the same as a double. */
const EXACT_CHARACTERS = 15;

/** Total: of a text that is no JSON it says something, too. */
export function scanJson(text: string): JsonScan {
  let keys = 0;
  let hasChangingNumber = false;
  for (let at = 0; at < text.length; at += 1) {
    const code = text.charCodeAt(at);
    if (code === QUOTE) {
      at = endOfString(text, at);
      if (text.charCodeAt(skipSpace(text, at + 1)) === COLON) keys += 1;
    } else if (isDigit(code)) {
      const start = at;
      let hasExponent = false;
      for (let next = text.charCodeAt(at + 1); isOfNumber(next); next = text.charCodeAt(at + 1)) {
        hasExponent ||= (next | 0x20) === SMALL_E;
        at += 1;
      }
      hasChangingNumber ||= hasExponent || at - start >= EXACT_CHARACTERS;
    }
  }
  return { keys, hasChangingNumber };
}

/** Where the string that starts at a quote ends. */
export function endOfString(text: string, start: number): number {
  let end = text.indexOf('"', start + 1);
  while (end !== -1 && isEscaped(text, end)) end = text.indexOf('"', end + 1);
  return end === -1 ? text.length : end;
}

export function skipSpace(text: string, start: number): number {
  let at = start;
  while (text.charCodeAt(at) <= 0x20) at += 1;
  return at;
}

function isEscaped(text: string, at: number): boolean {
  let slashes = 0;
  while (text.charCodeAt(at - 1 - slashes) === BACKSLASH) slashes += 1;
  return slashes % 2 === 1;
}

function isDigit(code: number): boolean {
  return code >= ZERO && code <= NINE;
}

function isOfNumber(code: number): boolean {
  return isDigit(code) || code === POINT || code === MINUS || code === PLUS || (code | 0x20) === SMALL_E;
}
