import type { Instant } from '../../core/instant.ts';
import * as z from '../../core/schema.ts';
import { type FailureCode, outOfTime, PollerError } from '../../errors.ts';
import type { Clock } from '../../ports.ts';
import type { Credential } from '../credential.ts';
import { explainFailure } from './explain.ts';
import { describeNetworkFailure, type HttpSend } from './http.ts';
import { classifyResponse, type HttpResponse, readErrorBody } from './response.ts';
import { oauthUrl } from './url.ts';

/** An OAuth token is taken for expired so long before it is, so that none ends on its way. */
const EXPIRY_MARGIN_MS = 60_000;

const REFRESH_TIMEOUT_MS = 20_000;
const REFRESH_TRIES = 4;

/** The most bytes of a token's answer. */
const TOKEN_BYTES = 1_048_576;

/** Doubles from try to try. Without jitter: a portal refreshes one token at a time. */
const REFRESH_WAIT_MS = 500;

const ACTION = 'Refreshing the OAuth token';

const ACCOUNT_CODES: ReadonlySet<FailureCode> = new Set([
  'hubspot-daily-limit',
  'hubspot-moving',
  'hubspot-tls',
]);

/** An OAuth access token and what it came from, kept over the runs of one process. */
export interface TokenCache {
  oauth:
    | { readonly accessToken: string; readonly refreshToken: string; readonly expiresAt: Instant }
    | undefined;
}

export interface TokensOptions {
  readonly apiUrl: string;
  readonly readCredential: (isFresh: boolean) => Promise<Credential>;
  readonly send: HttpSend;
  readonly clock: Clock;
  readonly cache: TokenCache;
}

/** Gives the access token; `refused` is one that HubSpot answered 401 to: then a fresh one, read or refreshed. */
export type GetToken = (until: Instant, refused?: string) => Promise<string>;

type OAuthCredential = Extract<Credential, { kind: 'oauth' }>;

const grantSchema = z.object({
  access_token: z.string().check(z.minLength(1)),
  expires_in: z.number().check(z.positive()),
});

/** What HubSpot calls the reason, such as BAD_REFRESH_TOKEN. */
const refusalSchema = z.object({ status: z.string() });

