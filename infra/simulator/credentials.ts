/** Bearer tokens and the OAuth token endpoint. */
import type { AcceptedToken, OAuthApp, PortalBehaviour } from './behaviour.ts';
import { type Answer, answerError, answerRefusal, answerStatus, JSON_TYPE } from './faults/error-answer.ts';

/** Tokens that the OAuth endpoint gave out: token → expiry in UNIX ms. */
export type IssuedTokens = Map<string, number>;

const OAUTH_LINKS = {
  message:
    'Authentication credentials not found. This API supports OAuth 2.0 authentication and you can find more details at https://developers.hubspot.com/docs/methods/auth/oauth-overview',
  category: 'INVALID_AUTHENTICATION',
};

/** Gives the refusal of a request's credentials, or undefined where they are good. */
export function refuseCredentials(
  authorization: string | undefined,
  behaviour: PortalBehaviour,
  issued: IssuedTokens,
  now: number,
  index: number,
): Answer | undefined {
  const [, token] = /^Bearer (.*)$/is.exec(authorization ?? '') ?? [];
  if (token === undefined || token === '') return answerError(401, OAUTH_LINKS, index);
  // A token that no app could have is answered by the edge, not by HubSpot (observed).
  if (!/^[\w.~+/=-]+$/.test(token)) return answerStatus(530, 'html', {}, index);
  const accepted = findToken(token, behaviour.tokens, issued);
  if (accepted === undefined) return answerError(401, OAUTH_LINKS, index);
  if (accepted.expiresAt !== undefined && accepted.expiresAt <= now)
    return expired(accepted.expiresAt, now, index);
  const missing = accepted.missingScopes ?? [];
  return missing.length === 0 ? undefined : answerRefusal('missing-scopes', missing, index);
}

function findToken(
  token: string,
  accepted: readonly AcceptedToken[],
  issued: IssuedTokens,
): AcceptedToken | undefined {
  const expiresAt = issued.get(token);
  if (expiresAt !== undefined) return { token, expiresAt };
  return accepted.find((candidate) => candidate.token === token);
}

function expired(expiresAt: number, now: number, index: number): Answer {
  const age = Math.ceil((now - expiresAt) / 1000);
  const message = `This oauth-token is expired! expiresAt: ${expiresAt}, now: ${now}, diff: ${age} second(s)`;
  const context = { 'expire time': [new Date(expiresAt).toISOString()] };
  return answerError(401, { message, category: 'EXPIRED_AUTHENTICATION', context }, index);
}

/** Answers `POST /oauth/…/token` with a new access token, and remembers it. */
export function refreshToken(
  form: URLSearchParams,
  app: OAuthApp | null,
  issued: IssuedTokens,
  now: number,
  index: number,
): Answer {
  const grantType = form.get('grant_type');
  if (grantType !== 'refresh_token') {
    const message = `grant_type must be refresh_token; found ${grantType ?? 'nothing'}`;
    return answerError(400, { error: 'unsupported_grant_type', status: 'BAD_GRANT_TYPE', message }, index);
  }
  if (
    app === null ||
    form.get('client_id') !== app.clientId ||
    form.get('client_secret') !== app.clientSecret
  ) {
    const message = 'missing or unknown client id or client secret';
    return answerError(400, { error: 'invalid_client', status: 'BAD_CLIENT_ID', message }, index);
  }
  if (form.get('refresh_token') !== app.refreshToken) {
    const message = 'missing or unknown refresh token';
    return answerError(400, { error: 'invalid_grant', status: 'BAD_REFRESH_TOKEN', message }, index);
  }
  const accessToken = `simulated-oauth-${issued.size + 1}-${now}`;
  issued.set(accessToken, now + app.expiresInSeconds * 1000);
  const body = {
    token_type: 'bearer',
    refresh_token: app.refreshToken,
    access_token: accessToken,
    expires_in: app.expiresInSeconds,
  };
  return { status: 200, headers: { 'content-type': JSON_TYPE }, body: JSON.stringify(body) };
}
