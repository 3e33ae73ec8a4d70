/** Nothing that a run writes holds a token, or a property of an event. */
import { inspect } from 'node:util';
import { describe, expect, test } from 'vitest';
import type { Credential } from '../../../functions/poller/adapters/credential.ts';
import { createLog } from '../../../functions/poller/adapters/log.ts';
import { createMetrics } from '../../../functions/poller/adapters/metrics.ts';
import type { PortalBehaviour } from '../../../infra/simulator/behaviour.ts';
import type { Fault } from '../../../infra/simulator/faults/fault.ts';
import { captureOutput } from '../standard-output.ts';
import { makeEvents } from './hubspot-rig.ts';
import { createPolledPortal } from './polled-portal.ts';

const TOKEN = 'pat-na1-7ef1c0de';
const APP = { clientId: 'client-c0de', clientSecret: 'secret-c0de', refreshToken: 'refresh-c0de' };
const PERSON = 'someone.private@example.com';
const EVENTS = makeEvents(3).map((event) => ({ ...event, properties: { hs_recipient: PERSON } }));

const status = (code: number, message: string): Fault => ({
  kind: 'status',
  status: code,
  fields: { message },
});
const json = `{"eventType":"e_a","occurredAt":"2026-11-10T11:59:00Z","properties":{"hs_recipient":"${PERSON}"}}`;

describe('a run', () => {
  test.each<[string, Credential, Partial<PortalBehaviour>]>([
    ['that goes well', { kind: 'token', accessToken: TOKEN }, {}],
    [
      'whose token is refused and quoted',
      { kind: 'token', accessToken: TOKEN },
      { fault: () => status(401, `no ${TOKEN}`) },
    ],
    [
      'whose page is cut off',
      { kind: 'token', accessToken: TOKEN },
      { fault: () => ({ kind: 'truncated' }) },
    ],
    [
      'whose page is another',
      { kind: 'token', accessToken: TOKEN },
      { fault: () => ({ kind: 'body', body: `{"results":"${PERSON}"}` }) },
    ],
    ['by OAuth', { kind: 'oauth', ...APP }, {}],
    [
      'whose refresh is refused and quoted',
      { kind: 'oauth', ...APP },
      { fault: () => status(400, `${APP.clientSecret} ${APP.refreshToken}`) },
    ],
  ])('%s writes no secret and no property', async (_what, credential, behaviour) => {
    const tokens = [{ token: TOKEN }];
    const oauth = { ...APP, expiresInSeconds: 1_800 };
    const events = [...EVENTS, { eventType: 'e_a', id: 'poison', occurredAt: '2026-11-10T11:59:00Z', json }];
    const outlets = { log: createLog('main', 'run-1'), metrics: createMetrics() };
    const options = { events, behaviour: { tokens, oauth, ...behaviour } };
    await using polled = await createPolledPortal(options, {}, outlets);
    polled.hubspot.credential = credential;
    let failure: unknown;
    const lines = await captureOutput(async () => {
      failure = (await polled.run()).failure;
    });
    // What Lambda writes of a failed run is written by Lambda.
    const written = [...lines, inspect(failure)].join('\n');
    expect(written).toContain('LagSeconds');
    expect(written).not.toMatch(/c0de|simulated-oauth-/);
    expect(written).not.toContain(PERSON);
  });
});