/** One reading or refresh at a time: callers that ask for the same share its answer, others wait. */
export function createTokens({ apiUrl, readCredential, send, clock, cache }: TokensOptions): GetToken {
  const asked = new Map<string | undefined, Promise<string>>();
  let last: Promise<unknown> = Promise.resolve();
  /** What the secret gave when it was read again: refused as well, it need not be read once more. */
  let reread: string | undefined;

  async function obtain(until: Instant, refused: string | undefined): Promise<string> {
    const known = knownToken(await readCredential(false));
    // Another request may have met the same refusal first: then a fresh one is there already.
    if (known !== undefined && (known !== refused || known === reread)) return known;
    // What the secret held some minutes ago may have been replaced since.
    const credential = await readCredential(true);
    if (credential.kind === 'oauth') return refresh(credential, until);
    reread = credential.accessToken;
    return reread;
  }

  function knownToken(credential: Credential): string | undefined {
    if (credential.kind === 'token') return credential.accessToken;
    const { oauth } = cache;
    const isValid = oauth?.refreshToken === credential.refreshToken && clock.now() < oauth.expiresAt;
    return isValid ? oauth.accessToken : undefined;
  }

  async function refresh(credential: OAuthCredential, until: Instant): Promise<string> {
    const answer = await grant(credential, until);
    const granted = grantSchema.safeParse(answer.status === 200 ? parseOrUndefined(answer.body) : undefined);
    if (!granted.success) throw refusedRefresh(answer, clock.now());
    const { access_token: accessToken, expires_in: seconds } = granted.data;
    const { refreshToken } = credential;
    const usableMs = Math.max(seconds * 1000 - EXPIRY_MARGIN_MS, seconds * 500);
    cache.oauth = { accessToken, refreshToken, expiresAt: clock.now() + usableMs };
    return accessToken;
  }

  /** The token endpoint's answer, asked for again where that may help. */
  async function grant(credential: OAuthCredential, until: Instant): Promise<HttpResponse> {
    for (let tries = 1; ; tries += 1) {
      const leftMs = until - clock.now();
      if (leftMs <= 0) throw outOfTime(ACTION);
      let waitMs = REFRESH_WAIT_MS * 2 ** (tries - 1);
      let found: string;
      try {
        const answer = await sendOnce(credential, Math.min(REFRESH_TIMEOUT_MS, leftMs));
        if (answer.status === 200) return answer;
        const reaction = classifyResponse(answer, clock.now());
        // No bearer token went with it that the edge could have refused: its origin cannot be reached.
        const isEdge = answer.status === 530;
        if (reaction.kind !== 'retry' && !isEdge) return answer;
        waitMs = (reaction.kind === 'retry' ? reaction.afterMs : undefined) ?? waitMs;
        found = `status ${answer.status}`;
      } catch (thrown) {
        found = describeNetworkFailure(thrown);
      }
      if (tries >= REFRESH_TRIES || clock.now() + waitMs >= until) {
        const text = `${ACTION}: HubSpot must answer, found after ${tries} tries: ${found}.`;
        throw new PollerError('hubspot-unavailable', text);
      }
      await clock.sleep(waitMs);
    }
  }

  async function sendOnce(
    { clientId, clientSecret, refreshToken }: OAuthCredential,
    timeoutMs: number,
  ): Promise<HttpResponse> {
    const form = new URLSearchParams({
      grant_type: 'refresh_token',
      client_id: clientId,
      client_secret: clientSecret,
      refresh_token: refreshToken,
    });
    const headers = { 'content-type': 'application/x-www-form-urlencoded', accept: 'application/json' };
    const url = oauthUrl(apiUrl);
    const answer = await send({
      method: 'POST',
      url,
      headers,
      body: form.toString(),
      timeoutMs,
      maxBytes: TOKEN_BYTES,
    });
    if (answer.status === 200) return answer;
    // Whatever a refusal quotes, it goes into the log.
    const body = [clientSecret, refreshToken].reduce(
      (text, secret) => text.replaceAll(secret, '…'),
      answer.body,
    );
    return { ...answer, body };
  }

  return (until, refused) => {
    const same = asked.get(refused);
    if (same !== undefined) return same;
    const token = last.then(() => obtain(until, refused)).finally(() => asked.delete(refused));
    asked.set(refused, token);
    last = token.catch(() => undefined);
    return token;
  };
}

/** Why no token was granted. What the account, not the credentials, is in the way of keeps its own code. */
function refusedRefresh(answer: HttpResponse, now: Instant): PollerError {
  const error = readErrorBody(answer.body);
  const details = { correlationId: error.correlationId, status: answer.status };
  if (answer.status === 200) {
    const text = `${ACTION}: the answer must hold access_token and expires_in, found another.`;
    return new PollerError('hubspot-malformed-answer', text, details);
  }
  const reaction = classifyResponse(answer, now);
  if (reaction.kind === 'fail' && ACCOUNT_CODES.has(reaction.code)) {
    const why = explainFailure(reaction.code, answer.status, error, undefined);
    return new PollerError(reaction.code, `${ACTION}: ${why}`, details);
  }
  const named = refusalSchema.safeParse(parseOrUndefined(answer.body)).data?.status;
  const parts = [answer.status, named, error.message];
  const reason = parts.filter((part) => part !== undefined && part !== '' && part !== 'error').join(' ');
  const advice = adviceOn(answer.status, named ?? '');
  return new PollerError(
    'hubspot-unauthorized',
    `${ACTION}: HubSpot refused with ${reason}. ${advice}`,
    details,
  );
}

function adviceOn(status: number, named: string): string {
  if (status === 404 || status === 410) return 'It has no such path any more: look at apiUrl, or upgrade.';
  if (named.includes('REFRESH_TOKEN'))
    return 'Install the app in the portal again, and write the new refresh token.';
  if (named.includes('CLIENT')) return 'Look at clientId and clientSecret in the secret.';
  return 'Look at clientId, clientSecret and refreshToken in the secret.';
}

function parseOrUndefined(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    // No JSON: then it grants nothing.
    return undefined;
  }
}
