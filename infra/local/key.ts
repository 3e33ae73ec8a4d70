/** Keys that are new at every start: whoever holds one may ask. */
import { createHash, randomBytes, timingSafeEqual } from 'node:crypto';
import type { Admission } from './loopback.ts';

const KEY_BYTES = 24;

/** A key that nobody can guess; it stands in a URL as it is. */
export function createKey(): string {
  return randomBytes(KEY_BYTES).toString('base64url');
}

/**
 * Admits requests that bring the key: in `Authorization: Bearer`, or as `key` in the URL, since a page's address and
 * its event streams have no headers.
 */
export function admitKey(key: string): Admission {
  return admitKeyOf(digestOf(key));
}

/** Admits requests that bring the key of that digest. */
export function admitKeyOf(digest: string): Admission {
  return ({ headers, url = '' }) => {
    const [, bearer] = /^Bearer (.+)$/.exec(headers.authorization ?? '') ?? [];
    const found = bearer ?? new URL(url, 'http://localhost').searchParams.get('key') ?? '';
    if (isSame(digestOf(found), digest)) return undefined;
    return { error: 'The key of this start must come with a request.' };
  };
}

/** What may stand in a file: the key cannot be had from it. */
export function digestOf(key: string): string {
  return createHash('sha256').update(key).digest('hex');
}

/** Whether two texts are equal, in a time that tells nothing of how much of them is. */
export function isSame(found: string, expected: string): boolean {
  const digest = (text: string) => createHash('sha256').update(text).digest();
  return timingSafeEqual(digest(found), digest(expected));
}
