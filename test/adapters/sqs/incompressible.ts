import { hash } from 'node:crypto';

/** At least so many characters that compress by a quarter only, always the same. */
export function incompressibleText(characters: number): string {
  const digests = Array.from({ length: Math.ceil(characters / 43) }, (_, index) =>
    hash('sha256', String(index), 'base64url'),
  );
  return digests.join('');
}
