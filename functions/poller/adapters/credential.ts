import { TOKEN_PLACEHOLDER } from '../contract.ts';
import * as z from '../core/schema.ts';
import { PollerError } from '../errors.ts';

/** What authorizes a portal's requests: a token, or what an OAuth token is refreshed with. */
export type Credential =
  | { readonly kind: 'token'; readonly accessToken: string }
  | {
      readonly kind: 'oauth';
      readonly clientId: string;
      readonly clientSecret: string;
      readonly refreshToken: string;
    };

const text = z.string().check(z.trim(), z.minLength(1));
const tokenSchema = z.object({ accessToken: text });
const oauthSchema = z.object({ clientId: text, clientSecret: text, refreshToken: text });
const apiKeySchema = z.union([z.object({ hapikey: text }), z.object({ apiKey: text })]);
const KEYS = ['accessToken', 'clientId', 'clientSecret', 'refreshToken'] as const;

/** An API key was a bare UUID, later with the data centre before it. */
const API_KEY =
  /^([a-z]{2}\d-)?[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$|^([a-z]{2}\d-)([0-9a-f]{4}-){6}[0-9a-f]{4}/i;

const FORMS = 'a bare access token, {"accessToken"} or {"clientId","clientSecret","refreshToken"}';

/**
 * The credential that a secret's text holds.
 * @throws PollerError `secret-placeholder` or `secret-malformed`, never with a part of the text
 */
export function parseCredential(secret: string, secretId: string): Credential {
  const trimmed = secret.trim();
  const credential = trimmed.startsWith('{') ? parseJsonCredential(trimmed, secretId) : readToken(trimmed);
  if (credential.kind === 'token') checkToken(credential.accessToken, secretId);
  return credential;
}

function parseJsonCredential(json: string, secretId: string): Credential {
  let value: unknown;
  try {
    value = JSON.parse(json);
  } catch {
    // The parser's own message would quote the secret.
    throw malformed(secretId, 'JSON that cannot be read');
  }
  // An access token beside these would end within the hour.
  const oauth = oauthSchema.safeParse(value);
  if (oauth.success) return { kind: 'oauth', ...oauth.data };
  const token = tokenSchema.safeParse(value);
  if (token.success) return readToken(token.data.accessToken);
  if (apiKeySchema.safeParse(value).success) throw apiKey(secretId);
  // A key that is none of these may be the token itself, pasted into the wrong field.
  const filled = KEYS.filter((key) => z.object({ [key]: text }).safeParse(value).success);
  throw malformed(
    secretId,
    `JSON with ${filled.length === 0 ? 'none of these keys' : `only ${filled.join(', ')}`}`,
  );
}

function readToken(accessToken: string): Credential {
  return { kind: 'token', accessToken };
}

function checkToken(accessToken: string, secretId: string): void {
  if (accessToken === '') throw noTokenYet(secretId, 'is empty');
  if (accessToken === TOKEN_PLACEHOLDER) throw noTokenYet(secretId, 'still holds its placeholder');
  if (API_KEY.test(accessToken)) throw apiKey(secretId);
  if (!/^[\x21-\x7e]+$/.test(accessToken))
    throw malformed(secretId, 'a token with spaces or line breaks in it');
}

/** The failure of a secret that nobody has written a token into yet. */
export function noTokenYet(secretId: string, state: string, cause?: unknown): PollerError {
  const message = `No HubSpot token yet: the secret ${secretId} ${state}. The stack's output WriteToken is the command that writes the token into it.`;
  return new PollerError('secret-placeholder', message, { cause });
}

function apiKey(secretId: string): PollerError {
  const message = `The secret ${secretId} holds a HubSpot API key (hapikey): HubSpot ended these on 2022-11-30. Make a service key or a private app, and write its access token.`;
  return new PollerError('secret-malformed', message);
}

function malformed(secretId: string, found: string): PollerError {
  return new PollerError(
    'secret-malformed',
    `Reading the secret ${secretId}: it must hold ${FORMS}, found ${found}.`,
  );
}
