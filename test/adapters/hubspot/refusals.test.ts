/** Who is refused what: one type, or the account; the plan, or a scope. */
import { describe, expect, test } from 'vitest';
import type { Refusal } from '../../../infra/simulator/behaviour.ts';
import { PORTAL } from '../../support/rig.ts';
import { makeEvents, NOON } from './hubspot-rig.ts';
import { createPolledPortal } from './polled-portal.ts';

const SETTINGS = { sweepEveryMinutes: 0, eventTypes: ['e_a', 'e_b'] };
const EVENTS = [...makeEvents(2, 'e_a'), ...makeEvents(2, 'e_b')];

const PLAN =
  "the account's plan lacks the Events API, which needs the Enterprise tier of a Hub; no scope mends that (status 403: Your app doesn't have the scopes needed to make this call. Do you have access to the 'business-intelligence' scope? Missing auth details: event-detail-read,web-analytics-api-access).";
const SCOPE =
  "the token lacks the scopes business-intelligence (status 403: This app hasn't been granted all required scopes to make this call. Read more about required scopes here: https://developers.hubspot.com/scopes.). Add them to the app, and write its new token.";

describe('one type', () => {
  test.each<[Refusal, RegExp]>([
    ['storage-locations', /^Reading a page of e_a: HubSpot does not let this event type be read/],
    ['missing-scopes', /the token lacks the scopes business-intelligence/],
    ['missing-plan', /the account's plan lacks the Events API/],
  ])(
    'refused (%s) is set aside for half an hour, refused again for a day, with the reason, and the others go on',
    async (refusal, reason) => {
      const behaviour = { typeRefusals: { e_a: refusal } };
      await using polled = await createPolledPortal({ events: EVENTS, behaviour }, SETTINGS);
      const { failure, report } = await polled.run();
      expect(failure).toBeUndefined();
      expect(polled.bus.accepted).toHaveLength(2);
      expect(report?.streamsFailing).toBe(1);
      const quarantineOf = () => polled.state.checkpoints.get(`${PORTAL}/e_a`)?.quarantine;
      expect(quarantineOf()?.reason).toMatch(reason);
      expect(quarantineOf()).toMatchObject({ since: NOON, retryAt: NOON + 1_800_000 });
      polled.hubspot.clock.moveTo(NOON + 1_800_000);
      await polled.run();
      expect(quarantineOf()).toMatchObject({ since: NOON, retryAt: NOON + 1_800_000 + 86_400_000 });
    },
  );
});

describe('the account', () => {
  test.each<[string, Refusal, string]>([
    ['of the plan', 'missing-plan', PLAN],
    ['of a scope', 'missing-scopes', SCOPE],
  ])('refused for want %s fails the run and says so', async (_what, accountRefusal, sentence) => {
    await using polled = await createPolledPortal(
      { events: EVENTS, behaviour: { accountRefusal } },
      SETTINGS,
    );
    const { failure } = await polled.run();
    expect(failure).toMatchObject({ code: 'hubspot-forbidden', status: 403 });
    expect(failure?.message.replace(/^Reading a page of e_[ab]: /, '')).toBe(sentence);
    expect([...polled.state.checkpoints.values()].map(({ revision }) => revision)).toEqual([1, 1]);
  });

  test('refused with scopes that the answer names as missing names them, each once', async () => {
    const scopes = ['behavioral_events.event_definitions.read', 'analytics.behavioral_events.send'];
    const tokens = [{ token: 'pat-narrow', missingScopes: scopes }];
    await using polled = await createPolledPortal({ events: EVENTS, behaviour: { tokens } }, SETTINGS);
    polled.hubspot.credential = { kind: 'token', accessToken: 'pat-narrow' };
    expect((await polled.run()).failure?.message).toContain(
      `the token lacks the scopes ${scopes.join(', ')} (`,
    );
  });

  test('refused with a bare 403 says that either may be the cause', async () => {
    const fault = () => ({ kind: 'status', status: 403, body: 'empty' }) as const;
    await using polled = await createPolledPortal({ behaviour: { fault } }, SETTINGS);
    expect((await polled.run()).failure?.message).toContain(
      "the token may not read this (status 403). Look at the app's scopes and at the account's plan.",
    );
  });
});

describe('a version', () => {
  test('that ended says what to change', async () => {
    await using polled = await createPolledPortal({ behaviour: { endedVersions: ['v3'] } }, SETTINGS);
    await polled.run();
    const { fields } = polled.log.lines.find(({ level }) => level === 'error') ?? {};
    expect(fields).toMatchObject({ code: 'hubspot-bad-request', status: 404 });
    expect(String(fields?.['reason'])).toContain('Set a newer apiVersion');
  });
});
