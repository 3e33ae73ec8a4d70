import { describe, expect, test } from 'vitest';
import { answerHubSpot, createPortalState } from '../../infra/simulator/answer.ts';
import { ask, EVENTS, NOW } from './ask.ts';

const URL_OF_TYPE = `${EVENTS}?eventType=e_a`;

describe('token', () => {
  test('that is missing or unknown is answered 401 and counts against no limit', () => {
    const state = createPortalState();
    const without = answerHubSpot(state, { method: 'GET', url: URL_OF_TYPE }, NOW);
    expect(without.status).toBe(401);
    expect(ask(state, URL_OF_TYPE, NOW, 'pat-unknown')).toMatchObject({
      status: 401,
      body: { status: 'error', category: 'INVALID_AUTHENTICATION' },
    });
    expect(ask(state, URL_OF_TYPE).headers['x-hubspot-ratelimit-remaining']).toBe('189');
  });

  test('is good until it expires, and then named expired', () => {
    const state = createPortalState({ tokens: [{ token: 'short', expiresAt: NOW + 1_000 }] });
    expect(ask(state, URL_OF_TYPE, NOW + 999, 'short').status).toBe(200);
    expect(ask(state, URL_OF_TYPE, NOW + 1_000, 'short')).toMatchObject({
      status: 401,
      body: {
        category: 'EXPIRED_AUTHENTICATION',
        message: expect.stringContaining('This oauth-token is expired!'),
      },
    });
  });

  test('that no app could have is answered 530 by the edge, in HTML', () => {
    const request = { method: 'GET', url: URL_OF_TYPE, authorization: 'Bearer {"accessToken":"x"}' };
    const answer = answerHubSpot(createPortalState(), request, NOW);
    expect(answer.status).toBe(530);
    expect(answer.headers['content-type']).toContain('text/html');
  });

  test('whose app lacks a scope is answered 403 with the scope’s name', () => {
    const state = createPortalState({
      tokens: [{ token: 'poor', missingScopes: ['business-intelligence'] }],
    });
    expect(ask(state, URL_OF_TYPE, NOW, 'poor')).toMatchObject({
      status: 403,
      body: {
        category: 'MISSING_SCOPES',
        errors: [{ context: { requiredGranularScopes: ['business-intelligence'] } }],
      },
    });
  });

  test('in the query, as an API key, is answered 401', () => {
    const answer = answerHubSpot(createPortalState(), { method: 'GET', url: `${EVENTS}?hapikey=x` }, NOW);
    expect(answer.status).toBe(401);
  });
});

describe('OAuth', () => {
  const app = {
    clientId: 'client',
    clientSecret: 'secret',
    refreshToken: 'refresh',
    expiresInSeconds: 1_800,
  };
  const form = {
    grant_type: 'refresh_token',
    client_id: 'client',
    client_secret: 'secret',
    refresh_token: 'refresh',
  };

  function refresh(
    state: ReturnType<typeof createPortalState>,
    fields: Record<string, string>,
    path = '/oauth/v3/token',
  ) {
    const body = new URLSearchParams(fields).toString();
    const answer = answerHubSpot(state, { method: 'POST', url: path, body }, NOW);
    return { status: answer.status, body: JSON.parse(answer.body) };
  }

  test.each(['/oauth/v1/token', '/oauth/v3/token', '/oauth/2026-03/token'])(
    '%s gives a token that lives as long as it says',
    (path) => {
      const state = createPortalState({ oauth: app, tokens: [] });
      const { status, body } = refresh(state, form, path);
      expect(status).toBe(200);
      expect(body).toMatchObject({ expires_in: 1_800, refresh_token: 'refresh', token_type: 'bearer' });
      expect(ask(state, URL_OF_TYPE, NOW + 1_799_999, body.access_token).status).toBe(200);
      expect(ask(state, URL_OF_TYPE, NOW + 1_800_000, body.access_token).status).toBe(401);
    },
  );

  test.each([
    ['refresh token', { refresh_token: 'old' }, { error: 'invalid_grant', status: 'BAD_REFRESH_TOKEN' }],
    ['client', { client_secret: 'old' }, { error: 'invalid_client', status: 'BAD_CLIENT_ID' }],
    ['grant', { grant_type: 'password' }, { error: 'unsupported_grant_type' }],
  ])('refuses a wrong %s with a 400', (_what, changes, body) => {
    expect(refresh(createPortalState({ oauth: app }), { ...form, ...changes })).toMatchObject({
      status: 400,
      body,
    });
  });
});

describe('refusals', () => {
  test.each([
    ['storage-locations', 400, 'EVENT_TYPE_READS_NOT_ALLOWED_DUE_TO_STORAGE_LOCATIONS'],
    ['missing-scopes', 403, 'MISSING_SCOPES'],
    ['missing-plan', 403, 'event-detail-read'],
  ] as const)('of one type (%s) leave the others alone', (refusal, status, text) => {
    const state = createPortalState({ typeRefusals: { e_b: refusal } });
    for (let turn = 0; turn < 3; turn++) {
      const refused = ask(state, `${EVENTS}?eventType=e_b`);
      expect(refused.status).toBe(status);
      expect(JSON.stringify(refused.body)).toContain(text);
    }
    expect(ask(state, URL_OF_TYPE).status).toBe(200);
  });

  test('of the account hold for every type and the list of types', () => {
    const state = createPortalState({ accountRefusal: 'missing-plan' });
    expect(ask(state, URL_OF_TYPE).status).toBe(403);
    expect(ask(state, `${EVENTS}/event-types`).status).toBe(403);
  });
});
