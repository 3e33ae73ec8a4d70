import { z } from 'zod';
import type { Credential } from '../../core/credential.ts';
import { type HttpAnswer, readErrorBody } from '../../core/hubspot-answer.ts';
import { oauthUrl } from '../../core/hubspot-url.ts';
import type { Instant } from '../../core/instant.ts';
import { PollerError } from '../../errors.ts';
import type { Clock } from '../../ports.ts';
import type { HttpSend } from './http.ts';

/** An OAuth token is taken for expired so long before it is, so that none ends on its way. */
const EXPIRY_MARGIN_MS = 60_000;

const REFRESH_TIMEOUT_MS = 20_000;

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
export type GetToken = (refused?: string) => Promise<string>;

const grantSchema = z.object({ access_token: z.string().min(1), expires_in: z.number().positive() });

/** One reading or refresh at a time: who asks meanwhile gets the same. */
export function createTokens({ apiUrl, readCredential, send, clock, cache }: TokensOptions): GetToken {
  let pending: Promise<string> | undefined;
  let current: string | undefined;

  async function obtain(isFresh: boolean): Promise<string> {
    const credential = await readCredential(isFresh);
    if (credential.kind === 'token') return credential.accessToken;
    const { oauth } = cache;
    const isSame = oauth?.refreshToken === credential.refreshToken;
    if (!isFresh && oauth !== undefined && isSame && clock.now() < oauth.expiresAt) return oauth.accessToken;
    const { accessToken, expiresInMs } = await refresh(credential);
    cache.oauth = {
      accessToken,
      refreshToken: credential.refreshToken,
      expiresAt: clock.now() + Math.max(expiresInMs - EXPIRY_MARGIN_MS, expiresInMs / 2),
    };
    return accessToken;
  }

  async function refresh(
    credential: Extract<Credential, { kind: 'oauth' }>,
  ): Promise<{ accessToken: string; expiresInMs: number }> {
    const body = new URLSearchParams({
      grant_type: 'refresh_token',
      client_id: credential.clientId,
      client_secret: credential.clientSecret,
      refresh_token: credential.refreshToken,
    });
    const url = oauthUrl(apiUrl);
    let answer: HttpAnswer;
    try {
      const headers = { 'content-type': 'application/x-www-form-urlencoded', accept: 'application/json' };
      answer = await send({
        method: 'POST',
        url,
        headers,
        body: body.toString(),
        timeoutMs: REFRESH_TIMEOUT_MS,
      });
    } catch (thrown) {
      const found = thrown instanceof Error ? thrown.message : String(thrown);
      throw new PollerError(
        'hubspot-unauthorized',
        `Refreshing the OAuth token: HubSpot must answer, found ${found}`,
      );
    }
    const grant = answer.status === 200 ? grantSchema.safeParse(parseOrUndefined(answer.body)) : undefined;
    if (grant?.success === true) {
      return { accessToken: grant.data.access_token, expiresInMs: grant.data.expires_in * 1000 };
    }
    throw refusedRefresh(answer);
  }

  return async (refused) => {
    if (refused === undefined && current !== undefined) return current;
    // Another request met the same refusal first, and a fresh token is there already.
    if (refused !== undefined && current !== undefined && current !== refused) return current;
    pending ??= obtain(refused !== undefined).finally(() => {
      pending = undefined;
    });
    current = await pending;
    return current;
  };
}

function refusedRefresh(answer: HttpAnswer): PollerError {
  const { correlationId, message } = readErrorBody(answer.body);
  const status = z.object({ status: z.string() }).safeParse(parseOrUndefined(answer.body));
  const reason = status.success ? `${status.data.status}: ${message}` : message;
  const text = `Refreshing the OAuth token: HubSpot refused with ${answer.status} ${reason}`.trim();
  return new PollerError(
    'hubspot-unauthorized',
    `${text}. Install the app in the portal again, and write the new refresh token.`,
    {
      correlationId,
      status: answer.status,
    },
  );
}

function parseOrUndefined(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    // No JSON: then it grants nothing.
    return undefined;
  }
}
