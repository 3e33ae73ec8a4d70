/**
 * What is wrong with an input, in words that may be logged: a value is quoted only where it can be neither a
 * person's nor a secret, and everything else is told by its kind.
 */
import type { core } from '../core/schema.ts';

/** The names under which a person's address or id, a token or a credential may stand, also by mistake. */
const PRIVATE_KEYS = new Set<PropertyKey>([
  'objects',
  'alarmEmail',
  'secretName',
  'secretArn',
  'secretId',
  // An object's stream is named after its id.
  'stream',
]);

/** A name that is told: no address, no sentence. */
const PLAIN_NAME = /^[A-Za-z0-9_-]{1,64}$/;

/** The names that are told under a private key: a property may have changed places with its value. */
const OBJECT_NAMES = new Set<PropertyKey>(['objectType', 'objectId', 'objectProperty', 'eventType']);

/** A text that is quoted: "@", "?" and "=" stand in addresses, and in URLs that carry a credential. */
const PLAIN_TEXT = /^[A-Za-z0-9 _.,:/!-]{0,100}$/;

/** One line per mistake of a failed parse: the key, what must hold, what was found. */
export function describeMistakes(error: core.$ZodError, input: unknown): string[] {
  return error.issues.flatMap((issue) => {
    if (issue.code === 'unrecognized_keys')
      return issue.keys.map((key) => `${describeKey([...issue.path, key])}: is no known key`);
    const found = describeFound(issue.path, valueAt(input, issue.path));
    return [`${describeKey(issue.path)}: ${issue.message}; found ${found}`];
  });
}

/** The key that a path leads to; a name on it that may be a person's stands as "…". */
export function describeKey(path: readonly PropertyKey[]): string {
  const names = path.map((name, index) => describeName(name, isPrivate(path.slice(0, index))));
  return names.join('.') || '(the whole)';
}

function isPrivate(path: readonly PropertyKey[]): boolean {
  return path.some((key) => PRIVATE_KEYS.has(key));
}

function describeName(name: PropertyKey, isBelowPrivate: boolean): string {
  const isTold = isBelowPrivate
    ? typeof name === 'number' || OBJECT_NAMES.has(name)
    : PLAIN_NAME.test(String(name));
  return isTold ? String(name) : '…';
}

/** The value found at a path: quoted where nothing speaks against it, else its kind. */
export function describeFound(path: readonly PropertyKey[], value: unknown): string {
  const isKept = isPrivate(path);
  switch (typeof value) {
    case 'undefined':
      return 'nothing';
    case 'string':
      if (isKept ? value.startsWith('arn:') : PLAIN_TEXT.test(value)) return JSON.stringify(value);
      return value === '' ? '""' : `a text of ${value.length} character${value.length === 1 ? '' : 's'}`;
    case 'number':
      return isKept ? 'a number' : String(value);
    case 'object':
      return value === null ? 'null' : describeComposite(value, isKept);
    default:
      return typeof value === 'boolean' ? String(value) : `a ${typeof value}`;
  }
}

function describeComposite(value: object, isKept: boolean): string {
  if (Array.isArray(value)) return value.length === 0 ? '[]' : `a list of ${value.length}`;
  const names = Object.keys(value).map((name) => describeName(name, isKept));
  return names.length === 0 ? '{}' : `an object with ${names.slice(0, 5).join(', ')}`;
}

function valueAt(input: unknown, path: readonly PropertyKey[]): unknown {
  let value = input;
  for (const key of path) {
    if (typeof value !== 'object' || value === null) return undefined;
    value = Reflect.get(value, key);
  }
  return value;
}
