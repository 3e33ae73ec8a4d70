/** Who may use the page: requests from this machine, from the page itself, with the key of this start. */
import { createHash, randomBytes, timingSafeEqual } from 'node:crypto';
import type { IncomingMessage } from 'node:http';

export interface Guard {
  readonly key: string;
  /** Why the request is refused, with a status; undefined where it is not. */
  readonly refuse: (request: IncomingMessage) => Refusal | undefined;
  /** Whether an open page of the start before asks: it is given the new key. */
  readonly isOfLastStart: (request: IncomingMessage) => boolean;
}

export interface Refusal {
  readonly status: number;
  readonly reason: string;
}

export interface GuardOptions {
  /** The port that the page is served on, once it listens. */
  readonly port: () => number;
  /** The digest of the last start's key. */
  readonly lastKeyDigest: string | undefined;
}

const KEY_BYTES = 24;

/** A guard with a key that nobody had before. */
export function createGuard({ port, lastKeyDigest }: GuardOptions): Guard {
  const key = randomBytes(KEY_BYTES).toString('base64url');
  const digest = digestOf(key);

  function refuseOrigin({ headers }: IncomingMessage): Refusal | undefined {
    const hosts = [`127.0.0.1:${port()}`, `localhost:${port()}`];
    const { host = '', origin } = headers;
    // Another name for this machine's address would let a foreign page in (DNS rebinding).
    if (!hosts.includes(host)) return { status: 403, reason: 'The host must be 127.0.0.1 or localhost.' };
    if (origin !== undefined && origin !== `http://${host}`)
      return { status: 403, reason: 'The request must come from the page itself.' };
    const site = headers['sec-fetch-site'];
    return site === undefined || site === 'same-origin' || site === 'none'
      ? undefined
      : { status: 403, reason: 'The request must come from the page itself.' };
  }

  return {
    key,
    refuse: (request) => {
      const refusal = refuseOrigin(request);
      if (refusal !== undefined) return refusal;
      if (isSame(digestOf(keyIn(request)), digest)) return undefined;
      return {
        status: 403,
        reason: 'The key of this start is needed: npm start prints the address with it.',
      };
    },
    isOfLastStart: (request) =>
      refuseOrigin(request) === undefined &&
      lastKeyDigest !== undefined &&
      isSame(digestOf(keyIn(request)), lastKeyDigest),
  };
}

/** What may stand in a file: the key cannot be had from it. */
export function digestOf(key: string): string {
  return createHash('sha256').update(key).digest('hex');
}

/** In a header for what the page asks; in the address for the page, its script and its style. */
function keyIn({ headers, url = '/' }: IncomingMessage): string {
  const { 'x-key': given } = headers;
  return given?.toString() ?? new URL(url, 'http://page').searchParams.get('key') ?? '';
}

function isSame(one: string, other: string): boolean {
  return one.length === other.length && timingSafeEqual(Buffer.from(one), Buffer.from(other));
}
